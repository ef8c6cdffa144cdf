"""Recipes of IMSAT."""

from kerasdc.recipes.shared import COSINE
from kerasdc.recipes.shared import STRONG_AUGMENTATION
from kerasdc.recipes.shared import TEXT

OBJECTIVE = "loss of IMSAT"
PUBLISHED_SPLIT = "all"


def _recipe(scale, augmentation="vat", deviations=(), **overrides):
    """Hu et al., 2017, section 4, and the authors' code."""
    return {
        "network": {"kind": "normalized_mlp"},
        "scale": scale,
        "augmentation": augmentation,
        "batch_size": 250,
        "adapt": {"neighbor": 10},
        "fit": {
            "optimizer": {"name": "adam", "learning_rate": 2e-3},
            "epochs": 50,
        },
        "deviations": [
            "Features start at 0 (original: from -1 to 1): batch "
            "normalization removes an offset.",
            "The radius is by the 10th nearest neighbor, as in the paper (the "
            "authors' code takes the 11th).",
            "Batches are parts of shuffled passes (original: each is drawn "
            "from all samples).",
            *deviations,
        ],
        **overrides,
    }


def _digits():
    paper = _recipe(1 / 8)
    start = {
        "method": "consensus",
        "neighbor_epochs": 15,
        "learned_epochs": 20,
    }
    return {
        **paper,
        "network": {"kind": "normalized_mlp", "units": [256, 256]},
        "batch_size": 100,
        "adapt": {**paper["adapt"], "graph_start": start},
        "compile": {"radius_factor": 0.5},
        "fit": {"optimizer": COSINE, "epochs": 60},
        "deviations": [
            *paper["deviations"],
            "Layers of 256 units, batches of 100, radii of half the distance "
            "to the neighbor (original: a quarter).",
            "The rate of Adam falls along a cosine.",
            "The network first learns, for 1,500 steps, to bring neighbors "
            "together by UMAP's loss (McInnes et al., 2018), and for 20 epochs "
            "what several partitions by the graph of neighbors agree about "
            "(see NeighborClustering; original: starts undecided).",
        ],
    }


def _restarts(num, epochs, samples=None):
    """Trainings as long as `fit`, or on some samples with their own cosine.

    The objectives can be compared only after the learning rate has fallen.
    """
    values = {"num": num, "epochs": epochs}
    if samples is None:
        return values, (
            f"Of {num} trainings, the one with the lowest objective is "
            "trained further."
        )
    return {**values, "samples": samples, "optimizer": COSINE}, (
        f"Of {num} trainings of {epochs} epochs on {samples:,} images, the "
        "one with the lowest objective is trained further on all images."
    )


def _images(scale, epochs, restarts, **overrides):
    """Convolutions; adversarial perturbations and image augmentation."""
    paper = _recipe(scale)
    restarts, restarts_deviation = restarts
    return {
        **paper,
        "network": {"kind": "normalized_conv"},
        "augmentation": ["vat", dict(STRONG_AUGMENTATION)],
        "adapt": {**paper["adapt"], "restarts": restarts},
        "compile": {"radius_factor": 0.5},
        "fit": {"optimizer": COSINE, "epochs": epochs},
        "deviations": [
            *paper["deviations"],
            "Convolutions in place of dense layers.",
            "Shifted, rotated, sheared and zoomed images beside the "
            "adversarial ones, whose radius is half the distance to the "
            "neighbor (original: a quarter).",
            "The rate of Adam falls along a cosine.",
            restarts_deviation,
            *overrides.pop("deviations", []),
        ],
        **overrides,
    }


def _falling_shares(num_clusters):
    """Shares that fall geometrically to a tenth of the first."""
    shares = [0.1 ** (i / (num_clusters - 1)) for i in range(num_clusters)]
    return [share / sum(shares) for share in shares]


RECIPES = {
    "digits": {
        "paper": _recipe(1 / 8),
        "best": _digits(),
    },
    "mnist": {
        "paper": _recipe(1 / 128),
        "rpt": _recipe(1 / 128, "rpt"),
        "best": _images(1 / 128, 10, _restarts(5, 16, samples=10_000)),
    },
    "mnist_imbalanced": {
        "paper": _recipe(1 / 128),
        "best": _recipe(
            1 / 128,
            model={"class_prior": _falling_shares(10)},
            deviations=[
                "The sizes of the classes are given; they may differ by "
                "chance only (section 3.3: by 0.01 log k, 0.023 nats)."
            ],
        ),
    },
    "usps": {
        "paper": _recipe(1.0),
        "best": _images(
            1.0,
            16,
            _restarts(4, 16),
            compile={"radius_factor": 0.5, "prior_tolerance": 0.03},
            deviations=[
                "Clusters may differ in size by 0.03 nats, and by chance "
                "(section 3.3: 0.01 log k, 0.023): the classes are known to "
                "be of unequal size."
            ],
        ),
    },
    "20newsgroups": {
        "paper": _recipe(**TEXT),
        "best": _recipe(**TEXT),
    },
    "reuters21578": {
        "paper": _recipe(**TEXT),
        "best": _recipe(
            compile={"prior_tolerance": 0.7},
            deviations=[
                "Clusters may differ in size by 0.7 nats (section 3.3: by "
                "0.01 log k, from known sizes): two topics are known to hold "
                "most of the documents."
            ],
            **TEXT,
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.984, "source": "Hu et al., 2017"},
    "20newsgroups": {"accuracy": 0.311, "source": "Hu et al., 2017"},
}
