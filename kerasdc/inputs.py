"""What users pass as data, turned into one checked NumPy array."""

import keras
import numpy as np

_TEXT_KINDS = "UST"  # NumPy's codes of the string dtypes


def to_array(x, sample_shape=None, allow_text=False):
    """Turns `x` into a NumPy array that a model can train on.

    Args:
        x: Array, list, pandas frame, SciPy sparse matrix, tensor,
            `tf.data.Dataset` or `keras.utils.PyDataset` (these two are read
            once, into memory; they must yield inputs only).
        sample_shape: Optional tuple: the shape that one sample must have.
        allow_text: Boolean. Whether strings are accepted.

    Returns:
        Array `(n, ...)`. Integers keep their dtype (so that uint8 images
        stay small), other numbers become float32, strings objects.

    Raises:
        ValueError: If `x` is empty, of the wrong shape, not numeric, holds
            NaN or infinity, or comes with labels.
    """
    array = _as_numpy(x)
    if array.ndim == 0 or len(array) == 0:
        raise ValueError(
            "`x` must hold at least one sample. "
            f"Received: x of shape {array.shape}"
        )
    array = _with_numeric_or_text_dtype(array, allow_text)
    if array.dtype != object:
        _check_shape(array, sample_shape)
        _check_finite(array)
    return array


def reject_labels(y):
    """Raises if labels were passed to a method that trains.

    Args:
        y: What the caller passed as `y`.

    Raises:
        ValueError: If `y` is not `None`.
    """
    if y is not None:
        raise ValueError(
            "Clustering never trains on labels. To see how well clusters "
            "agree with them, pass "
            "`callbacks=[kerasdc.ClusteringMetrics(x, y)]`. "
            f"Received: y of type {type(y).__name__}"
        )


def _as_numpy(x):
    if isinstance(x, keras.utils.PyDataset):
        return _concatenate(x[i] for i in range(len(x)))
    if hasattr(x, "element_spec"):
        return _concatenate(x.as_numpy_iterator())
    if hasattr(x, "toarray"):
        return x.astype("float32").toarray()
    if hasattr(x, "to_numpy"):
        return x.to_numpy()
    if keras.ops.is_tensor(x):
        return keras.ops.convert_to_numpy(x)
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(
            "`x` must be rectangular: every sample of the same shape. "
            f"Received: a {type(x).__name__} that is not"
        ) from error


def _concatenate(batches):
    parts = [np.asarray(_inputs_of(batch)) for batch in batches]
    return np.concatenate(parts) if parts else np.empty((0, 0))


def _inputs_of(batch):
    if not isinstance(batch, (tuple, list)):
        return batch
    if len(batch) > 1:
        reject_labels(batch[1])
    return batch[0]


def _with_numeric_or_text_dtype(array, allow_text):
    if array.dtype == object and array.ndim == 1:
        if all(isinstance(value, (str, bytes)) for value in array):
            array = array.astype(str)
    if array.dtype.kind in _TEXT_KINDS:
        if not allow_text:
            raise ValueError(
                "`x` must be numeric: this model has no preprocessor for "
                "texts (see `kerasdc.layers.TfIdf`). "
                f"Received: x of dtype {array.dtype}"
            )
        return array.astype(object)
    if array.dtype == bool:
        return array.astype("uint8")
    if not np.issubdtype(array.dtype, np.number) or array.dtype.kind == "c":
        raise ValueError(
            f"`x` must hold real numbers. Received: x of dtype {array.dtype}"
        )
    if np.issubdtype(array.dtype, np.floating):
        return _to_float32(array)
    return array


def _to_float32(array):
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype="float32")


def _check_shape(array, sample_shape):
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


def _check_finite(array, block=4096):
    if array.dtype.kind != "f":
        return
    for start in range(0, len(array), block):
        finite = np.isfinite(array[start : start + block])
        if not finite.all():
            row = start + int(np.argwhere(~finite)[0][0])
            raise ValueError(
                "`x` must be finite: no NaN, no infinity, nothing above "
                f"float32's range. Received: {array[row].ravel()[:5]}... in "
                f"row {row}"
            )
