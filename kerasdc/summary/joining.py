"""A hierarchy of clusters: which two are nearest, again and again."""

import numpy as np


def average_linkage(means, sizes):
    """Average linkage of groups of samples, each at the mean of its group.

    The distance of two clusters is the mean of the distances between all
    pairs of their samples, where every sample counts as its group's mean: a
    large group weighs more.

    Args:
        means: Floats `(k, d)`, finite.
        sizes: Integers `(k,)`, at least 1.

    Returns:
        Floats `(k - 1, 4)` as SciPy's `linkage` returns them: the two that
        are joined, their distance, and the number of groups in both. Groups
        are numbered from 0, what row `i` joins is `k + i`.
    """
    num, weights = len(means), np.array(sizes, "float64")
    distances = _distances(np.asarray(means, "float64"))
    np.fill_diagonal(distances, np.inf)
    numbers, counts = np.arange(num), np.ones(num, int)
    rows = np.zeros((num - 1, 4))
    for step in range(num - 1):
        i, j = np.unravel_index(distances.argmin(), distances.shape)
        pair = sorted((numbers[i], numbers[j]))
        counts[i] += counts[j]
        rows[step] = *pair, distances[i, j], counts[i]
        _join(distances, weights, i, j)
        numbers[i] = num + step
    return rows


def _join(distances, weights, i, j):
    """Puts the mean of rows `i` and `j` into `i`; removes `j`."""
    both = weights[i] + weights[j]
    joined = (weights[i] * distances[i] + weights[j] * distances[j]) / both
    joined[[i, j]] = np.inf
    distances[i], distances[:, i] = joined, joined
    distances[j], distances[:, j] = np.inf, np.inf
    weights[i] = both


def _distances(points):
    squares = [np.square(points - point).sum(axis=1) for point in points]
    return np.sqrt(np.array(squares))
