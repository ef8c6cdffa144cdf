"""Recipes of DAC."""

from kerasdc.recipes.shared import AUGMENTATION
from kerasdc.recipes.shared import RMSPROP
from kerasdc.recipes.shared import SLOW_COSINE
from kerasdc.recipes.shared import STRONG_AUGMENTATION
from kerasdc.recipes.shared import falling_adam

OBJECTIVE = "negative mutual information of clusters"
PUBLISHED_SPLIT = "all"

_SMALL = {
    "kind": "normalized_conv",
    "filters": [32, 64],
    "kernel_sizes": [3, 3],
    "num_features": 10,
}
_LOW_COSINE = falling_adam(3e-4)
_CRITERIA = {
    "objective": "the highest mutual information of the clusters of images "
    "and of their augmented copies",
    "neighbors": "the lowest normalized cut of the graph of nearest "
    "neighbors between its clusters",
}
_SMALLER_NETWORK = "A smaller network than the paper's."


def _recipe(network, scale, epochs, optimizer=RMSPROP, **overrides):
    """Chang et al., 2017, section 4; thresholds are DAC's defaults."""
    return {
        "network": network,
        "scale": scale,
        "augmentation": {**AUGMENTATION, "zoom": 0.05},
        "batch_size": 128,
        "fit": {
            "optimizer": optimizer,
            "epochs": epochs,
        },
        "deviations": [
            "Pairs are labelled when their batch is trained, by a pass on "
            "clean images (original: for a block of 1,000 images, trained "
            "five times).",
            "Images are not shifted in intensity, nor scaled by 0.975 "
            "(original: are).",
            "The mean of all pixels is not subtracted (original: is).",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    }


def _best(scale, restarts, epochs, upper, lower, **network):
    """The best of several trainings, trained further at a low rate.

    `upper` and `lower` are the thresholds at the end.
    """
    by = _CRITERIA[restarts.get("criterion", "objective")]
    return _recipe(
        {"kind": "normalized_conv", **network},
        scale,
        epochs,
        optimizer=_LOW_COSINE,
        adapt={"restarts": {**restarts, "optimizer": SLOW_COSINE}},
        augmentation=dict(STRONG_AUGMENTATION),
        compile={"upper": [0.95, upper], "lower": [0.455, lower]},
        deviations=[
            f"Of {restarts['num']} trainings, the one with {by} is trained "
            "further.",
            _SMALLER_NETWORK,
            "Images are sheared, and zoomed by more.",
            "Adam whose rate falls along a cosine (original: RMSprop).",
            f"The thresholds end at {upper} and {lower} (original: both meet "
            "at 0.5): at 0.5, samples between two classes would merge them.",
        ],
    )


RECIPES = {
    "digits": {
        "paper": _recipe(_SMALL, 1 / 16, 40, deviations=[_SMALLER_NETWORK]),
        "best": _best(
            1 / 16,
            {"num": 5, "epochs": 80},
            epochs=20,
            upper=0.85,
            lower=0.49,
            filters=[32, 64],
            kernel_sizes=[3, 3],
        ),
    },
    "mnist": {
        "paper": _recipe({"kind": "dac"}, 1 / 255, 20),
        "best": _best(
            1 / 255,
            # The first epochs decide which shapes of a digit share a cluster,
            # such as sevens with and without a bar.
            {"num": 10, "epochs": 2, "criterion": "neighbors"},
            epochs=3,
            upper=0.93,
            lower=0.46,
        ),
    },
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {"accuracy": 0.9775, "source": "Chang et al., 2017"},
}
