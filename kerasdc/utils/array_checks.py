"""Checks of the dtype, shape and values of one array."""

import numpy as np

from kerasdc.utils.arguments import shown
from kerasdc.utils.mapped import blocks
from kerasdc.utils.mapped import extremes
from kerasdc.utils.scratch import converted

NUMBER_KINDS = "buif"  # NumPy's codes of the dtypes of real numbers
_TEXT_KINDS = "UST"
_HIGHEST = float(np.finfo("float32").max)


def is_text(array):
    """Whether an array holds strings.

    Args:
        array: Array.
    """
    if array.dtype == object:
        return all(isinstance(value, (str, bytes)) for value in array.flat)
    return array.dtype.kind in _TEXT_KINDS


def is_bfloat16(array):
    """Whether an array is of this dtype, which is not one of NumPy's own.

    Args:
        array: Array.
    """
    return array.dtype.name == "bfloat16"


def checked_text(array, allow_text):
    """Texts `(n,)` as objects, or raises.

    Args:
        array: Array of strings.
        allow_text: Boolean.

    Raises:
        ValueError: If texts are not allowed, or not `(n,)` or `(n, 1)`.
    """
    if not allow_text:
        raise ValueError(
            "`x` must be numeric: this model has no preprocessor for "
            "texts (see `kerasdc.layers.TfIdf`). Images must be read first, "
            "for example by `keras.utils.image_dataset_from_directory`. "
            f"Received: x of dtype {array.dtype}"
        )
    if array.size != len(array):
        raise ValueError(
            "Texts must have shape (n,) or (n, 1). "
            f"Received: x of shape {array.shape}"
        )
    return array.reshape(-1).astype(object)


def with_small_dtype(array):
    """Converts booleans to uint8 and floats to float32.

    Args:
        array: Array.

    Raises:
        ValueError: If it does not hold real numbers.
    """
    if is_bfloat16(array):
        return converted(array, "float32")
    if array.dtype.kind not in NUMBER_KINDS:
        raise not_real(array.dtype)
    if array.dtype == bool:
        return converted(array, "uint8")
    if array.dtype.kind == "f":
        return converted(np.asarray(array), "float32")
    return np.asarray(array)


def check_shape(array, sample_shape):
    """Raises `ValueError` unless an array holds samples of a shape.

    Args:
        array: Array.
        sample_shape: Tuple, or `None` for any.
    """
    if array.ndim < 2:
        raise ValueError(
            "`x` must have a batch axis and at least one axis of features; "
            "one sample is `x[None]`. "
            f"Received: x of shape {array.shape}"
        )
    if sample_shape is not None and array.shape[1:] != tuple(sample_shape):
        raise ValueError(
            f"`x` must have shape (n, {_commas(sample_shape)}); one sample "
            f"is `x[None]`. Received: x of shape {array.shape}"
        )


def _commas(shape):
    return ", ".join(str(size) for size in shape)


def check_finite(array, first_row=0, place=None):
    """Raises `ValueError` if an array holds NaN or infinity.

    Args:
        array: Array, looked at by blocks.
        first_row: Integer, the number of its first row.
        place: Optional function from a row's number to words that say where
            it is.
    """
    if array.dtype.kind != "f":
        return
    for rows, block in blocks(array):
        finite = np.isfinite(block)
        if not finite.all():
            where = tuple(np.argwhere(~finite)[0])
            row = first_row + rows.start + int(where[0])
            raise ValueError(
                "`x` must be finite: no NaN, no infinity, nothing above "
                f"float32's range. Received: {block[where]} in "
                f"{f'row {row}' if place is None else place(row)}"
            )


def checked_array(name, value, ndim=None):
    """A finite array of real numbers, or raises.

    Args:
        name: String, the argument's name.
        value: Array, list, tensor or frame.
        ndim: Integer, the number of axes, or `None` for any above 0.

    Returns:
        Array, of the dtype that it has.

    Raises:
        ValueError: If it does not hold real numbers, is empty, has another
            number of axes, or holds NaN, infinity or a number above
            float32's range.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, object)
    if array.dtype.kind not in NUMBER_KINDS and not is_bfloat16(array):
        raise ValueError(
            f"`{name}` must hold real numbers. Received: {name}={shown(value)}"
        )
    if array.size == 0 or array.ndim == 0 or ndim not in (None, array.ndim):
        axes = "at least one axis" if ndim is None else f"{ndim} axes"
        raise ValueError(
            f"`{name}` must have {axes}, none of them empty. "
            f"Received: {name} of shape {array.shape}"
        )
    # Of NaN, both are NaN.
    lowest, highest = map(float, extremes(array))
    if not -_HIGHEST <= lowest <= highest <= _HIGHEST:
        raise ValueError(
            f"`{name}` must be finite: no NaN, no infinity, nothing above "
            f"float32's range. Received: {name} from {lowest} to {highest}"
        )
    return array


def rescaled(x, smallest=1e-9, largest=1e9):
    """Divides by a power of 2 if squares would overflow or underflow.

    The division is exact.

    Args:
        x: Finite array of floats.
        smallest, largest: Floats: if the largest entry is between them, or
            0, nothing is changed.

    Returns:
        Tuple of the array and the power of 2.
    """
    lowest, highest = map(float, extremes(x))
    most = max(-lowest, highest)
    if most == 0 or smallest <= most <= largest:
        return x, 1.0
    unit = 2.0 ** np.floor(np.log2(most))
    return (x / unit).astype(x.dtype), unit


def not_real(dtype):
    """The error for data that are not real numbers.

    Args:
        dtype: The data's dtype.

    Returns:
        `ValueError`.
    """
    return ValueError(
        f"`x` must hold real numbers. Received: x of dtype {dtype}"
    )


def checked_clusters(name, clusters, num_samples, num_clusters):
    """A cluster for each sample, or raises.

    Args:
        name: String, what the caller calls it.
        clusters: What the caller passed.
        num_samples: Integer.
        num_clusters: Integer.

    Returns:
        Integer array `(num_samples,)`.

    Raises:
        ValueError: If it is no such array, or a cluster is not from 0 to
            `num_clusters - 1`.
    """
    clusters = checked_array(name, clusters)
    if (
        clusters.shape != (num_samples,)
        or clusters.dtype.kind not in "iu"
        or not 0 <= clusters.min() <= clusters.max() < num_clusters
    ):
        raise ValueError(
            f"`{name}` must be integers from 0 to {num_clusters - 1}, of shape "
            f"({num_samples},). Received: {clusters.dtype} of shape "
            f"{clusters.shape}"
        )
    return clusters


def requested_clusters(cluster, num, num_clusters):
    """Clusters to draw samples of, or raises.

    Args:
        cluster: What the caller passed: an integer, or one for each sample.
        num: Integer, of samples.
        num_clusters: Integer.

    Returns:
        Integer array `(num,)`.

    Raises:
        ValueError: If it is none of these, or a cluster does not exist.
    """
    try:
        clusters = np.asarray(cluster)
    except ValueError:  # of different lengths
        clusters = np.empty(0)
    if clusters.dtype.kind not in "iu" or clusters.shape not in ((), (num,)):
        raise ValueError(
            "`cluster` must be None, an integer or integers of shape (num,). "
            f"Received: cluster={shown(cluster)}"
        )
    if clusters.min() < 0 or clusters.max() >= num_clusters:
        raise ValueError(
            f"`cluster` must be from 0 to {num_clusters - 1}. "
            f"Received: cluster={shown(cluster)}"
        )
    return np.broadcast_to(clusters, (num,))
