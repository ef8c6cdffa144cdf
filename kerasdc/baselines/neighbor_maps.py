"""k-means and a mixture on the output of UMAP."""

import importlib.util

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.pipeline import make_pipeline

from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import checked_arguments
from kerasdc.baselines.preparing import kmeans_steps
from kerasdc.baselines.preparing import mixture_steps

MOST_DIMENSIONS = 10
_SAME_LENGTH = 1.01  # ratio of lengths up to which they count as one


class NeighborMap(TransformerMixin, BaseEstimator):
    """UMAP that lets neighbors come as near as they may.

    Rows of one length, such as those of texts, are compared by the cosine,
    others by the Euclidean distance.

    Args:
        n_components: Integer, dimensions of the map.
        n_neighbors: Integer, neighbors of each sample, itself included.
        random_state: Integer or `None`.
    """

    def __init__(self, n_components=2, n_neighbors=10, random_state=None):
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def fit(self, X, y=None):
        """Makes the map of an array `(n, dim)`; `y` is ignored."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X, y=None):
        """Makes it; returns the places of `X`, floats `(n, n_components)`."""
        import umap

        self.map_ = umap.UMAP(
            n_neighbors=self.n_neighbors,
            n_components=self.n_components,
            min_dist=0.0,
            metric=_metric(X),
            random_state=self.random_state,
            n_jobs=1 if self.random_state is not None else -1,
        )
        return self.map_.fit_transform(X)

    def transform(self, X):
        """Places of new samples among those of the map."""
        return self.map_.transform(X)


def _metric(X):
    """By nine tenths of the rows: texts without known words have length 0."""
    lengths = np.linalg.norm(X, axis=1)
    least, most = np.quantile(lengths, [0.05, 0.95])
    return "cosine" if 0 < most <= _SAME_LENGTH * least else "euclidean"


def check_umap():
    """Raises `ImportError` if umap-learn is not installed."""
    if importlib.util.find_spec("umap") is None:
        raise ImportError(
            'This baseline needs umap-learn: pip install -e ".[umap]". '
            "Received: umap missing"
        )


def umap_kmeans(n_clusters, random_state=None):
    """k-means on UMAP's output, of 10 neighbors.

    It has as many dimensions as there are clusters, but at most 10.

    Reference: [McInnes et al., 2018](https://arxiv.org/abs/1802.03426).

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ImportError: If umap-learn is not installed.
        ValueError: If a number is out of its range.
    """
    steps = kmeans_steps(n_clusters, random_state)
    return _on_map(n_clusters, random_state, steps)


def umap_gmm(n_clusters, random_state=None):
    """A mixture of Gaussians on UMAP's output; see `umap_kmeans`.

    Reference: [McInnes et al., 2018](https://arxiv.org/abs/1802.03426).

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ImportError: If umap-learn is not installed.
        ValueError: If a number is out of its range.
    """
    steps = mixture_steps(n_clusters, random_state)
    return _on_map(n_clusters, random_state, steps)


def _on_map(n_clusters, random_state, steps):
    check_umap()
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    num = min(MOST_DIMENSIONS, n_clusters)
    return make_pipeline(
        Preparation(), NeighborMap(num, random_state=seed), *steps
    )
