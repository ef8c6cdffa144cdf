"""Recipes of InfoGAN."""

from kerasdc.recipes.shared import AUGMENTATION
from kerasdc.recipes.shared import STRONG_AUGMENTATION

OBJECTIVE = "mutual information of samples and clusters, negative"
PUBLISHED_SPLIT = "all"

_ADAM = {
    "name": "kerasdc>TwoRateAdam",
    "learning_rate": 2e-4,
    "factor": 5.0,
    "beta_1": 0.5,
}
_DEVIATIONS = [
    "Both networks learn in the same step, from the same codes (original: in "
    "turns, from codes of their own).",
    "Weights start as Keras has it (original: Gaussian, of deviation 0.02).",
    "Trained on train and test together.",
]


def _paper(scale, epochs):
    """Chen et al., 2016, appendix C.1, and the authors' code."""
    return {
        "network": {"kind": "infogan_conv"},
        "scale": scale,
        "batch_size": 128,
        "compile": {"assignment_weight": 0.0},
        "fit": {"optimizer": _ADAM, "epochs": epochs},
        "deviations": [*_DEVIATIONS],
    }


def _best(scale, epochs, restart_epochs, augmentation=AUGMENTATION, **widths):
    distorted = "shifted and rotated"
    if augmentation is STRONG_AUGMENTATION:
        distorted = "shifted, rotated, sheared and zoomed"
    restarts = {"num": 4, "epochs": restart_epochs, "criterion": "neighbors"}
    deviations = [
        *_DEVIATIONS,
        "The recognition network also maximizes the information of real "
        f"samples and clusters, which stay where images are {distorted}.",
        f"The best of four starts of {restart_epochs} epochs: its clusters "
        "separate the fewest nearest neighbors.",
    ]
    if widths:
        deviations.append("All layers are half as wide, for a smaller file.")
    return {
        **_paper(scale, epochs),
        "network": {"kind": "infogan_conv", **widths},
        "augmentation": dict(augmentation),
        "compile": {"assignment_weight": 2.0},
        "adapt": {"restarts": restarts},
        "deviations": deviations,
    }


RECIPES = {
    "digits": {
        "paper": _paper(1 / 16, 300),
        "best": _best(1 / 16, epochs=120, restart_epochs=30),
    },
    "mnist": {
        "paper": _paper(1 / 255, 10),
        "best": _best(
            1 / 255, 10, 1, STRONG_AUGMENTATION, filters=[32, 64], units=512
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.95, "source": "Chen et al., 2016, section 7.2"},
}
