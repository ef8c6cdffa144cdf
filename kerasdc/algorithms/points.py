"""Checks of points to be clustered."""

import contextlib
import math

import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import to_array

LARGEST = 1e15  # the squares of larger numbers overflow in float32


def checked_points(z, num_clusters, dim=None):
    """Converts and checks points to be clustered.

    Args:
        z: Array `(n, dim)`, or what `kerasdc.utils.inputs.to_array` takes.
        num_clusters: Integer.
        dim: Integer, or `None` for any.

    Returns:
        Float32 array `(n, dim)`.

    Raises:
        ValueError: As `check_points`, or if they are not real numbers.
    """
    if isinstance(z, (list, tuple)):
        with contextlib.suppress(ValueError):  # rows of different lengths
            z = np.asarray(z)
    num_clusters = checked_count("num_clusters", num_clusters)
    is_plain = type(z) is np.ndarray and z.dtype.kind in "buif"
    with np.errstate(over="ignore"):  # `check_points` finds infinity
        z = np.asarray(z if is_plain else _converted(z), "float32")
    check_points(z, num_clusters, dim)
    return z


def _converted(z):
    try:
        return to_array(z)
    except ValueError as error:
        raise ValueError(f"`z` must hold points (n, dim): {error}") from error


def check_points(z, num_clusters, dim=None):
    """Raises unless `z` holds points to be clustered.

    Args:
        z: Array, expected to be `(n, dim)`.
        num_clusters: Integer.
        dim: Integer, or `None` for any.

    Raises:
        ValueError: If `z` has another shape, is not finite, or holds fewer
            distinct points than `num_clusters`.
    """
    if z.ndim != 2 or z.size == 0 or dim not in (None, z.shape[1]):
        raise ValueError(
            f"`z` must have shape (n, {dim or 'dim'}), and not be empty. "
            f"Received: z of shape {z.shape}"
        )
    if not np.isfinite(z).all():
        raise ValueError(
            "`z` must be finite. "
            f"Received: {np.count_nonzero(~np.isfinite(z))} NaN or infinite"
        )
    size = max(-float(z.min()), float(z.max()))
    if size > LARGEST:
        raise ValueError(
            f"`z` must not hold numbers above {LARGEST:g}, whose squares "
            "overflow in float32: scale the data, for example by "
            f"`kerasdc.layers.Scaling`. Received: z with {size:g}"
        )
    check_distinct(z, num_clusters)


def check_distinct(x, num_clusters):
    """Raises if there are fewer distinct samples than clusters.

    Args:
        x: Array `(n, ...)`, or texts as objects `(n,)`.
        num_clusters: Integer.

    Raises:
        ValueError: If there are fewer.
    """
    distinct = num_distinct(x, num_clusters)
    if distinct < num_clusters:
        raise ValueError(
            "There must be at least as many distinct samples as clusters, "
            "`num_clusters`. "
            f"Received: {len(x)} samples, {distinct} of them distinct, "
            f"num_clusters={num_clusters}"
        )


def too_close(z, num_found, num_clusters):
    """The error if float32 cannot distinguish enough points.

    Args:
        z: Array `(n, dim)`.
        num_found: Integer, number of distinct centers or pieces found.
        num_clusters: Integer.

    Returns:
        `ValueError`.
    """
    return ValueError(
        "Most points of `z` are too close to each other, compared with their "
        "distance to the others, for so many clusters. "
        f"Received: {len(z)} points, {num_found} distinguishable groups, "
        f"num_clusters={num_clusters}"
    )


def num_distinct(x, enough):
    """Number of distinct samples, counted up to about `enough`.

    Args:
        x: Array `(n, ...)`, or texts as objects `(n,)`.
        enough: Integer at which counting may stop.

    Returns:
        Integer; exact if it is below `enough`.
    """
    if x.dtype == object:
        return len(set(x))
    rows = x.reshape(len(x), math.prod(x.shape[1:]))
    seen = rows[:0]
    # Usually the first block has enough.
    for start in range(0, len(rows), 10 * enough):
        block = rows[start : start + 10 * enough]
        seen = np.unique(np.concatenate([seen, block]), axis=0)
        if len(seen) >= enough:
            break
    return len(seen)
