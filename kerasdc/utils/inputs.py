"""User data converted to one checked NumPy array."""

import hashlib
import os
import pathlib
import weakref

import keras
import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.array_checks import NUMBER_KINDS
from kerasdc.utils.array_checks import check_finite
from kerasdc.utils.array_checks import check_shape
from kerasdc.utils.array_checks import checked_text
from kerasdc.utils.array_checks import is_bfloat16
from kerasdc.utils.array_checks import is_text
from kerasdc.utils.array_checks import not_real
from kerasdc.utils.array_checks import with_small_dtype
from kerasdc.utils.mapped import blocks
from kerasdc.utils.refusals import not_numeric
from kerasdc.utils.refusals import not_rectangular
from kerasdc.utils.refusals import refuse_missing_texts
from kerasdc.utils.refusals import refuse_paths
from kerasdc.utils.scratch import scratch_array
from kerasdc.utils.streams import collected
from kerasdc.utils.streams import is_array_like
from kerasdc.utils.streams import is_stream
from kerasdc.utils.streams import rows_of_array_like


class Checked(np.ndarray):
    """An array that a model has checked, and that is not checked again.

    `kerasdc.models.EncoderModel.prepare` returns it: a view of the data, not a
    copy. What is computed from it counts as unchecked.

    Attributes:
        prepared_for: Weak reference to the model that has checked it, or
            `None`.
        known_fingerprint: What `fingerprint` returned for it, or `None`.
    """

    def __array_finalize__(self, source):
        self.prepared_for = self.known_fingerprint = None

    @classmethod
    def by(cls, model, array):
        """Marks an array.

        Args:
            model: The model that has checked it.
            array: Array of numbers.

        Returns:
            `Checked`, a view.
        """
        if is_checked_by(model, array):
            return array
        checked = array.view(cls)
        checked.prepared_for = weakref.ref(model)
        return checked


def is_checked_by(model, array):
    """Whether `model` has checked an array.

    Args:
        model: The model.
        array: Array.

    Returns:
        Boolean.
    """
    checked_by = getattr(array, "prepared_for", None)
    return checked_by is not None and checked_by() is model


def to_array(x, sample_shape=None, allow_text=False, allow_labels=False):
    """Turns `x` into a NumPy array that a model can train on.

    Args:
        x: Array, list, pandas frame, SciPy sparse matrix, tensor, path of a
            `.npy`, something that is sliced as an array (of h5py or zarr), or
            batches that can be read again: `tf.data.Dataset`,
            `keras.utils.PyDataset`, a grain loader. A `.npy` and a
            `numpy.memmap` stay on disk; the others are read once, and kept
            on disk if they are large: see `kerasdc.utils.scratch`.
        sample_shape: Optional tuple: the shape that one sample must have.
        allow_text: Boolean. Whether strings are accepted.
        allow_labels: Boolean. Whether a dataset may yield labels with the
            inputs; they are ignored, as in Keras' own `predict`.

    Returns:
        Array `(n, ...)`. Integers keep their dtype (so that uint8 images
        stay small), other numbers become float32. Texts: `(n,)` objects.

    Raises:
        ValueError: If `x` is empty, of the wrong shape, not numeric, holds
            NaN, infinity or missing texts, is a path, or comes with labels.
    """
    if getattr(x, "prepared_for", None) is not None:
        check_shape(x, sample_shape)
        return x
    if _is_array_file(x):
        x = _mapped_file(x)
    refuse_paths(x, allow_text)
    array = _as_numpy(x, sample_shape, allow_labels)
    if array.size == 0 or array.ndim == 0:
        raise ValueError(
            "`x` must hold at least one sample and one feature. "
            f"Received: a {type(x).__name__} of shape {array.shape}"
        )
    if is_text(array) and (allow_text or not hasattr(x, "columns")):
        return checked_text(array, allow_text)
    if array.dtype == object and allow_text:
        refuse_missing_texts(array)
    if array.dtype.kind not in NUMBER_KINDS and not is_bfloat16(array):
        raise not_numeric(x, array)
    array = with_small_dtype(array)
    check_shape(array, sample_shape)
    check_finite(array)
    return array


def _is_array_file(x):
    return isinstance(x, (str, os.PathLike)) and str(x).endswith(".npy")


def _mapped_file(path):
    try:
        return np.load(path, mmap_mode="r")
    except ValueError as error:
        name = pathlib.Path(path).name
        raise ValueError(f"{name} is no array on disk: {error}") from error


def _as_numpy(x, sample_shape=None, allow_labels=False):
    if is_stream(x):
        return collected(x, sample_shape, allow_labels)
    if is_array_like(x):
        return rows_of_array_like(x)
    if hasattr(x, "toarray"):
        return _from_sparse(x)
    if hasattr(x, "to_numpy"):
        return _from_frame(x)
    if hasattr(x, "row_splits"):
        raise not_rectangular(x)
    if keras.ops.is_tensor(x):
        return keras.ops.convert_to_numpy(x)
    if np.ma.is_masked(x):
        raise ValueError(
            "`x` must not have masked values. "
            f"Received: {np.ma.count_masked(x)} masked values"
        )
    if isinstance(x, (list, tuple)) and _has_text(x):
        # NumPy's string dtype would pad every text to the longest one, and
        # make texts of NaN and numbers.
        return np.array(x, dtype=object)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise not_rectangular(x) from error
    return _stacked(array) if array.dtype == object else array


def _has_text(values):
    return any(isinstance(value, (str, bytes)) for value in values)


def _stacked(array):
    """Arrays in an array of objects as one array."""
    if not all(isinstance(value, np.ndarray) for value in array.flat):
        return array
    try:
        return np.stack(array.tolist())
    except ValueError as error:
        raise not_rectangular(array) from error


def _from_sparse(x):
    if x.dtype.kind not in NUMBER_KINDS:
        raise not_real(x.dtype)
    found = scratch_array(x.shape, "float32")
    rows = x.tocsr().astype("float32")
    for place, block in blocks(found):
        rows[place].toarray(out=block)
    return found


def _from_frame(x):
    array = x.to_numpy()
    dtypes = getattr(x, "dtypes", ())
    dtypes = dtypes if hasattr(dtypes, "__iter__") else (dtypes,)
    kinds = {getattr(dtype, "kind", "O") for dtype in dtypes}
    if array.dtype == object and kinds <= set(NUMBER_KINDS):
        # Booleans and numbers, or columns that allow missing values.
        return x.to_numpy("float32", na_value=np.nan)
    return array


def fingerprint(x):
    """Identifies an array by its content.

    Args:
        x: Array.

    Returns:
        Tuple of SHA-256 and shape: equal for equal arrays.
    """
    known = getattr(x, "known_fingerprint", None)
    if known is not None:
        return known
    digest = hashlib.sha256()
    for _, block in blocks(x):
        digest.update(np.ascontiguousarray(block))
    found = digest.hexdigest(), x.shape
    if isinstance(x, Checked):
        x.known_fingerprint = found
    return found


def evenly_spaced(x, most):
    """At most `most` samples, evenly spaced, beginning with the first.

    Args:
        x: Array `(n, ...)`.
        most: Integer, at least 1, or `None` for all.

    Returns:
        Array: `x` itself, or exactly `most` samples in their order.

    Raises:
        ValueError: If `most` is not such an integer.
    """
    if most is None or checked_count("most", most) >= len(x):
        return x
    rows = np.linspace(0, len(x), most, endpoint=False)
    return x[rows.astype(int)]
