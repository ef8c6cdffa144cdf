"""k-means, of whose runs the graph of neighbors chooses one.

The run of least inertia may split a long group and join two small ones. The
modularity on the graph of neighbors tells whether borders run where points
have few neighbors.
"""

import numpy as np

from kerasdc.algorithms.kmeans import centers_of
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.points import checked_points
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array


def modular_kmeans(
    z,
    num_clusters,
    num_restarts=20,
    num_neighbors=10,
    max_points=20_000,
    seed=None,
    verbose=0,
):
    """Finds cluster centers by the k-means run of highest modularity.

    Args:
        z: Array `(n, dim)` of points.
        num_clusters: Integer.
        num_restarts: Integer, number of runs.
        num_neighbors: Integer, neighbors of a point in the graph.
        max_points: Integer. If there are more points, the graph is that of a
            random sample of that size.
        seed: Optional integer.
        verbose: As in `keras.Model.fit`: whether a bar counts the runs.

    Returns:
        Float32 array `(num_clusters, dim)`.

    Raises:
        ValueError: If `num_restarts`, `num_neighbors` or `max_points` is less
            than 1, `z` is not finite, or there are fewer distinct points than
            clusters.
    """
    z = checked_points(z, num_clusters)
    num_restarts = checked_count("num_restarts", num_restarts)
    num_neighbors = checked_count("num_neighbors", num_neighbors)
    max_points = checked_count("max_points", max_points, 2)
    seed = checked_seed(seed)
    if num_clusters == 1:
        return z.mean(axis=0, keepdims=True)
    rows = np.arange(len(z))
    if len(z) > max_points:
        rows = np.random.default_rng(seed).permutation(rows)[:max_points]
    graph = fuzzy_neighbor_graph(z[rows], num_neighbors)
    kmeans = fit_kmeans(
        z,
        num_clusters,
        num_restarts,
        seed,
        verbose,
        loss=lambda run: -modularity(graph, run.labels_[rows]),
    )
    return centers_of(kmeans, z)


def modularity(graph, clusters):
    """Modularity of a partition: higher is better.

    The share of the edges that are inside clusters, less the share that would
    be if they were drawn at random between points of the same degrees.

    Reference:

    - [Newman, 2004](https://arxiv.org/abs/cond-mat/0407503), Analysis of
      weighted networks, equation (6).

    Args:
        graph: SciPy sparse matrix `(n, n)`, symmetric and not negative, as
            `fuzzy_neighbor_graph` makes it.
        clusters: Integer array `(n,)`.

    Returns:
        Float from -0.5 to 1; 0 for a single cluster.

    Raises:
        ValueError: If `clusters` are not as many integers as `graph` has
            rows, or it has no edges.
    """
    clusters = checked_array("clusters", clusters, 1)
    size = len(clusters)
    if getattr(graph, "shape", None) != (size, size) or not graph.sum() > 0:
        raise ValueError(
            "`graph` must be a sparse matrix (n, n) that has edges, "
            "`clusters` (n,). "
            f"Received: a {type(graph).__name__} and {size} clusters"
        )
    member = members_of(clusters)
    between = (member.T @ graph @ member).toarray() / graph.sum()
    return float(np.trace(between) - np.square(between.sum(axis=1)).sum())


def members_of(clusters):
    """Which samples are in which cluster.

    Args:
        clusters: Integer array `(n,)`.

    Returns:
        `scipy.sparse.csr_matrix` of 0 and 1, `(n, k)`, a column for each
        number that occurs, in their order.
    """
    from scipy.sparse import csr_matrix

    found, columns = np.unique(clusters, return_inverse=True)
    rows = np.arange(len(columns))
    ones = np.ones(len(columns))
    return csr_matrix((ones, (rows, columns)), (len(columns), len(found)))
