"""Recipes of DAC."""

from kerasdc.recipes.parts import AUGMENTATION
from kerasdc.recipes.parts import RMSPROP
from kerasdc.recipes.parts import SLOW_COSINE

_SMALL = {
    "kind": "normalized_conv",
    "filters": [32, 64],
    "kernel_sizes": [3, 3],
    "num_features": 10,
}
_SMALLER_NETWORK = "A smaller network than the paper's."


def _recipe(network, scale, epochs, optimizer=RMSPROP, **overrides):
    """Chang et al., 2017, section 4; thresholds are DAC's defaults."""
    return {
        "network": network,
        "scale": scale,
        "augmentation": dict(AUGMENTATION),
        "batch_size": 128,
        "fit": {
            "optimizer": optimizer,
            "epochs": epochs,
        },
        "deviations": [
            "Pairs are labelled when their batch is trained, by a pass on "
            "clean images (original: for a block of 1,000 images, trained "
            "five times).",
            "Images are shifted and rotated only (original: zoomed, and "
            "shifted in intensity, too).",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    }


def _restarted(network, scale, epochs, num_restarts, **overrides):
    return _recipe(
        network,
        scale,
        epochs,
        adapt={"restarts": {"num": num_restarts, "epochs": epochs}},
        deviations=[
            f"Of {num_restarts} trainings the one whose assignments tell most "
            "about the images, by mutual information, is trained once more.",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    )


RECIPES = {
    "digits": {
        "paper": _recipe(_SMALL, 1 / 16, 40, deviations=[_SMALLER_NETWORK]),
        "best": _restarted(
            _SMALL, 1 / 16, 40, 4, deviations=[_SMALLER_NETWORK]
        ),
    },
    "mnist": {
        "paper": _recipe({"kind": "dac"}, 1 / 255, 20),
        "best": _recipe(
            {"kind": "normalized_conv", "num_features": 10},
            1 / 255,
            12,
            optimizer=SLOW_COSINE,
            deviations=[
                _SMALLER_NETWORK,
                "Adam whose rate falls along a cosine (original: RMSprop).",
            ],
        ),
    },
}

# Published figures to compare with: accuracy and where it stands.
PUBLISHED = {
    "mnist": {"accuracy": 0.9775, "source": "Chang et al., 2017"},
}
