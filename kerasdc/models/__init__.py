"""Deep clustering systems: one file, one class, one paper."""

from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.encoder_model import EncoderModel
from kerasdc.models.bases.generation import Generation
from kerasdc.models.bases.layerwise import LayerwisePretraining
from kerasdc.models.bases.neighbor_embedding import NeighborEmbedding
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.registry import SYSTEMS
from kerasdc.models.bases.registry import system
from kerasdc.models.dac import DAC
from kerasdc.models.dbc import DBC
from kerasdc.models.dcn import DCN
from kerasdc.models.dec import DEC
from kerasdc.models.depict import DEPICT
from kerasdc.models.edited_clusters import EditedClusters
from kerasdc.models.embedding_network import EmbeddingNetwork
from kerasdc.models.idec import IDEC
from kerasdc.models.imsat import IMSAT
from kerasdc.models.infogan import InfoGAN
from kerasdc.models.jule import JULE
from kerasdc.models.neighbor_clustering import NeighborClustering
from kerasdc.models.parametric_tsne import ParametricTSNE
from kerasdc.models.temi import TEMI
from kerasdc.models.vade import VaDE

__all__ = [
    "Autoencoder",
    "ClusteringModel",
    "DAC",
    "DBC",
    "DCN",
    "DEC",
    "DEPICT",
    "DiscriminativeModel",
    "EditedClusters",
    "EmbeddingNetwork",
    "EncoderModel",
    "Generation",
    "IDEC",
    "IMSAT",
    "InfoGAN",
    "JULE",
    "LayerwisePretraining",
    "NeighborClustering",
    "NeighborEmbedding",
    "ParametricTSNE",
    "Pretraining",
    "SYSTEMS",
    "TEMI",
    "VaDE",
    "system",
]
