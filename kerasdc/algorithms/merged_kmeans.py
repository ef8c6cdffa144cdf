"""Merged k-means: many small clusters, merged along a neighbor graph.

K-means finds round clusters. Those of an embedding are often long and bent:
k-means then splits one and joins two others, and later training does not
correct it. Here k-means divides the points into many small pieces, the pieces
with the most neighbors in common are merged until `k` remain, and of several
such partitions the one of least normalized cut is used.
"""

import numpy as np

from kerasdc.algorithms.agglomerative import average_linkage
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.points import check_distinct
from kerasdc.algorithms.points import checked_points
from kerasdc.algorithms.points import num_distinct
from kerasdc.algorithms.points import too_close
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled
from kerasdc.utils.progress import counted

_PIECES_PER_CLUSTER = (5, 10, 15)
_MANY_PIECES = 3000


def merged_kmeans(
    z,
    num_clusters,
    num_restarts=24,
    num_neighbors=20,
    max_points=20_000,
    seed=None,
    verbose=0,
):
    """Finds cluster centers by merged k-means.

    References:

    - [Zhang et al., 2012](https://arxiv.org/abs/1208.5092) for agglomeration
      along a graph of neighbors.
    - [Shi and Malik, 2000](https://doi.org/10.1109/34.868688), equation (2),
      for the normalized cut.

    Args:
        z: Array `(n, dim)` of points.
        num_clusters: Integer.
        num_restarts: Integer, number of partitions.
        num_neighbors: Integer, neighbors of a point in the graph.
        max_points: Integer. If there are more points, a random sample of
            that size is partitioned.
        seed: Optional integer.
        verbose: As in `keras.Model.fit`: whether a bar counts the partitions.

    Returns:
        Float32 array `(num_clusters, dim)`: the means of the clusters.

    Raises:
        ValueError: If `num_restarts`, `num_neighbors` or `max_points` is less
            than 1, `z` is not finite, or there are fewer distinct points than
            clusters among those partitioned.
    """
    z = checked_points(z, num_clusters)
    num_restarts = checked_count("num_restarts", num_restarts)
    num_neighbors = checked_count("num_neighbors", num_neighbors)
    max_points = checked_count("max_points", max_points)
    generator = np.random.default_rng(checked_seed(seed))
    if len(z) > max_points:
        z = z[generator.choice(len(z), max_points, replace=False)]
    check_distinct(z, num_clusters)
    if num_clusters == 1:
        return z.mean(axis=0, keepdims=True).astype("float32")
    graph = neighbor_graph(z, min(num_neighbors, len(z) - 1))
    numbers = _numbers_of_pieces(z, num_clusters)
    best_cut, best = np.inf, None
    for restart in counted(range(num_restarts), verbose, "partition"):
        num_pieces = numbers[restart % len(numbers)]
        pieces = _pieces(z, num_pieces, num_clusters, generator)
        affinity = _sum_between(graph, pieces)
        clusters = average_linkage(affinity, np.bincount(pieces), num_clusters)
        cut = _normalized_cut(affinity, clusters)
        if cut < best_cut or best is None:
            best_cut, best = cut, clusters[pieces]
    return np.stack(
        [z[best == j].mean(axis=0) for j in range(num_clusters)]
    ).astype("float32")


def normalized_cut(graph, clusters, num_clusters):
    """Normalized cut of a partition: lower is better.

    The sum over clusters of the share of their edge weight that leads to
    other clusters.

    Reference:

    - [Shi and Malik, 2000](https://doi.org/10.1109/34.868688), equation (2).

    Args:
        graph: SciPy sparse matrix `(n, n)`, as `neighbor_graph` makes it.
        clusters: Integer array `(n,)`.
        num_clusters: Integer. An empty cluster counts 1, like a cluster
            without edges inside.

    Returns:
        Float from 0 to `num_clusters`.

    Raises:
        ValueError: If `clusters` are not such integers, as many as `graph` has
            rows, or `num_clusters` is less than the clusters found.
    """
    clusters = checked_array("clusters", clusters, 1)
    if getattr(graph, "shape", None) != (len(clusters), len(clusters)):
        raise ValueError(
            "`graph` must be a sparse matrix (n, n), `clusters` (n,). "
            f"Received: a {type(graph).__name__} and {len(clusters)} clusters"
        )
    pieces, clusters = np.unique(clusters, return_inverse=True)
    affinity = _sum_between(graph, clusters)
    num_clusters = checked_count("num_clusters", num_clusters, len(pieces))
    num_empty = num_clusters - len(pieces)
    return _normalized_cut(affinity, np.arange(len(pieces))) + num_empty


def neighbor_graph(z, num_neighbors):
    """Symmetric graph of nearest neighbors with Gaussian weights.

    Args:
        z: Array `(n, dim)`.
        num_neighbors: Integer, neighbors of each point.

    Returns:
        SciPy sparse matrix `(n, n)`. The width of the Gaussian is the root
        mean square distance to a neighbor.

    Raises:
        ValueError: If `z` is not finite, or `num_neighbors` not from 1 to
            n - 1.
    """
    from sklearn.neighbors import kneighbors_graph

    z, _ = rescaled(checked_array("z", z, 2))
    num_neighbors = checked_count(
        "num_neighbors", num_neighbors, maximum=len(z) - 1
    )
    graph = kneighbors_graph(z, num_neighbors, mode="distance")
    squared = np.square(graph.data)
    graph.data = np.exp(-squared / max(squared.mean(), 1e-30))
    return graph + graph.T


def _numbers_of_pieces(z, num_clusters):
    most = max(_PIECES_PER_CLUSTER) * num_clusters
    distinct = num_distinct(z, most)
    # At least two points a piece: one point has no density.
    numbers = [min(f * num_clusters, len(z) // 2) for f in _PIECES_PER_CLUSTER]
    return [min(max(number, num_clusters), distinct) for number in numbers]


def _pieces(z, num_pieces, num_clusters, generator):
    seed = int(generator.integers(2**31))
    # k-means++ takes a pass through the data for every piece.
    init = "k-means++" if num_pieces <= _MANY_PIECES else "random"
    pieces = fit_kmeans(z, num_pieces, 1, seed, init=init).labels_
    found, pieces = np.unique(pieces, return_inverse=True)
    if len(found) < num_clusters:
        raise too_close(z, len(found), num_clusters)
    return pieces


def _sum_between(graph, pieces):
    """Sum of edge weights between every two pieces."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(pieces))
    member = csr_matrix((ones, (np.arange(len(pieces)), pieces)))
    return member.T @ graph @ member


def _normalized_cut(affinity, clusters):
    """Sum over clusters of the share of edge weight that leaves them."""
    between = _sum_between(affinity, clusters)
    total = np.maximum(np.asarray(between.sum(axis=1)).ravel(), 1e-30)
    return float(np.sum(1.0 - between.diagonal() / total))
