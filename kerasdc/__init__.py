"""Deep clustering for Keras: pretrained models, training, serving."""

import importlib

from kerasdc.utils import quiet_start

if quiet_start.is_asked():
    with quiet_start.quiet_start():
        import keras

        if keras.backend.backend() == "tensorflow":
            keras.ops.zeros(1)  # looks for devices
        del keras

from kerasdc import callbacks
from kerasdc import layers
from kerasdc import losses
from kerasdc import models
from kerasdc import networks
from kerasdc import targets
from kerasdc.callbacks import ClusteringMetrics

__version__ = "0.1.0"

# Imported when first used: `import kerasdc` must cost no more than Keras.
_LAZY_MODULES = (
    "automatic",
    "baselines",
    "datasets",
    "estimators",
    "exports",
    "metrics",
    "plots",
    "recipes",
    "report",
    "summary",
    "zoo",
)
_LAZY_NAMES = {
    "cluster": "automatic",
    "align": "summary",
    "export": "exports",
    "export_saved_model": "exports",
    "info": "zoo",
    "list_models": "zoo",
    "load": "zoo",
    "select": "automatic",
    "summarize": "summary",
}

__all__ = [
    "ClusteringMetrics",
    "callbacks",
    "layers",
    "losses",
    "models",
    "networks",
    "targets",
    *_LAZY_MODULES,
    *_LAZY_NAMES,
]


def __getattr__(name):
    if name in _LAZY_MODULES:
        return importlib.import_module(f"kerasdc.{name}")
    if name in _LAZY_NAMES:
        module = importlib.import_module(f"kerasdc.{_LAZY_NAMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'kerasdc' has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, "__version__"])
