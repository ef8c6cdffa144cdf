"""Gaussian affinities of samples, with a given perplexity."""

import numpy as np

from kerasdc.algorithms.approximate_neighbors import approximate_neighbors
from kerasdc.algorithms.approximate_neighbors import is_approximate
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import shown
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled
from kerasdc.utils.mapped import blocks
from kerasdc.utils.mapped import release

_NUM_HALVINGS = 60


def joint_affinities(x, perplexity=30.0):
    """Joint probabilities of all ordered pairs of samples, as in t-SNE.

    `p_ij = (p_j|i + p_i|j) / 2n`, where `p_j|i` is a Gaussian around sample i
    whose width is chosen so that its perplexity is `perplexity`.

    Reference:

    - [van der Maaten and Hinton, 2008](https://www.jmlr.org/papers/v9/vandermaaten08a.html),
      Visualizing Data using t-SNE, section 3.1.

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        perplexity: Float from 1 to a third of the other samples.

    Returns:
        Float32 array `(n, n)`, symmetric, of sum 1, with a diagonal of 0.

    Raises:
        ValueError: If `perplexity` is too low or too high for `n`, or `x`
            is not finite.
    """
    conditional = conditional_affinities(x, perplexity)
    joint = (conditional + conditional.T) / (2 * len(conditional))
    return joint.astype("float32")


def conditional_affinities(x, perplexity=30.0):
    """Gaussian probabilities `p_j|i` of the other samples, given sample i.

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        perplexity: Float from 1 to a third of the other samples.

    Returns:
        Float64 array `(n, n)`: every row sums to 1 and has the perplexity
        (if duplicates allow it); the diagonal is 0.

    Raises:
        ValueError: If `perplexity` is too low or too high for `n`, or `x`
            is not finite.
    """
    x = checked_array("x", x)
    check_perplexity(perplexity, len(x))
    x = centered(x, "float64")
    squares = np.square(x).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * x @ x.T
    others = ~np.eye(len(x), dtype=bool)
    found = _calibrated(
        np.maximum(distances[others], 0).reshape(len(x), -1), perplexity
    )
    affinities = np.zeros(distances.shape)
    affinities[others] = found.ravel()
    return affinities


def neighbor_affinities(x, perplexity=30.0):
    """`joint_affinities` of near neighbors only, for many samples.

    The nearest `3 * perplexity` neighbors of each sample are used; the
    affinities of the others are almost 0.

    Reference:

    - [van der Maaten, 2014](https://www.jmlr.org/papers/v15/vandermaaten14a.html),
      Accelerating t-SNE using Tree-Based Algorithms, section 4.1.

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        perplexity: Float from 1 to a third of the other samples.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)`, symmetric, of sum 1.

    Raises:
        ValueError: If `perplexity` is too low or too high for `n`, or `x`
            is not finite.
    """
    conditional = conditional_neighbor_affinities(x, perplexity)
    num_samples = conditional.shape[0]
    return ((conditional + conditional.T) / (2 * num_samples)).tocsr()


def conditional_neighbor_affinities(x, perplexity=30.0):
    """`conditional_affinities` of near neighbors only.

    Args:
        x, perplexity: As in `neighbor_affinities`.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)`: every row sums to 1 and has the
        perplexity (if duplicates allow it).

    Raises:
        ValueError: As `neighbor_affinities`.
    """
    from scipy import sparse

    x = checked_array("x", x)
    check_perplexity(perplexity, len(x))
    x = centered(x, "float32")
    num_neighbors = checked_count("neighbors", round(3 * perplexity))
    distances, indices = _nearest(x, num_neighbors)
    found = [
        _calibrated(np.square(block, dtype="float64"), perplexity)
        for _, block in blocks(distances)
    ]
    found = np.concatenate(found)
    starts = np.arange(len(x) + 1) * num_neighbors
    return sparse.csr_matrix(
        (found.ravel(), indices.ravel(), starts), (len(x), len(x))
    )


def _nearest(x, k):
    if is_approximate(x):
        return approximate_neighbors(x, k)
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, algorithm="brute")
    # Without arguments, a sample is not its own neighbor.
    return search.fit(x).kneighbors()


def centered(x, dtype):
    """Rows minus their mean, without another copy in float64.

    Affinities do not depend on the scale, which is changed if squares would
    overflow or underflow.

    Args:
        x: Array `(n, ...)` of finite numbers; the axes of a sample are
            flattened.
        dtype: String, a dtype of floats.

    Returns:
        Array `(n, d)` of that dtype.
    """
    x = x.reshape(len(x), -1)
    if x.dtype.kind == "f":
        x, _ = rescaled(x, 1e-30, 1e30)
    mean = x.mean(axis=0, dtype="float64")
    centered = np.empty(x.shape, dtype)
    # Subtracted in float64: rounding first would lose small distances.
    np.subtract(x, mean, out=centered, dtype="float64", casting="unsafe")
    release(x)
    return rescaled(centered)[0]


def _calibrated(squared_distances, perplexity):
    """Rows of Gaussian probabilities; finds all widths by bisection."""
    # The nearest is moved to distance 0, so that no row underflows to 0.
    nearest = squared_distances.min(axis=1, keepdims=True)
    distances = squared_distances - nearest
    low, high = np.zeros((2, len(distances), 1))
    high += np.inf
    mean = distances.mean(axis=1, keepdims=True)
    precision = 1 / np.where(mean > 0, mean, 1)
    for _ in range(_NUM_HALVINGS):
        kernel = np.exp(-precision * distances)
        total = kernel.sum(axis=1, keepdims=True)
        moment = (kernel * distances).sum(axis=1, keepdims=True)
        entropy = np.log(total) + precision * moment / total
        too_wide = entropy > np.log(perplexity)
        low = np.where(too_wide, precision, low)
        high = np.where(too_wide, high, precision)
        middle = (low + np.where(np.isinf(high), 3 * low, high)) / 2
        precision = middle
    kernel = np.exp(-precision * distances)
    return kernel / kernel.sum(axis=1, keepdims=True)


def check_perplexity(perplexity, num_samples):
    """Raises if there are too few samples for a perplexity.

    Args:
        perplexity: Float.
        num_samples: Integer, size of the data or of the smallest batch.

    Raises:
        ValueError: If `perplexity` is below 1 or above a third of the other
            samples.
    """
    highest = (num_samples - 1) / 3
    try:
        inside = checked_number("perplexity", perplexity, 1) <= highest
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(
            "`perplexity` must be from 1 to a third of the other samples, "
            f"here {highest:.4g}. Received: perplexity={shown(perplexity)}, "
            f"{num_samples} samples"
        )
