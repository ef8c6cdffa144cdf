"""Partitions of samples, each by another method, to choose among."""

import numpy as np

from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph

MOST_FOR_SPECTRAL = 20_000  # samples: eigenvectors take minutes beyond
_NEIGHBORS = 40  # in an embedding, whose clusters are dense
_NUM_RESTARTS = 10
_MIXTURE_RESTARTS = 5


def graph_partitions(graph, features, embeddings, num_clusters, seed=None):
    """Clusters by the graph, and by what was made of it.

    Args:
        graph: SciPy sparse matrix `(n, n)`, `fuzzy_neighbor_graph` of the
            features.
        features: Array `(n, ...)`.
        embeddings: Dictionary of arrays `(n, dim)` by name.
        num_clusters: Integer.
        seed: Optional integer.

    Returns:
        Dictionary of integer arrays `(n,)` by name: `"linkage"` and
        `"spectral"` on the graph, `"kmeans"` on the features; for each
        embedding, `"kmeans of ..."`, `"mixture of ..."` and
        `"linkage of ..."`.
    """
    features = features.reshape(len(features), -1)
    found = {
        "linkage": degree_linkage(graph, num_clusters),
        "kmeans": _kmeans(features, num_clusters, seed),
    }
    if num_clusters < len(features) - 1 and len(features) <= MOST_FOR_SPECTRAL:
        found["spectral"] = _spectral(graph, num_clusters, seed)
    for name, z in embeddings.items():
        dense = fuzzy_neighbor_graph(z, _NEIGHBORS)
        found[f"kmeans of {name}"] = _kmeans(z, num_clusters, seed)
        found[f"mixture of {name}"] = _mixture(z, num_clusters, seed)
        found[f"linkage of {name}"] = degree_linkage(dense, num_clusters)
    return found


def neighbor_shares(graph, clusters, num_clusters):
    """How much of each cluster there is around each sample.

    Half of a sample is in its own cluster; the other half is in those of its
    neighbors, by the weights of its edges.

    Args:
        graph: SciPy sparse matrix `(n, n)`.
        clusters: Integer array `(n,)`.
        num_clusters: Integer.

    Returns:
        Float32 array `(n, num_clusters)`; rows sum to 1. A sample without
        edges is in its own cluster alone.
    """
    own = np.zeros((len(clusters), num_clusters), "float32")
    own[np.arange(len(clusters)), clusters] = 1.0
    around = np.asarray(graph @ own, "float32")
    weights = around.sum(axis=1, keepdims=True)
    around = np.where(weights > 0, around / np.maximum(weights, 1e-12), own)
    return ((own + around) / 2).astype("float32")


def _kmeans(z, num_clusters, seed):
    return fit_kmeans(z, num_clusters, _NUM_RESTARTS, seed).labels_


def _mixture(z, num_clusters, seed):
    """Of Gaussians with covariances of their own."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    z = (z - z.mean(axis=0, dtype="float64")) / (z.std(dtype="float64") or 1.0)
    mixture = GaussianMixture(
        num_clusters,
        random_state=seed,
        reg_covar=1e-4,
        n_init=_MIXTURE_RESTARTS,
    )
    with warnings.catch_warnings():
        # It is one of several; modularity judges it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit_predict(z)


def _spectral(graph, num_clusters, seed):
    import warnings

    from sklearn.cluster import SpectralClustering

    search = SpectralClustering(
        num_clusters,
        affinity="precomputed",
        assign_labels="cluster_qr",
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Parts without an edge between them are clusters, too.
        warnings.simplefilter("ignore", UserWarning)
        return search.fit_predict(graph)
