"""Agglomeration by the mean distance of two groups."""

import numpy as np

from kerasdc.algorithms.centers import means_of
from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.points import checked_points
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import evenly_spaced


def average_linkage(z, num_clusters, max_points=20_000):
    """Merges those two groups whose points are nearest to each other, on mean.

    Clusters may differ in size as much as they like: none is split because
    it holds much of the data, as k-means and the modularity would.

    Reference: R. Sokal and C. Michener, "A statistical method for evaluating
    systematic relationships", 1958 (UPGMA); by scikit-learn.

    Args:
        z: Array `(n, dim)` of points.
        num_clusters: Integer, at least 1.
        max_points: Integer, at least 2. Of more points, that many evenly
            spaced ones are merged, and the others join the nearest mean: the
            memory grows with the square of their number.

    Returns:
        Integer array `(n,)`, clusters from 0 to `num_clusters - 1`.

    Raises:
        ValueError: If `z` is not finite, or there are fewer distinct points
            than clusters.

    Example:

    >>> z = np.array([[0.0], [0.1], [0.2], [0.3], [9.0]])
    >>> average_linkage = kerasdc.algorithms.average_linkage.average_linkage
    >>> average_linkage(z, 2).tolist()
    [0, 0, 0, 0, 1]
    """
    from sklearn.cluster import AgglomerativeClustering

    z = checked_points(z, num_clusters)
    if num_clusters == 1:
        return np.zeros(len(z), int)
    max_points = checked_count("max_points", max_points, max(num_clusters, 2))
    part = evenly_spaced(z, max_points)
    search = AgglomerativeClustering(num_clusters, linkage="average")
    clusters = search.fit_predict(part)
    if len(part) == len(z):
        return clusters
    return nearest_center(z, means_of(part, clusters, num_clusters))
