"""The systems as estimators of scikit-learn."""

from kerasdc.estimators.auto_cluster import AutoCluster
from kerasdc.estimators.dac_clusterer import DAC
from kerasdc.estimators.dbc_clusterer import DBC
from kerasdc.estimators.dcn_clusterer import DCN
from kerasdc.estimators.dec_clusterer import DEC
from kerasdc.estimators.depict_clusterer import DEPICT
from kerasdc.estimators.embedding_clusterer import EmbeddingNetwork
from kerasdc.estimators.idec_clusterer import IDEC
from kerasdc.estimators.imsat_clusterer import IMSAT
from kerasdc.estimators.infogan_clusterer import InfoGAN
from kerasdc.estimators.jule_clusterer import JULE
from kerasdc.estimators.temi_clusterer import TEMI
from kerasdc.estimators.tsne_transformer import ParametricTSNE
from kerasdc.estimators.vade_clusterer import VaDE

__all__ = [
    "AutoCluster",
    "DAC",
    "DBC",
    "DCN",
    "DEC",
    "DEPICT",
    "EmbeddingNetwork",
    "IDEC",
    "IMSAT",
    "InfoGAN",
    "JULE",
    "ParametricTSNE",
    "TEMI",
    "VaDE",
]
