"""Recipes of DBC."""

from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import LINKED_DEVIATIONS
from kerasdc.recipes.shared import MANY_IMAGES
from kerasdc.recipes.shared import SGD
from kerasdc.recipes.shared import grouped_images
from kerasdc.recipes.shared import linked_images

OBJECTIVE = "KL(P || Q)"
PUBLISHED_SPLIT = "all"

_NO_CODE = (
    "There is no official code: sizes of the network, lengths and rates are "
    "our own.",
    "Pixels are repeated where the original puts them back to where pooling "
    "took them from.",
)


def _paper(scale, pretrain_epochs, fit_epochs):
    """Li et al., 2018, section 3."""
    return {
        "network": {"kind": "pooled_conv"},
        "scale": scale,
        "pretrain": {"epochs": pretrain_epochs, "optimizer": ADAM},
        "batch_size": 256,
        "adapt": {"num_restarts": 20},
        "compile": {"boost": 2.0},
        "fit": {"optimizer": SGD, "epochs": fit_epochs, "tolerance": 0.001},
        "deviations": [*_NO_CODE],
    }


def _best(scale, **kwargs):
    values = linked_images(scale, "pooled_conv", **kwargs)
    values["compile"]["boost"] = 2.0
    return {**values, "deviations": [*_NO_CODE, *LINKED_DEVIATIONS]}


def _best_grouped(scale, *epochs, compiled=None, **kwargs):
    return grouped_images(
        scale,
        {"kind": "pooled_conv"},
        *epochs,
        compiled={"boost": 2.0, **(compiled or {})},
        deviations=_NO_CODE,
        **kwargs,
    )


RECIPES = {
    "mnist": {
        "paper": _paper(1 / 255, 40, 40),
        "best": _best_grouped(1 / 255, *MANY_IMAGES, many=True),
    },
    "usps": {
        "paper": _paper(1.0, 160, 60),
        "best": _best(1.0, num_steps=1600, fit_epochs=24),
    },
    "coil20": {
        "paper": _paper(1 / 255, 400, 60),
        # Few samples of an object: statistics of shifted ones mislead.
        "best": _best_grouped(
            "contrast", 40, 20, 10, compiled={"augmented": False}
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.964, "source": "Li et al., 2018"},
    "usps": {"accuracy": 0.743, "source": "Li et al., 2018"},
    "coil20": {"accuracy": 0.793, "source": "Li et al., 2018"},
}
