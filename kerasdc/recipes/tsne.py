"""Recipes of parametric t-SNE."""

from kerasdc.recipes.shared import ADAM

OBJECTIVE = "divergence of the affinities"
PUBLISHED_SPLIT = "test"  # it is made to embed new samples


def _best(scale, epochs, batch_size=1000, **overrides):
    """van der Maaten, 2009, section 4, over a graph of all samples."""
    return {
        "network": {
            "kind": "mlp",
            "latent_dim": 2,
            "units": [300] * 8,
            "activation": "silu",
            "decoder": False,
        },
        "scale": scale,
        "model": {"affinities": "neighbors", "perplexity": 30.0},
        "batch_size": batch_size,
        "adapt": {},
        "fit": {
            "optimizer": {"name": "adam", "learning_rate": {"initial": 3e-3}},
            "epochs": epochs,
        },
        "deviations": [
            "Affinities of near neighbors among all samples (original: "
            "within fixed batches of 5,000).",
            "A network of eight layers of 300 SiLU units (original: "
            "500-500-2000, logistic).",
            "No pretraining (original: restricted Boltzmann machines).",
            "Adam whose rate falls along a cosine, in batches of "
            f"{batch_size:,} (original: conjugate gradients).",
            "Neighbors attract each other four times as much in the first "
            "tenth of the training.",
        ],
        **overrides,
    }


def _paper(scale, pretrain_epochs, epochs, batch_size):
    return {
        "network": {"kind": "mlp", "latent_dim": 2},
        "scale": scale,
        "model": {"affinities": "batch", "perplexity": 30.0},
        "pretrain": {"epochs": pretrain_epochs, "optimizer": ADAM},
        "batch_size": batch_size,
        "compile": {"exaggeration": 1.0},
        "fit": {"optimizer": ADAM, "epochs": epochs},
        "deviations": [
            "ReLU units (original: logistic).",
            "Pretraining as an autoencoder (original: restricted Boltzmann "
            "machines).",
            f"Adam, in fixed batches of {batch_size:,} (original: conjugate "
            "gradients, batches of 5,000).",
        ],
    }


RECIPES = {
    "digits": {
        "paper": _paper(1 / 16, 50, 200, 600),
        "best": _best(1 / 16, 300),
    },
    "mnist": {
        "paper": _paper(1 / 255, 10, 30, 1000),
        "best": _best(1 / 255, 150),
    },
    "usps": {
        "paper": _paper(1.0, 20, 100, 1000),
        "best": _best(1.0, 100),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {}
