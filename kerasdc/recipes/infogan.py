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


def _best(scale, epochs, start_epochs, augmentation, network=None):
    triplet_epochs, learned_epochs = start_epochs
    return {
        **_paper(scale, epochs),
        "network": {"kind": "infogan_conv", **(network or {})},
        "augmentation": dict(augmentation),
        "compile": {"assignment_weight": 2.0},
        "adapt": {
            "graph_start": {
                "num_neighbors": 10,
                "triplet_epochs": triplet_epochs,
                "learned_epochs": learned_epochs,
            }
        },
        "deviations": [
            *_DEVIATIONS,
            "The recognition network also maximizes the information of real "
            "samples and clusters, which stay where images are distorted.",
            "It starts from clusters of real samples: samples of five groups "
            "for each cluster, which agglomerate along the graph of 10 "
            "neighbors (Zhang et al., 2012), are brought together by triplets "
            f"for {triplet_epochs} epochs (Yang et al., 2016), merged along "
            "the graph of the features, and these clusters are learned for "
            f"{learned_epochs} epochs.",
            *(["All layers are half as wide."] if network else []),
        ],
    }


_HALF = {"filters": [32, 64], "units": 512}
RECIPES = {
    "digits": {
        "paper": _paper(1 / 16, 300),
        "best": _best(1 / 16, 60, (40, 20), AUGMENTATION, _HALF),
    },
    "mnist": {
        "paper": _paper(1 / 255, 10),
        "best": _best(1 / 255, 8, (6, 2), STRONG_AUGMENTATION, _HALF),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.95, "source": "Chen et al., 2016, section 7.2"},
}
