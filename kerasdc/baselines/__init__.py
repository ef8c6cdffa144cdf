"""Classical clusterings by scikit-learn: what deep ones must beat.

A baseline is a function of `n_clusters` and `random_state` that returns a
scikit-learn pipeline. Its `fit_predict(x)` takes raw samples, images as well
as columns and texts, and returns integers `(n,)`; where the method can assign
new samples, it has `predict(x)`, too.

Their modules import scikit-learn, and are imported when first used.
"""

import importlib

from kerasdc.baselines.known_baselines import BASELINES
from kerasdc.baselines.known_baselines import list_baselines
from kerasdc.baselines.known_baselines import make_baseline

__all__ = ["list_baselines", "make_baseline"]
__all__ += list(BASELINES)


def __getattr__(name):
    if name in BASELINES:
        place = f"kerasdc.baselines.{BASELINES[name].module}"
        return getattr(importlib.import_module(place), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
