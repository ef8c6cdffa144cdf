"""Recipes of IDEC."""

import math

from kerasdc.recipes.neighbor_starts import NEIGHBORS_DEVIATIONS
from kerasdc.recipes.neighbor_starts import neighbor_perceptron
from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import MANY_IMAGES
from kerasdc.recipes.shared import NEW_ORDER_DEVIATION
from kerasdc.recipes.shared import SLOW_COSINE
from kerasdc.recipes.shared import STACKED_DEVIATIONS
from kerasdc.recipes.shared import grouped_images
from kerasdc.recipes.shared import shortened
from kerasdc.recipes.shared import stacked_autoencoder

OBJECTIVE = "KL(P || Q) and reconstruction error"
PUBLISHED_SPLIT = "all"

_SGD = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.99}
_MAX_STEPS = 20_000


def _paper(scale, update_interval, optimizer=None, shorter=1):
    """Guo et al., 2017, section 5, and the authors' code."""
    return {
        **stacked_autoencoder(scale, shorter),
        "adapt": {"num_restarts": 20},
        "compile": {"kld_weight": 0.1},
        "fit": {
            "optimizer": optimizer or _SGD,
            "update_interval": update_interval,
            "epochs": math.ceil(_MAX_STEPS / update_interval),
            "tolerance": 0.001,
        },
        "deviations": [
            *STACKED_DEVIATIONS,
            "Half the squared error is reconstructed in both stages "
            "(original: all of it in the second).",
            NEW_ORDER_DEVIATION,
            *shortened(shorter),
        ],
    }


def _papers(*args, **kwargs):
    return {
        "paper": _paper(*args, **kwargs),
        "paper_short": _paper(*args, **kwargs, shorter=5),
    }


def _best_neighbors(scale, num_steps, fit_epochs):
    return {
        **neighbor_perceptron(scale, num_steps),
        "fit": {"optimizer": SLOW_COSINE, "epochs": fit_epochs},
        "deviations": [*NEIGHBORS_DEVIATIONS],
    }


def _best_images(scale, network, *epochs, **kwargs):
    return grouped_images(
        scale,
        network,
        *epochs,
        compiled={"kld_weight": 1.0},
        deviations=[
            "A convolutional autoencoder.",
            "KL(P || Q) has the weight 1 (original: 0.1).",
        ],
        **kwargs,
    )


_CONVOLUTIONS = {"kind": "conv", "filters": [32, 64, 128]}
_POOLED = {"kind": "pooled_conv"}


RECIPES = {
    "digits": {
        **_papers(1 / 8, 30),
        "best": _best_neighbors(1 / 16, 1500, 20),
    },
    "mnist": {
        **_papers(0.02, 140, ADAM),
        "best": _best_images(1 / 255, _CONVOLUTIONS, *MANY_IMAGES, many=True),
    },
    "usps": {
        **_papers(2.0, 30),
        "best": _best_images(1.0, _POOLED, 20, 4, 20),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.8806, "source": "Guo et al., 2017, Table 2"},
    "usps": {"accuracy": 0.7605, "source": "Guo et al., 2017, Table 2"},
}
