"""The fuzzy graph of nearest neighbors, as in UMAP."""

import numpy as np

from kerasdc.algorithms.affinities import centered
from kerasdc.algorithms.approximate_neighbors import approximate_neighbors
from kerasdc.algorithms.approximate_neighbors import is_approximate
from kerasdc.algorithms.projected_neighbors import first_of_each
from kerasdc.algorithms.projected_neighbors import must_project
from kerasdc.algorithms.projected_neighbors import nearest_rows
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.array_checks import checked_array

_NUM_HALVINGS = 60
_LEAST_WIDTH = 1e-3  # of the mean distance to a neighbor


def fuzzy_neighbor_graph(x, num_neighbors=10):
    """How surely samples are neighbors, from 0 to 1.

    Sample i has the edge to its neighbor j at distance d with the probability
    `exp(-max(0, d - rho_i) / sigma_i)`, where rho_i is the distance to the
    nearest neighbor and sigma_i such that those of its k edges sum to log2(k).
    The graph has an edge where at least one of its two ends has it: the fuzzy
    union `a + b - ab`.

    Reference:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426), UMAP: Uniform
      Manifold Approximation and Projection, section 3.1.

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        num_neighbors: Integer, at least 1, neighbors of each sample beside
            itself. With fewer others, all of them are used.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)` of float64, symmetric, with nothing
        on the diagonal.

    Raises:
        ValueError: If `num_neighbors` is less than 1, there is only one
            sample, or `x` is not finite.
    """
    return fuzzy_union(*_checked_nearest(x, num_neighbors))


def fuzzy_union(distances, indices):
    """The fuzzy graph of neighbors that were found; see above.

    Args:
        distances: Array `(n, k)`, of every sample to its k neighbors.
        indices: Integer array `(n, k)`, which ones they are.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)`, as `fuzzy_neighbor_graph`.
    """
    graph = _with_edges(membership_strengths(distances), indices)
    union = (graph + graph.T - graph.multiply(graph.T)).tocsr()
    union.eliminate_zeros()
    return union


def membership_strengths(distances):
    """Probabilities of the edges from samples to their neighbors.

    Args:
        distances: Array `(n, k)`, of every sample to its k neighbors.

    Returns:
        Float64 array `(n, k)`. Rows sum to log2(k), unless more neighbors
        than that are as near as the nearest one.
    """
    distances = checked_array("distances", distances, 2).astype("float64")
    others = np.where(distances > 0, distances, np.inf)  # not its duplicates
    nearest = others.min(axis=1, keepdims=True)
    excess = np.maximum(distances - nearest, 0)
    mean = distances.mean(axis=1, keepdims=True)
    target = np.log2(distances.shape[1])
    width = _widths(excess, target, np.where(mean > 0, mean, 1))
    return np.exp(-excess / width)


def _widths(excess, target, unit):
    """Finds sigma of all rows by bisection, in units of the mean distance."""
    low, high = np.zeros((2, len(excess), 1))
    high += np.inf
    width = np.ones((len(excess), 1))
    for _ in range(_NUM_HALVINGS):
        total = np.exp(-excess / (width * unit)).sum(axis=1, keepdims=True)
        too_wide = total > target
        high = np.where(too_wide, width, high)
        low = np.where(too_wide, low, width)
        width = np.where(np.isinf(high), 2 * width, (low + high) / 2)
        width = np.maximum(width, _LEAST_WIDTH)
    return width * unit


def _checked_nearest(x, num_neighbors):
    x = checked_array("x", x)
    k = checked_count("num_neighbors", num_neighbors)
    if len(x) < 2:
        raise ValueError(
            "`x` must hold at least 2 samples. Received: 1 samples"
        )
    return _nearest(centered(x, "float32"), min(k, len(x) - 1))


def _nearest(x, k):
    """Distances `(n, k)` and indices of the k nearest others."""
    if is_approximate(x):
        return approximate_neighbors(x, k)
    if must_project(x):
        return first_of_each(*nearest_rows(x, x, k + 1), k)
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k)  # by a tree in few dimensions
    # Without arguments, a sample is not its own neighbor.
    indices = search.fit(x).kneighbors(return_distance=False)
    # The search's own distances are inexact where they are small: duplicates
    # would not be at distance 0.
    columns = [np.linalg.norm(x - x[column], axis=1) for column in indices.T]
    return np.stack(columns, axis=1), indices


def gaussian_neighbor_graph(x, num_neighbors=20, width=1.0):
    """Edges from samples to their neighbors, by a Gaussian of the distance.

    `W_ij = exp(-d_ij^2 / s)` for the k neighbors j of i, with `s` the mean
    squared distance to neighbors, times `width`.

    Reference:

    - [Zhang et al., 2012](https://arxiv.org/abs/1208.5092), equation (1).

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        num_neighbors: Integer, at least 1. With fewer others, all of them
            are used.
        width: Float above 0.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)` of float64, not symmetric.

    Raises:
        ValueError: As `fuzzy_neighbor_graph`, or if `width` is not above 0.
    """
    width = checked_number("width", width, above=True)
    distances, indices = _checked_nearest(x, num_neighbors)
    squares = np.square(distances, dtype="float64")
    scale = width * squares.mean() or 1.0
    # Where all underflows there would be no edge.
    return _with_edges(np.maximum(np.exp(-squares / scale), 1e-30), indices)


def _with_edges(weights, indices):
    """The sparse matrix of weights `(n, k)` of edges to `indices`."""
    from scipy import sparse

    size, k = indices.shape
    starts = np.arange(size + 1) * k
    return sparse.csr_matrix(
        (weights.ravel(), indices.ravel(), starts), (size, size)
    )


def similarity_curve(min_dist=0.0):
    """The parameters a and b of UMAP's curve `1 / (1 + a d^(2b))`.

    The curve is fitted to 1 up to the distance `min_dist`, and from there to
    `exp(min_dist - d)`: distances in an embedding are in units of that fall.

    Reference:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426), definition 11.

    Args:
        min_dist: Float from 0 to 2, the distance up to which neighbors count
            as one.

    Returns:
        Tuple of floats `(a, b)`.

    Raises:
        ValueError: If `min_dist` is out of its range.
    """
    from scipy.optimize import curve_fit

    min_dist = checked_number("min_dist", min_dist, 0, 2)
    distances = np.linspace(0.01, 3, 300)  # at 0 every curve is 1
    wanted = np.exp(-np.maximum(distances - min_dist, 0))

    def curve(d, a, b):
        return 1 / (1 + a * d ** (2 * b))

    (a, b), _ = curve_fit(curve, distances, wanted)
    return float(a), float(b)
