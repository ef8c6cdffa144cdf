"""Recipes of DEPICT."""

from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import grouped_images

OBJECTIVE = "KL(P || Q) and reconstruction error"
PUBLISHED_SPLIT = "all"

_SLOW_ADAM = {"name": "adam", "learning_rate": 1e-4}
_GAUSSIANS = (
    "The softmax starts as the posterior of equal Gaussians around the "
    "initial centers (original: from their directions, then from a training "
    "on the initial clusters)."
)
_DEVIATIONS = [
    "Three faults of the authors' code are not "
    "reproduced: clusters shifted by one against centers, centers "
    "normalized along the wrong axis, and a rest of samples that was never "
    "trained.",
    "Pixels are scaled by one number, and the decoder ends linearly "
    "(original: from -1 to 1, by tanh).",
    "Targets are made of clean samples at the start of an epoch (original: "
    "while it runs).",
    "Stops by epochs alone (original: by the loss on samples left out, drawn "
    "with the help of labels).",
]


def _paper(
    scale,
    latent_dim,
    pretrain_epochs,
    optimizer,
    learned=20,
    method="kmeans",
    deviations=(),
):
    """Dizaji et al., 2017, section 4, and the authors' code."""
    return {
        "network": {"kind": "noisy_conv", "latent_dim": latent_dim},
        "scale": scale,
        "pretrain": {"epochs": pretrain_epochs, "optimizer": optimizer},
        "batch_size": 100,
        "adapt": {
            "method": method,
            "num_restarts": 40,
            "directions": True,
            "learned_epochs": learned,
        },
        "compile": {"target_power": 2.0, "frequency_power": 1.0},
        "fit": {"optimizer": _SLOW_ADAM, "epochs": 100},
        "deviations": [
            "Targets are those of the authors' code, squares of the "
            "assignments over the frequencies of clusters (paper: assignments "
            "over their square roots, by which they fade).",
            *_DEVIATIONS,
            f"The initial clusters are learned for {learned} epochs, at a rate "
            "that falls from 0.001, without reconstruction (original: with "
            "it, until predictions of samples left out agree no better with "
            "them).",
            *deviations,
        ],
    }


def _papers(scale, latent_dim, short_epochs, short_fit=None, **kwargs):
    short = _paper(scale, latent_dim, short_epochs, ADAM, **kwargs)
    if short_fit is not None:
        short["fit"]["epochs"] = short_fit
        short["deviations"].append(f"{short_fit} epochs of clustering.")
    short["deviations"].append(
        f"{short_epochs} epochs of pretraining at a rate of 0.001 (original: "
        "up to 4,000 at 0.0001)."
    )
    return {
        "paper": _paper(scale, latent_dim, 4000, _SLOW_ADAM, **kwargs),
        "paper_short": short,
    }


_POWERS = {"target_power": 2.0, "frequency_power": 0.5}
_GROUPED_DEVIATIONS = [
    "Each image has mean 0 and mean square 1. Targets have the power 2 of the "
    "authors' code and the square root of the paper.",
]


def _best_grouped(*epochs, **kwargs):
    return grouped_images(
        "contrast",
        {"kind": "noisy_conv"},
        *epochs,
        learning_rate=5e-4,
        compiled=dict(_POWERS),
        deviations=[_GAUSSIANS, *_DEVIATIONS, *_GROUPED_DEVIATIONS],
        **kwargs,
    )


def _best_faces():
    """As `_best_grouped`, by a network that normalizes, without noise.

    Triplets of this many clusters do not come apart under noise, and what a
    batch normalization learns of distorted faces misleads it about others.
    """
    values = grouped_images(
        "contrast",
        {"kind": "pooled_conv", "latent_dim": 68},
        10,
        12,
        6,
        learning_rate=2e-4,
        compiled={**_POWERS, "augmented": False},
        deviations=[
            _GAUSSIANS,
            *_DEVIATIONS,
            *_GROUPED_DEVIATIONS,
            "A convolutional autoencoder that pools and normalizes, without "
            "noise and without errors of layers; the decoder is trained for "
            "5 epochs before the clustering.",
        ],
    )
    values["adapt"]["decoder_epochs"] = 5
    return values


RECIPES = {
    "mnist": {
        **_papers(1 / 255, 10, 30, short_fit=40, learned=5),
        # Without batch normalization, triplets take longer.
        "best": _best_grouped(12, 2, 3, many=True, shifts=True),
    },
    "usps": {
        **_papers(
            1.0,
            10,
            160,
            method="linkage",
            deviations=[
                "Clusters agglomerate along the graph of the embedding's "
                "neighbors by graph degree linkage (Zhang et al., 2012; "
                "original: by path integrals, AC-PIC)."
            ],
        ),
        "best": _best_grouped(20, 4, 20),
    },
    "cmu_pie": {
        **_papers(1 / 255, 68, 400),
        "best": _best_faces(),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.965, "source": "Dizaji et al., 2017, Table 2"},
    "usps": {
        "accuracy": 0.964,
        "source": "Dizaji et al., 2017, Table 2, of 11,000 images",
    },
    "cmu_pie": {"accuracy": 0.883, "source": "Dizaji et al., 2017, Table 2"},
}
