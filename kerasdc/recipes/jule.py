"""Recipes of JULE."""

OBJECTIVE = "modularity of the clusters, negative"
PUBLISHED_SPLIT = "all"

_SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}
_DEVIATIONS = [
    "Each sample of a batch is followed by another of its cluster, and its "
    "triplets are with all others of the batch (original: pairs that happen "
    "to be in the batch, each with up to 20 negatives).",
    "All three samples of a triplet learn (original: an operation in place "
    "lets the anchor learn alone).",
    "Features for merging are by the statistics of inference (original: of "
    "the batch).",
    "Clusters are merged by their affinity alone (original: above 100 "
    "clusters, a term of their next neighbors is added).",
    "A constant rate, no weight decay (original: falls by a power, 5e-5).",
]


def _paper(scale, network, epochs, keep_share=0.1, period=20):
    """Yang et al., 2016, section 4, and the authors' code."""
    return {
        "network": network,
        "scale": scale,
        "batch_size": 50,
        "compile": {
            "margin": 0.2,
            "keep_share": keep_share,
            "period": period,
        },
        "fit": {"optimizer": _SGD, "epochs": epochs},
        "deviations": [*_DEVIATIONS],
    }


def _convolutions(*filters):
    return {"kind": "jule_conv", "filters": list(filters)}


def _both(*args, **kwargs):
    paper = _paper(*args, **kwargs)
    return {"paper": paper, "best": paper}


RECIPES = {
    "mnist": _both(1 / 255, _convolutions(50, 50), 100),
    "usps": _both(1.0, _convolutions(50), 100),
    "coil20": _both(1 / 255, _convolutions(50, 50), 60),
    "cmu_pie": _both(1 / 255, _convolutions(50, 50), 60),
}

# Published accuracies to compare with, and their source.
PUBLISHED = {
    "mnist": {
        "accuracy": 0.964,
        "source": "Yang et al., 2016, by Dizaji et al., 2017, Table 2",
    },
    "usps": {
        "accuracy": 0.95,
        "source": "Yang et al., 2016, by Dizaji et al., 2017, Table 2",
    },
}
