"""Keras layers of deep clustering, each usable alone."""

from kerasdc.layers.augmentation import RandomShiftRotation
from kerasdc.layers.cluster_heads import ClusterHeads
from kerasdc.layers.clustering import ClusteringLayer
from kerasdc.layers.code_sampling import CodeSampling
from kerasdc.layers.contrast import ContrastNormalization
from kerasdc.layers.gaussian_mixture import GaussianMixturePrior
from kerasdc.layers.moving_centers import MovingCenters
from kerasdc.layers.pairwise import PairwiseSimilarity
from kerasdc.layers.sampling import Sampling
from kerasdc.layers.scaling import Scaling
from kerasdc.layers.softmax_clusters import SoftmaxClusters
from kerasdc.layers.text import TfIdf

__all__ = [
    "ClusterHeads",
    "ClusteringLayer",
    "CodeSampling",
    "ContrastNormalization",
    "GaussianMixturePrior",
    "MovingCenters",
    "PairwiseSimilarity",
    "RandomShiftRotation",
    "Sampling",
    "Scaling",
    "SoftmaxClusters",
    "TfIdf",
]
