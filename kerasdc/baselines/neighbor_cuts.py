"""Spectral clustering on a graph of neighbors."""

import numpy as np
from scipy import linalg
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator
from scipy.sparse.linalg import eigsh
from sklearn.base import BaseEstimator
from sklearn.base import ClusterMixin
from sklearn.neighbors import kneighbors_graph
from sklearn.pipeline import make_pipeline

from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import checked_arguments
from kerasdc.utils.arguments import checked_count


class NeighborCuts(ClusterMixin, BaseEstimator):
    """Normalized cuts of the graph of nearest neighbors.

    The graph has the mean of the two directions of each edge. Its normalized
    matrix's largest eigenvectors are rotated towards indicators of clusters
    by a QR decomposition with pivots. Those of the graph's separate parts are
    known; only the others are searched for, by Lanczos' method, which would
    miss some of equal eigenvalue and, unlike an inversion, takes seconds also
    for tens of thousands of samples.

    Args:
        n_clusters: Integer, at least 1.
        n_neighbors: Integer, at least 1, of each sample, itself included.
            They are doubled while there are more separate parts than
            clusters.
        random_state: Integer or `None`, of the search's starting point.

    Attributes:
        labels_: Integers `(n,)`.
    """

    def __init__(self, n_clusters=8, n_neighbors=10, random_state=None):
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def fit(self, X, y=None):
        """Cuts the graph of an array `(n, dim)`; `y` is ignored.

        Raises:
            ValueError: If there are not more samples than clusters.
        """
        k = checked_count("n_clusters", self.n_clusters, 1, len(X) - 1)
        graph, parts = self._graph(X)
        degrees = np.asarray(graph.sum(axis=1)).ravel()
        unit = sparse.diags(1 / np.sqrt(degrees))
        known = np.sqrt(degrees)[:, None] * (parts[:, None] == np.unique(parts))
        known /= np.linalg.norm(known, axis=0)
        vectors = self._eigenvectors((unit @ graph @ unit).tocsr(), known, k)
        self.labels_ = _indicated(vectors / np.sqrt(degrees)[:, None])
        return self

    def _graph(self, X):
        """The graph, and the part of it that each sample is in."""
        number = min(self.n_neighbors, len(X))
        graph = kneighbors_graph(X, number, include_self=True)
        graph = ((graph + graph.T) / 2).tocsr()
        num_parts, parts = connected_components(graph, directed=False)
        if num_parts <= self.n_clusters:
            return graph, parts
        more = NeighborCuts(self.n_clusters, 2 * number, self.random_state)
        return more._graph(X)

    def _eigenvectors(self, matrix, known, k):
        """The `k` largest, `known` among them."""
        missing = k - known.shape[1]
        if missing == 0:
            return known
        others = LinearOperator(
            matrix.shape,
            lambda v: matrix @ v - known @ (known.T @ v),
            dtype="float64",
        )
        generator = np.random.default_rng(self.random_state)
        start = generator.uniform(-1, 1, len(known))
        _, found = eigsh(others, missing, which="LA", v0=start)
        return np.hstack([known, found])


def _indicated(vectors):
    """The cluster that each row of eigenvectors points to."""
    k = vectors.shape[1]
    # Rows far apart stand for the clusters; the rotation is the one that
    # brings them nearest to the axes.
    chosen = linalg.qr(vectors.T, mode="r", pivoting=True)[1][:k]
    left, _, right = linalg.svd(vectors[chosen].T)
    return np.abs(vectors @ (left @ right)).argmax(axis=1)


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
