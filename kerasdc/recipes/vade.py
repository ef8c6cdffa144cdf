"""Recipes of VaDE."""

from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import AUGMENTATION
from kerasdc.recipes.shared import COSINE
from kerasdc.recipes.shared import MANY_IMAGES
from kerasdc.recipes.shared import MERGED
from kerasdc.recipes.shared import SMALL_IMAGES
from kerasdc.recipes.shared import TEXT
from kerasdc.recipes.shared import self_trained_images

OBJECTIVE = "negative ELBO"
PUBLISHED_SPLIT = "all"


def _paper(scale, likelihood="bernoulli", epochs=3000, deviations=(), **decay):
    """Jiang et al., 2017, section 4, and the authors' code."""
    return {
        "network": {"kind": "mlp"},
        "scale": scale,
        "model": {"likelihood": likelihood},
        "pretrain": {"epochs": 50, "optimizer": ADAM},
        "batch_size": 100,
        "adapt": {"method": "gmm", "num_restarts": 1},
        "compile": {
            "decay": 0.9,
            "decay_interval": 10,
            "decay_minimum": 2e-4,
            "fixed_weights": True,
            **decay,
        },
        "fit": {
            "optimizer": {
                "name": "adam",
                "learning_rate": 2e-3,
                "epsilon": 1e-4,
            },
            "epochs": epochs,
        },
        "deviations": [
            *deviations,
            "The clusters' weights are equal and stay so (original: start "
            "equal, and are trained, their logarithms ten times as heavy in "
            "the responsibilities).",
            "End-to-end pretraining with Adam, 50 epochs (original: stacked "
            "autoencoders, whose training was not released).",
            "The head of the log-variance starts at a constant (original: at "
            "random).",
            "One Adam for network and mixture (original: two of equal rates).",
        ],
    }


def _best(
    pretrain,
    fit_epochs,
    scale,
    network,
    dec_epochs=20,
    deviations=(),
    **overrides,
):
    return {
        "network": network,
        "scale": scale,
        "model": {"likelihood": "bernoulli"},
        "pretrain": pretrain,
        "batch_size": 256,
        "adapt": {
            **MERGED,
            "self_training": {
                "epochs": dec_epochs,
                "optimizer": COSINE,
                "decoder_epochs": 0,
            },
        },
        "fit": {"optimizer": COSINE, "epochs": fit_epochs},
        "deviations": [
            *deviations,
            "End-to-end pretraining with Adam.",
            "The mixture starts from the partition of a DEC, trained for "
            f"{dec_epochs} epochs on the same encoder from the best of 24 "
            "merged k-means partitions (see kerasdc.algorithms): the ELBO "
            "alone hardly changes the initial partition.",
            "Adam whose rate falls along a cosine, in batches of 256.",
        ],
        **overrides,
    }


def _images(scale, pretrain_epochs, dec_epochs, fit_epochs):
    """Convolutions and augmentation, as `_best_images` for DEC."""
    return _best(
        {"epochs": pretrain_epochs, "optimizer": COSINE},
        fit_epochs,
        scale,
        {"kind": "conv"},
        dec_epochs,
        augmentation=dict(AUGMENTATION),
        deviations=[
            "Convolutional networks, trained on shifted and rotated images.",
        ],
    )


def _grouped(scale, *epochs_and_rate, likelihood="bernoulli", **start):
    """Starts from clusters along the graph of neighbors."""
    values = self_trained_images(
        scale,
        *epochs_and_rate,
        reason="and the mixture starts from its partition: the ELBO alone "
        "hardly changes the initial one",
        original="a mixture fitted to the embedding",
        **start,
    )
    return {**values, "model": {"likelihood": likelihood}}


RECIPES = {
    "digits": {
        "paper": _paper(1 / 16),
        "best": _grouped(
            3 / 16,
            SMALL_IMAGES[:2],
            20,
            50,
            50,
            5e-4,
            likelihood="gaussian",
            shifts=False,
            method="graph_consensus",
            restarts=4,
        ),
    },
    "mnist": {
        "paper": _paper(1 / 255),
        "best": _grouped(1 / 255, MANY_IMAGES[:2], 0, 15, 3, 5e-5, many=True),
    },
    "usps": {
        "paper": _paper(1.0),
        "best": _images(1.0, 160, 20, 40),
    },
    "reuters21578": {
        "paper": {
            **_paper(
                None,
                "gaussian",
                epochs=15,
                decay=0.5,
                decay_interval=5,
                decay_minimum=0.0,
                deviations=[
                    "The mixture starts from expectation maximization "
                    "(original: means of k-means, variances of 1).",
                ],
            ),
            **TEXT,
        },
        "best": _best(
            {"epochs": 50, "optimizer": ADAM},
            30,
            None,
            {"kind": "mlp"},
            model={"likelihood": "gaussian"},
            text=TEXT["text"],
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.9446, "source": "Jiang et al., 2017"},
}
