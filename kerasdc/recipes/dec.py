"""Recipes of DEC."""

import math

from kerasdc.recipes.neighbor_starts import neighbor_texts
from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import COSINE
from kerasdc.recipes.shared import MERGED
from kerasdc.recipes.shared import MERGED_DEVIATION
from kerasdc.recipes.shared import NEW_ORDER_DEVIATION
from kerasdc.recipes.shared import SGD
from kerasdc.recipes.shared import SMALL_IMAGES
from kerasdc.recipes.shared import STACKED_DEVIATIONS
from kerasdc.recipes.shared import TEXT
from kerasdc.recipes.shared import best_images
from kerasdc.recipes.shared import grouped_images
from kerasdc.recipes.shared import shortened
from kerasdc.recipes.shared import stacked_autoencoder

OBJECTIVE = "KL(P || Q)"
PUBLISHED_SPLIT = "all"

_ALL_IMAGES = (
    "Pretraining sees all 70,000 images, as the clustering does (original: "
    "the 60,000 for training)."
)


def _paper(scale, update_interval, deviations=(), shorter=1):
    """Xie et al., 2016, section 4.3, and the authors' code."""
    return {
        **stacked_autoencoder(scale, shorter),
        "adapt": {"num_restarts": 20},
        "fit": {
            "optimizer": SGD,
            "update_interval": update_interval,
            "epochs": 200,
            "tolerance": 0.001,
        },
        "deviations": [
            *STACKED_DEVIATIONS,
            "Momentum is kept across target updates (original: lost).",
            "At most 200 target updates (original: no limit).",
            NEW_ORDER_DEVIATION,
            *deviations,
            *shortened(shorter),
        ],
    }


def _papers(scale, update_interval, deviations=()):
    return {
        "paper": _paper(scale, update_interval, deviations),
        "paper_short": _paper(scale, update_interval, deviations, shorter=5),
    }


def _paper_merged(scale, update_interval, deviations):
    """As `paper_short`, with other initial centers."""
    short = _paper(scale, update_interval, deviations, shorter=5)
    return {
        **short,
        "adapt": dict(MERGED),
        "deviations": [*short["deviations"], MERGED_DEVIATION],
    }


def _rerun(scale, update_interval, epochs):
    """Guo's DEC-keras, by which many papers have run DEC again."""
    return {
        "network": {
            "kind": "mlp",
            "kernel_initializer": {
                "class_name": "VarianceScaling",
                "config": {
                    "scale": 1 / 3,
                    "mode": "fan_in",
                    "distribution": "uniform",
                },
            },
        },
        "scale": scale,
        "pretrain": {
            "epochs": epochs,
            "optimizer": {**SGD, "learning_rate": 1.0},
        },
        "batch_size": 256,
        "adapt": {"num_restarts": 20},
        "fit": {
            "optimizer": SGD,
            "update_interval": update_interval,
            "epochs": math.ceil(20_000 / update_interval),
            "tolerance": 0.001,
        },
        "deviations": [
            f"End-to-end pretraining, {epochs} epochs at one rate, no "
            "denoising (DEC-keras, as the initializer and the update "
            f"interval of {update_interval}).",
            "Batches are drawn in a new random order each pass (DEC-keras: "
            "in the order of the data when clustering).",
        ],
    }


def _best_vectors(pretrain_epochs, fit_epochs, **overrides):
    """Fully connected, trained end to end."""
    return {
        "network": {"kind": "mlp"},
        "scale": None,
        "pretrain": {"epochs": pretrain_epochs, "optimizer": ADAM},
        "batch_size": 256,
        "adapt": dict(MERGED),
        "fit": {
            "optimizer": overrides.pop("clustering", SGD),
            "epochs": fit_epochs,
        },
        "deviations": [
            "End-to-end pretraining with Adam, no denoising.",
            MERGED_DEVIATION,
        ],
        **overrides,
    }


RECIPES = {
    "digits": {
        **_papers(1 / 8, 30),
        "best": grouped_images(
            "contrast",
            {"kind": "pooled_conv", "decoder": False},
            *SMALL_IMAGES,
            shifts=False,
            method="graph_consensus",
            restarts=4,
            compiled={"augmented": False},
            deviations=["Convolutions that pool and normalize."],
        ),
        "autoencoder": _best_vectors(
            200,
            20,
            network={"kind": "mlp", "units": [256, 256]},
            scale=1 / 16,
            batch_size=64,
            clustering=ADAM,
        ),
    },
    "mnist": {
        **_papers(0.02, 160, [_ALL_IMAGES]),
        "paper_merged": _paper_merged(0.02, 160, [_ALL_IMAGES]),
        "rerun": _rerun(1 / 255, 140, 300),
        "best": best_images(1 / 255, 40, 40, optimizer=COSINE),
    },
    "fashion_mnist": {
        **_papers(0.02, 160),
        "best": best_images(1 / 255, 40, 40, optimizer=COSINE),
    },
    "usps": {
        **_papers(2.0, 30),
        "best": best_images(1.0, 160, 60),
    },
    "coil20": {
        **_papers(0.02, 10),
        "best": best_images(1 / 255, 400, 60),
    },
    "pendigits": {**_papers(None, 30), "best": _best_vectors(100, 60)},
    "20newsgroups": {
        "paper": {**_paper(None, 20), **TEXT},
        "best": _best_vectors(50, 60, **TEXT),
    },
    "reuters21578": {
        "paper": {**_paper(None, 20), **TEXT},
        "best": neighbor_texts(2000, 10, 40, decoder=False),
    },
    "rcv1": {
        **_papers(1.0, 20),
        "best": _best_vectors(50, 60, scale=1.0),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.843, "source": "Xie et al., 2016, Table 2"},
    "usps": {
        "accuracy": 0.741,
        "source": "Guo et al., 2017 (IDEC), Table 2",
    },
}
