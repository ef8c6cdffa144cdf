"""Agglomeration by the distances of two groups' points."""

import numpy as np

from kerasdc.algorithms.centers import means_of
from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.points import checked_points
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import evenly_spaced

KINDS = ("average", "complete")


def distance_linkage(z, num_clusters, kind="average", max_points=10_000):
    """Merges those two groups whose points are nearest to each other.

    Clusters may differ in size as much as they like: none is split because
    it holds much of the data, as k-means and the modularity would.

    Reference: R. Sokal and C. Michener, "A statistical method for evaluating
    systematic relationships", 1958, for the average; by scikit-learn.

    Args:
        z: Array `(n, dim)` of points.
        num_clusters: Integer, at least 1.
        kind: Which distance of their points is the groups': `"average"`, or
            of `"complete"`, the largest.
        max_points: Integer, at least 2. Of more points, that many evenly
            spaced ones are merged, and the others join the nearest mean: the
            memory grows with the square of their number.

    Returns:
        Integer array `(n,)`, clusters from 0 to `num_clusters - 1`.

    Raises:
        ValueError: If `kind` is unknown, `z` is not finite, or there are
            fewer distinct points than clusters.

    Example:

    >>> z = np.array([[0.0], [0.1], [0.2], [0.3], [9.0]])
    >>> from kerasdc.algorithms.distance_linkage import distance_linkage
    >>> distance_linkage(z, 2).tolist()
    [0, 0, 0, 0, 1]
    """
    from sklearn.cluster import AgglomerativeClustering

    checked_choice("kind", kind, KINDS)
    z = checked_points(z, num_clusters)
    if num_clusters == 1:
        return np.zeros(len(z), int)
    max_points = checked_count("max_points", max_points, max(num_clusters, 2))
    part = evenly_spaced(z, max_points)
    search = AgglomerativeClustering(num_clusters, linkage=kind)
    clusters = search.fit_predict(part)
    if len(part) == len(z):
        return clusters
    return nearest_center(z, means_of(part, clusters, num_clusters))
