"""Recipes of JULE."""

from kerasdc.recipes.shared import AUGMENTATION

OBJECTIVE = "modularity of the clusters, negative"
PUBLISHED_SPLIT = "all"

_FIRST_PER_CLUSTER = 5
_SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}
_DEVIATIONS = [
    "Each sample of a batch is followed by another of its cluster, and its "
    "triplets are with all others of the batch (original: pairs that happen "
    "to be in the batch, each with up to 20 negatives).",
    "All three samples of a triplet learn (original: an operation in place "
    "lets the anchor learn alone).",
    "Features for merging are by the statistics of inference (original: of "
    "the batch).",
    "Clusters are merged by their affinity alone (original: above 100 "
    "clusters, a term of their next neighbors is added).",
    "A constant rate, no weight decay (original: falls by a power, 5e-5).",
]


def _paper(scale, network, epochs, keep_share=0.1, period=20):
    """Yang et al., 2016, section 4, and the authors' code."""
    return {
        "network": network,
        "scale": scale,
        "batch_size": 50,
        "model": {"num_neighbors": 20, "edges": "gaussian"},
        "compile": {
            "margin": 0.2,
            "keep_share": keep_share,
            "period": period,
        },
        "fit": {"optimizer": _SGD, "epochs": epochs},
        "deviations": [*_DEVIATIONS],
    }


def _convolutions(*filters):
    return {"kind": "jule_conv", "filters": list(filters)}


def _best(scale, network, num_clusters, epochs):
    """Begins near the end, with clusters of images that may be shifted."""
    falling = {**_SGD, "learning_rate": {"initial": 0.02}}
    return {
        "network": network,
        "scale": scale,
        "augmentation": dict(AUGMENTATION),
        "batch_size": 50,
        "compile": {
            "first_clusters": _FIRST_PER_CLUSTER * num_clusters,
            "shifts": True,
            "period": max(epochs // 4, 1),
        },
        "fit": {"optimizer": falling, "epochs": epochs},
        "deviations": [
            *_DEVIATIONS[:-1],
            "Edges are those of UMAP's fuzzy graph of 10 neighbors; in the "
            "first one, an image may be shifted by a pixel.",
            f"Begins with {_FIRST_PER_CLUSTER} clusters for each that there "
            "shall be.",
            "Images are shifted and rotated.",
            "The rate falls from 0.02 along a cosine, no weight decay "
            "(original: from 0.01 by a power, 5e-5).",
        ],
    }


def _both(scale, network, num_clusters, epochs, best_epochs, best_scale=None):
    best = _best(best_scale or scale, network, num_clusters, best_epochs)
    return {"paper": _paper(scale, network, epochs), "best": best}


RECIPES = {
    "mnist": _both(1 / 255, _convolutions(50, 50), 10, 100, 12),
    "usps": _both(1.0, _convolutions(50), 10, 100, 40),
    "coil20": _both(1 / 255, _convolutions(50, 50), 20, 60, 60, "contrast"),
    "cmu_pie": _both(1 / 255, _convolutions(50, 50), 68, 60, 60, "contrast"),
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {
        "accuracy": 0.964,
        "source": "Yang et al., 2016, by Dizaji et al., 2017, Table 2",
    },
    "usps": {
        "accuracy": 0.95,
        "source": "Yang et al., 2016, by Dizaji et al., 2017, Table 2",
    },
}
