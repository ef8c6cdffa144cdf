"""Recipes of DCN."""

from kerasdc.recipes.neighbor_starts import NEIGHBORS_DEVIATIONS
from kerasdc.recipes.neighbor_starts import neighbor_perceptron
from kerasdc.recipes.neighbor_starts import neighbor_texts
from kerasdc.recipes.shared import MANY_IMAGES
from kerasdc.recipes.shared import SLOW_COSINE
from kerasdc.recipes.shared import STACKED_DEVIATIONS
from kerasdc.recipes.shared import TEXT
from kerasdc.recipes.shared import grouped_images

OBJECTIVE = "reconstruction error and distances to centers"
PUBLISHED_SPLIT = "all"

_DEVIATIONS = [
    *STACKED_DEVIATIONS,
    "Weights of the decoder are not tied to the encoder's (original: are).",
    "In an epoch, the loss takes the clusters at its start; centers move by "
    "those of a batch before the step (original: by those of its samples' "
    "last visit, and after the step).",
    "All samples are trained on (original: the rest that fills no batch is "
    "left out).",
]


def _sgd(learning_rate, nesterov=False, clipnorm=None):
    return {
        "name": "sgd",
        "learning_rate": learning_rate,
        "momentum": 0.9,
        "nesterov": nesterov,
        **({} if clipnorm is None else {"clipnorm": clipnorm}),
    }


def _scaled_by(mode):
    config = {"scale": 1.0, "mode": mode}
    return {"class_name": "VarianceScaling", "config": config}


def _paper(
    scale,
    pretrain_epochs,
    pretrain_rate,
    rate,
    clustering_weight=1.0,
    batch_size=256,
    network=None,
    clipnorm=None,
    deviations=(),
    **overrides,
):
    """Yang et al., 2017, section 5, and the authors' code.

    Their loss weights the reconstruction by lambda and the distances by 1,
    ours the distances by 1 / lambda; rates are multiplied by lambda.
    """
    optimizer = _sgd(pretrain_rate, clipnorm=clipnorm)
    stage = {"epochs": pretrain_epochs, "optimizer": optimizer}
    return {
        "network": {
            "kind": "mlp",
            "kernel_initializer": _scaled_by("fan_in"),
            # As large as the encoder's are, to which the original ties them.
            "decoder_kernel_initializer": _scaled_by("fan_out"),
            **(network or {}),
        },
        "scale": scale,
        "reconstruction_loss": "summed_squared_error",
        "layerwise": {**stage, "dropout": 0.0},
        "pretrain": stage,
        "batch_size": batch_size,
        "adapt": {"num_restarts": 20},
        "compile": {
            "clustering_weight": clustering_weight,
            "kmeans_interval": 10,
        },
        "fit": {"optimizer": _sgd(rate, nesterov=True), "epochs": 50},
        "deviations": [*_DEVIATIONS, *deviations],
        **overrides,
    }


def _paper_mnist(pretrain_epochs, *deviations):
    # Pixels from 0 to 5.1; half of the error is lowered at 1e-4.
    return _paper(
        0.02,
        pretrain_epochs,
        5e-5,
        1e-4,
        clipnorm=100.0,
        deviations=[
            "Gradients of the pretraining are at most 100 long for each "
            "weight matrix (original: any): weights that are not tied would "
            "diverge.",
            *deviations,
        ],
    )


def _paper_texts(*deviations):
    return _paper(
        None,
        10,
        5e-6,
        5e-6,
        clustering_weight=0.1,
        batch_size=20,
        network={"units": [250, 100], "latent_dim": 20},
        deviations=[
            "Vectors are of length sqrt(2000) (original: 1), and rates 2,000 "
            "times lower.",
            *deviations,
        ],
        text=TEXT["text"],
    )


def _best_images(scale):
    compiled = {"clustering_weight": 10.0, "kmeans_interval": 10}
    return grouped_images(
        scale,
        {"kind": "pooled_conv"},
        *MANY_IMAGES,
        many=True,
        compiled=compiled,
        deviations=[
            "A convolutional autoencoder that pools and normalizes, whose "
            "decoder begins to learn with the clustering. Distances to "
            "centers have the weight 10 (original: 1).",
        ],
    )


def _best_neighbors(scale, num_steps, fit_epochs, **overrides):
    values = neighbor_perceptron(scale, num_steps)
    return {
        **values,
        "compile": {**values["compile"], "clustering_weight": 1.0},
        "fit": {"optimizer": SLOW_COSINE, "epochs": fit_epochs},
        "deviations": [*NEIGHBORS_DEVIATIONS],
        **overrides,
    }


def _best_texts():
    values = neighbor_texts(2000, 10, 40)
    values["adapt"]["decoder_epochs"] = 5
    return {
        **values,
        "compile": {**values["compile"], "clustering_weight": 1.0},
        "deviations": [
            *values["deviations"],
            "The decoder is trained for 5 epochs before the clustering.",
        ],
    }


RECIPES = {
    "mnist": {
        "paper": _paper_mnist(250),
        "paper_short": _paper_mnist(
            50,
            "50 epochs of pretraining for each layer and for all "
            "(original: 250).",
        ),
        "best": _best_images(1 / 255),
    },
    "pendigits": {
        "paper": _paper(
            None,
            50,
            5e-3,
            5e-3,
            clustering_weight=2.0,
            batch_size=20,
            network={"units": [50, 16]},
        ),
        "best": _best_neighbors(None, 4000, 20),
    },
    "20newsgroups": {
        "paper": _paper_texts(),
        "best": _best_neighbors(None, 4000, 20, text=TEXT["text"]),
    },
    "reuters21578": {
        "paper": _paper_texts(
            "Reuters-21578, by the values of 20 Newsgroups (original: RCV1)."
        ),
        "best": _best_texts(),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.83, "source": "Yang et al., 2017, raw pixels"},
    "pendigits": {"accuracy": 0.72, "source": "Yang et al., 2017"},
    "20newsgroups": {"accuracy": 0.44, "source": "Yang et al., 2017"},
}
