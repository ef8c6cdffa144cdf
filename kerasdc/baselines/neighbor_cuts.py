"""Spectral clustering on a graph of neighbors."""

import warnings

from sklearn.cluster import SpectralClustering
from sklearn.pipeline import make_pipeline

from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import checked_arguments

_NUM_NEIGHBORS = 10  # of each sample, itself included


class NeighborCuts(SpectralClustering):
    """scikit-learn's, on the graph of 10 neighbors, which may have parts.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer or `None`.
    """

    def __init__(self, n_clusters=8, random_state=None):
        super().__init__(
            n_clusters,
            random_state=random_state,
            affinity="nearest_neighbors",
            n_neighbors=_NUM_NEIGHBORS,
            assign_labels="cluster_qr",
        )

    def fit(self, X, y=None):
        """Cuts the graph of an array `(n, dim)`; `y` is ignored.

        Raises:
            ValueError: If there are not more samples than clusters.
        """
        if self.n_clusters >= len(X):
            raise ValueError(
                "Spectral clustering needs more samples than clusters. "
                f"Received: {len(X)} samples, n_clusters={self.n_clusters}"
            )
        with warnings.catch_warnings():
            # Parts without an edge between them are clusters, too.
            warnings.filterwarnings("ignore", "Graph is not fully connected")
            return super().fit(X)


def spectral(n_clusters, random_state=None):
    """Spectral clustering on the graph of 10 neighbors.

    It assigns no new samples. `random_state` changes rounding errors only.

    Reference: J. Shi and J. Malik, "Normalized cuts and image segmentation",
    2000; clusters of the eigenvectors by [Damle et al., 2016](
    https://arxiv.org/abs/1609.08251).

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    cuts = NeighborCuts(n_clusters, random_state=seed)
    return make_pipeline(Preparation(), cuts)
