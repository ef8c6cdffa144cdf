"""Recipes of TEMI, of features that a pretrained network has made."""

import math

OBJECTIVE = "loss of TEMI"
PUBLISHED_SPLIT = "all"

_BATCH_SIZE, _NUM_STEPS = 512, 1000
_NO_LAYERS = {"kind": "normalized_mlp", "units": []}  # the features are it


def _paper():
    """Adaloglou et al., 2023, and the authors' code."""
    return {
        "network": dict(_NO_LAYERS),
        "scale": None,
        "batch_size": _BATCH_SIZE,
        "model": {"units": [512], "shared": False, "num_neighbors": 50},
        "fit": {
            "optimizer": {
                "name": "adamw",
                "learning_rate": 1e-4,
                "weight_decay": 1e-4,
            },
            "epochs": 100,
        },
        "deviations": [
            "Heads end in one linear layer (original: a bottleneck of 256 "
            "units, scaled to unit length, before it, and a temperature of "
            "0.1), and their hidden units are SiLU (original: GELU).",
            "Of a cluster of mean size, at most half of the samples are "
            "taken for neighbors of a sample (original: 50 of any data).",
            "Teachers follow more closely in the first steps (original: at "
            "once with a momentum of 0.996).",
            "The learning rate is constant (original: it rises for 20 epochs).",
            "A batch holds 512 pairs.",
        ],
    }


def _best(num_samples):
    """The same for all data sets: a training is as long in steps."""
    steps_per_epoch = math.ceil(num_samples / _BATCH_SIZE)
    paper = _paper()
    return {
        **paper,
        "model": {"units": [512], "num_neighbors": 25},
        "fit": {
            "optimizer": {"name": "adam", "learning_rate": {"initial": 3e-3}},
            "epochs": math.ceil(_NUM_STEPS / steps_per_epoch),
        },
        "deviations": [
            *paper["deviations"][:3],
            "All heads have one hidden layer of 512 units in common "
            "(original: each its own).",
            "Neighbors are the nearest 25 (original: 50).",
            "1,000 steps of Adam, whose rate falls along a cosine (original: "
            "100 epochs).",
            "A batch holds 512 pairs.",
        ],
    }


RECIPES = {
    "imagenet50_moco": {"paper": _paper(), "best": _best(2500)},
    "20newsgroups_minilm": {"paper": _paper(), "best": _best(18846)},
}

# None of these features.
PUBLISHED = {}
