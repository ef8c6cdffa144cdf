"""Initial cluster centers, and the nearest center of each point."""

import numpy as np

from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.kmeans import centers_of
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.merged_kmeans import merged_kmeans
from kerasdc.algorithms.modular_kmeans import modular_kmeans
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.points import too_close
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled

_SMALLEST_BATCH = 1024  # points of a step of k-means by batches
_NUM_NEIGHBORS = 10  # of each point, in the graph of "linkage"


def center_search(method):
    """The function that finds centers by a method.

    Args:
        method: `"kmeans"`, `"minibatch_kmeans"`, `"merged_kmeans"`,
            `"modular_kmeans"` or `"linkage"`.

    Returns:
        Function of `z`, `(n, dim)`, `num_clusters`, `num_restarts`, `seed`
        and `verbose`, which returns a float32 array `(num_clusters, dim)`.

    Raises:
        ValueError: If the method is unknown.
    """
    methods = {
        "kmeans": _kmeans,
        "minibatch_kmeans": _minibatch_kmeans,
        "merged_kmeans": merged_kmeans,
        "modular_kmeans": modular_kmeans,
        "linkage": _linkage,
    }
    return methods[checked_choice("method", method, methods)]


def _kmeans(z, num_clusters, num_restarts, seed, verbose=0):
    kmeans = fit_kmeans(z, num_clusters, num_restarts, seed, verbose)
    return centers_of(kmeans, z)


def _minibatch_kmeans(z, num_clusters, num_restarts, seed, verbose=0):
    """By batches, for more points than k-means takes."""
    from sklearn.cluster import MiniBatchKMeans

    kmeans = MiniBatchKMeans(
        num_clusters,
        batch_size=max(_SMALLEST_BATCH, 10 * num_clusters),
        n_init=num_restarts,
        random_state=seed,
    )
    num_found = len(np.unique(kmeans.fit(z).labels_))
    if num_found < num_clusters:
        raise too_close(z, num_found, num_clusters)
    return centers_of(kmeans, z)


def _linkage(z, num_clusters, num_restarts, seed, verbose=0):
    """Means of the clusters along the graph of neighbors; nothing is drawn."""
    graph = fuzzy_neighbor_graph(z, _NUM_NEIGHBORS)
    clusters = degree_linkage(graph, num_clusters)
    return means_of(z, clusters, num_clusters)


def means_of(z, clusters, num_clusters):
    """The mean of the points of each cluster.

    Args:
        z: Array `(n, dim)`.
        clusters: Integer array `(n,)`; every cluster has a point.
        num_clusters: Integer.

    Returns:
        Float32 array `(num_clusters, dim)`.
    """
    means = [z[clusters == k].mean(axis=0) for k in range(num_clusters)]
    return np.stack(means).astype("float32")


def nearest_center(z, centers, block=8192):
    """Index of the nearest center for every point.

    Args:
        z: Array `(n, dim)`.
        centers: Array `(k, dim)`.
        block: Integer, rows computed at once, which limits the memory.

    Returns:
        Integer array `(n,)`.

    Raises:
        ValueError: If points or centers are not finite, or their shapes do
            not fit.
    """
    z, centers = checked_array("z", z, 2), checked_array("centers", centers, 2)
    block = checked_count("block", block)
    if z.shape[1] != centers.shape[1]:
        raise ValueError(
            "`z` and `centers` must have the same width. "
            f"Received: shapes {z.shape} and {centers.shape}"
        )
    if centers.dtype.kind == "f":  # squares overflow in half precision
        centers = np.asarray(centers, np.promote_types(centers.dtype, "f4"))
    _, unit = rescaled(np.array([_size(z), _size(centers)]), 1e-12, 1e12)
    if unit != 1:  # squares would overflow or underflow
        z, centers = z / unit, centers / unit
    # As in `ClusteringLayer`: precise also far from the origin.
    origin = centers.mean(axis=0)
    centers = centers - origin
    half_norms = 0.5 * np.square(centers).sum(axis=1)
    blocks = [
        np.argmin(half_norms - (z[i : i + block] - origin) @ centers.T, axis=1)
        for i in range(0, len(z), block)
    ]
    return np.concatenate(blocks)


def _size(x):
    return max(-float(x.min()), float(x.max()))
