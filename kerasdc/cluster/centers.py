"""Initial cluster centers, and the nearest center of each point."""

import numpy as np

from kerasdc.cluster.kmeans import fit_kmeans
from kerasdc.cluster.merged_kmeans import merged_kmeans
from kerasdc.cluster.points import too_close
from kerasdc.utils.arguments import checked_choice


def center_search(method):
    """The function that finds centers by a method.

    Args:
        method: `"kmeans"` or `"merged_kmeans"`.

    Returns:
        Function of `z`, `(n, dim)`, `num_clusters`, `num_restarts`, `seed`
        and `verbose`, which returns a float32 array `(num_clusters, dim)`.

    Raises:
        ValueError: If the method is unknown.
    """
    methods = {"kmeans": _kmeans, "merged_kmeans": merged_kmeans}
    return methods[checked_choice("method", method, methods)]


def _kmeans(z, num_clusters, num_restarts, seed, verbose=0):
    kmeans = fit_kmeans(z, num_clusters, num_restarts, seed, verbose)
    centers = kmeans.cluster_centers_.astype("float32")
    num_found = len(np.unique(centers, axis=0))
    if num_found < num_clusters:
        raise too_close(z, num_found, num_clusters)
    return centers


def nearest_center(z, centers, block=8192):
    """Index of the nearest center for every point.

    Args:
        z: Array `(n, dim)`.
        centers: Array `(k, dim)`.
        block: Integer, rows computed at once, which limits the memory.

    Returns:
        Integer array `(n,)`.
    """
    # As in `ClusteringLayer`: precise also far from the origin.
    origin = centers.mean(axis=0)
    centers = centers - origin
    half_norms = 0.5 * np.square(centers).sum(axis=1)
    blocks = [
        np.argmin(half_norms - (z[i : i + block] - origin) @ centers.T, axis=1)
        for i in range(0, len(z), block)
    ]
    return np.concatenate(blocks)
