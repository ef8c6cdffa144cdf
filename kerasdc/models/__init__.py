"""Deep clustering systems: one file, one class, one paper."""

from kerasdc.models.autoencoder import Autoencoder
from kerasdc.models.autoencoder import LayerwisePretraining
from kerasdc.models.base import ClusteringModel
from kerasdc.models.dec import DEC
from kerasdc.models.pretraining import PretrainedModel

__all__ = [
    "Autoencoder",
    "ClusteringModel",
    "DEC",
    "LayerwisePretraining",
    "PretrainedModel",
]
