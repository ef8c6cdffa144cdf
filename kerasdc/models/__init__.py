"""Deep clustering systems: one file, one class, one paper."""

from kerasdc.models.autoencoder import Autoencoder
from kerasdc.models.autoencoder import LayerwisePretraining
from kerasdc.models.base import ClusteringModel
from kerasdc.models.dac import DAC
from kerasdc.models.dec import DEC
from kerasdc.models.discriminative import DiscriminativeModel
from kerasdc.models.embedding_network import EmbeddingNetwork
from kerasdc.models.encoding import EncoderModel
from kerasdc.models.generative import GenerativeModel
from kerasdc.models.imsat import IMSAT
from kerasdc.models.parametric_tsne import ParametricTSNE
from kerasdc.models.pretraining import PretrainedModel
from kerasdc.models.vade import VaDE

__all__ = [
    "Autoencoder",
    "ClusteringModel",
    "DAC",
    "DEC",
    "DiscriminativeModel",
    "EmbeddingNetwork",
    "EncoderModel",
    "GenerativeModel",
    "IMSAT",
    "LayerwisePretraining",
    "ParametricTSNE",
    "PretrainedModel",
    "VaDE",
]
