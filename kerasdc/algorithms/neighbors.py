"""Nearest neighbors, and distances to them."""

import warnings

import numpy as np

from kerasdc.algorithms.approximate_neighbors import approximate_neighbors
from kerasdc.algorithms.approximate_neighbors import is_approximate
from kerasdc.algorithms.projected_neighbors import NearestRows
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled
from kerasdc.utils.mapped import blocks
from kerasdc.utils.scratch import taken

_QUERIED = 2**22  # bytes of rows whose neighbors are looked for at once


def kth_neighbor_distances(
    x, k=10, max_references=100_000, seed=0, transform=None
):
    """Euclidean distance of every sample to its k-th nearest neighbor.

    Neighbors are searched among all samples or, if there are more than
    `max_references`, among that many drawn at random; `k` is then lowered in
    proportion, so that distances stay about the same.

    Args:
        x: Array `(n, ...)`; the axes of a sample are flattened.
        k: Integer, at least 1. A sample is not its own neighbor. With fewer
            than k others, the farthest one is used.
        max_references: Integer, at least 1.
        seed: Integer, seed of the draw.
        transform: Optional function from some rows of `x` to what is compared
            in their place: all of that need not fit into memory.

    Returns:
        Float32 array `(n,)`.

    Raises:
        ValueError: If `k` or `max_references` is less than 1, or `x` is not
            finite.

    Warns:
        UserWarning: If neighbors are searched among some samples only.
    """
    k = checked_count("k", k)
    max_references = checked_count("max_references", max_references)
    seed = checked_seed(seed)
    x = checked_array("x", x)
    if len(x) == 1:
        return np.zeros(1, "float32")
    rows = np.arange(len(x))
    if len(x) > max_references:
        rows = np.random.default_rng(seed).permutation(rows)[:max_references]
        k = max(round(k * max_references / len(x)), 1)
        warnings.warn(
            f"Neighbors are searched among {max_references:,} of {len(x):,} "
            f"samples, drawn at random: the distance to neighbor {k} among "
            "them is used.",
            stacklevel=2,
        )
    return _distances(x, rows, min(k, len(rows) - 1), transform)


def _multiplied(distances, unit):
    largest = np.finfo("float32").max
    found = np.multiply(distances, unit, dtype="float64")
    return np.minimum(found, largest).astype("float32")


def _distances(x, rows, k, transform):
    def compared(part):
        part = part if transform is None else transform(part)
        return np.asarray(part, "float32").reshape(len(part), -1)

    # Squares must not overflow.
    all_are = len(rows) == len(x)
    references = compared(x if all_are else taken(x, np.sort(rows)))
    references, unit = rescaled(references)
    search = NearestRows(references, len(x))
    if all_are:
        found, _ = search.find(references, k + 1)
    else:
        parts = (compared(part) for _, part in blocks(x, _QUERIED))
        found = [search.find(q / np.float32(unit), k + 1)[0] for q in parts]
        found = np.concatenate(found)
    # The nearest reference of a reference is itself, at distance 0.
    is_reference = np.zeros(len(x), "int64")
    is_reference[rows] = 1
    column = (k - 1 + is_reference)[:, None]
    found = np.take_along_axis(found, column, 1)[:, 0].astype("float32")
    return found if unit == 1 else _multiplied(found, unit)


def cosine_neighbors(x, k=50):
    """The k samples of the most similar direction, for every sample.

    Args:
        x: Array `(n, ...)`, at least 2 samples; the axes of a sample are
            flattened. A row of zeros is equally similar to all others.
        k: Integer, at least 1. A sample is not its own neighbor. With fewer
            than k others, all of them are used.

    Returns:
        Integer array `(n, min(k, n - 1))`, the nearest one first.

    Raises:
        ValueError: If `k` is less than 1, there is only one sample, or `x`
            is not finite.
    """
    from sklearn.neighbors import NearestNeighbors

    k = checked_count("k", k)
    x = np.asarray(checked_array("x", x), "float32")
    if len(x) < 2:
        raise ValueError(
            "`x` must hold at least 2 samples. Received: 1 samples"
        )
    # First to a largest entry of 1, so that squares do not over- or underflow.
    x = x.reshape(len(x), -1)
    x = _divided(x, np.abs(x).max(axis=1, keepdims=True))
    x = _divided(x, np.linalg.norm(x, axis=1, keepdims=True))
    k = min(k, len(x) - 1)
    if is_approximate(x):
        return approximate_neighbors(x, k, "cosine")[1]
    search = NearestNeighbors(n_neighbors=k, algorithm="brute")
    # Without arguments, a sample is not its own neighbor.
    return search.fit(x).kneighbors(return_distance=False)


def _divided(x, sizes):
    return x / np.where(sizes > 0, sizes, 1)
