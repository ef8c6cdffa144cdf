"""Recipes of the embedding network."""

from kerasdc.recipes.shared import ADAM
from kerasdc.recipes.shared import AUGMENTATION
from kerasdc.recipes.shared import NESTEROV
from kerasdc.recipes.shared import SLOW_COSINE
from kerasdc.recipes.shared import SMALL_IMAGES
from kerasdc.recipes.shared import TEXT
from kerasdc.recipes.shared import self_trained_images

OBJECTIVE = "loss of the embedding network"
PUBLISHED_SPLIT = "all"

_DEVIATIONS = [
    "The last epoch is reported (original: that of the best accuracy, by "
    "labels).",
    "Batches are drawn in a new random order each pass (original: in the "
    "order of the data).",
    "Similarities are conditional by rows (original: by columns, which is "
    "equal in value), and are not clipped (original: are).",
]
_KMEANS = "k-means with 20 restarts (original: 10)."


def _paper(
    scale,
    pretrain_epochs,
    optimizer,
    weight=0.01,
    likelihood="bernoulli",
    deviations=(),
    **overrides,
):
    """Dahal, 2018, and the author's code."""
    summed = {
        "bernoulli": "summed_binary_crossentropy",
        "gaussian": "summed_squared_error",
    }
    return {
        "network": {"kind": "mlp"},
        "embedding": {"kernel_initializer": "identity"},
        "scale": scale,
        "model": {"likelihood": likelihood},
        "reconstruction_loss": summed[likelihood],
        "pretrain": {"epochs": pretrain_epochs, "optimizer": optimizer},
        "batch_size": 100,
        "compile": {"similarity_weight": weight, "summed": True},
        "fit": {"optimizer": optimizer, "epochs": 50},
        "deviations": [*_DEVIATIONS, _KMEANS, *deviations],
        **overrides,
    }


def _best(
    pretrain_epochs,
    fit_epochs,
    weight,
    scale,
    original_weight=0.01,
    method=None,
    deviations=(),
    **overrides,
):
    """The encoder follows the similarities much more than the paper's."""
    pretrain = {"epochs": pretrain_epochs, "optimizer": ADAM}
    return {
        "network": {"kind": "mlp"},
        "embedding": {"units": [500, 500]},
        "scale": scale,
        "model": {"likelihood": "gaussian"},
        **({"pretrain": pretrain} if pretrain_epochs else {}),
        "batch_size": 256,
        "compile": {
            "similarity_weight": weight,
            "summed": False,
            **({"method": method} if method else {}),
        },
        "fit": {
            "optimizer": SLOW_COSINE,
            "epochs": fit_epochs,
        },
        "deviations": [
            "An embedding network of two layers, started at random (original: "
            "of four, started as the identity), Gaussian decoder.",
            "Cross-entropies of similarities are means over the batch, of "
            f"weight {weight:g} for the encoder (original: sums, of weight "
            f"{original_weight:g}).",
            "Adam whose rate falls along a cosine, in batches of 256.",
            *_DEVIATIONS,
            *([] if method else [_KMEANS]),
            *deviations,
        ],
        **overrides,
    }


def _images(pretrain_epochs, fit_epochs, scale, original_weight=0.01):
    return _best(
        pretrain_epochs,
        fit_epochs,
        30.0,
        scale,
        original_weight,
        network={"kind": "conv"},
        augmentation=dict(AUGMENTATION),
        deviations=[
            "Convolutional autoencoder, trained on shifted and rotated "
            "images, whose embedding learns the similarities of clean ones."
        ],
    )


def _small_images(scale):
    """The autoencoder starts from what a DEC has learned, and hardly moves."""
    fit_epochs = 20
    started = self_trained_images(
        scale,
        SMALL_IMAGES[:2],
        20,
        50,
        fit_epochs,
        3e-5,
        "which the embedding network starts from",
        original="an autoencoder alone",
        shifts=False,
        method="graph_consensus",
        restarts=4,
    )
    values = _best(
        None,
        fit_epochs,
        0.1,
        scale,
        deviations=started["deviations"],
        **{k: started[k] for k in ("network", "augmentation", "adapt", "fit")},
    )
    values["compile"].update(started["compile"])
    return values


RECIPES = {
    "digits": {
        "paper": _paper(1 / 16, 10, NESTEROV),
        "autoencoder": _images(600, 300, 1 / 16),
        "best": _small_images("contrast"),
    },
    "mnist": {
        "paper": _paper(1 / 255, 10, NESTEROV),
        "best": _images(20, 20, 1 / 255),
    },
    "usps": {
        "paper": _paper(
            1.0,
            50,
            ADAM,
            weight=0.001,
            deviations=[
                "50 joint epochs (original: none).",
                "One scale for all pixels (original: one for each, from its "
                "least to its largest value).",
            ],
        ),
        "best": _images(60, 40, 1.0, original_weight=0.001),
    },
    "reuters21578": {
        "paper": _paper(
            pretrain_epochs=5,
            optimizer=ADAM,
            weight=0.001,
            likelihood="gaussian",
            deviations=[
                "Gaussian decoder of tf-idf (original: Bernoulli, each "
                "feature scaled to 0 to 1).",
                "Reuters-21578 (original: of the first 50,000 documents "
                "of RCV1, those of four classes).",
            ],
            **TEXT,
        ),
        "best": _best(
            50,
            30,
            1.0,
            original_weight=0.001,
            method="merged_kmeans",
            deviations=[
                "Clusters by merged k-means (see kerasdc.algorithms; original: "
                "k-means): two topics are known to hold most documents."
            ],
            **TEXT,
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {
        "accuracy": 0.9708,
        "source": "Dahal, 2018, of the epoch best by labels",
    },
    "usps": {
        "accuracy": 0.887,
        "source": "Dahal's code, k-means on the autoencoder's latent",
    },
}
