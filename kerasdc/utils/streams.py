"""Data that come in batches: read once, checked, kept in memory or on disk."""

import collections.abc
import math
import warnings

import keras
import numpy as np

from kerasdc.utils.array_checks import NUMBER_KINDS
from kerasdc.utils.array_checks import check_finite
from kerasdc.utils.array_checks import is_bfloat16
from kerasdc.utils.array_checks import with_small_dtype
from kerasdc.utils.mapped import BLOCK
from kerasdc.utils.refusals import reject_labels
from kerasdc.utils.scratch import GrowingRows


def is_stream(x):
    """Whether data come in batches.

    Args:
        x: Data of any form.

    Returns:
        Boolean: `True` of a `PyDataset`, a `tf.data.Dataset` and whatever
        else is no array or list but can be iterated over, such as a grain
        loader.
    """
    if isinstance(x, keras.utils.PyDataset) or hasattr(x, "element_spec"):
        return True
    is_array = any(
        hasattr(x, name)
        for name in ("__array__", "__array_interface__", "shape", "dtype")
    )
    known = (str, bytes, list, tuple, set, frozenset, range)
    if is_array or isinstance(x, (*known, collections.abc.Mapping)):
        return False
    return isinstance(x, collections.abc.Iterable)


def batches_of(x, sample_shape=None, allow_labels=False):
    """Reads a stream once.

    Args:
        x: What `is_stream` says `True` of.
        sample_shape: Optional tuple: the shape that one sample must have.
        allow_labels: Boolean. Whether labels may come with the inputs; they
            are left out.

    Yields:
        Arrays `(m, ...)`: those of numbers are finite, float32 or integers.

    Raises:
        ValueError: If it has no end, yields something else, or labels.
    """
    first, num_rows = None, 0
    # Parts of files say which of them a row is in.
    place = getattr(x, "place_of", None)
    for batch in _raw_batches(x, sample_shape):
        batch = np.asarray(_inputs_of(batch, allow_labels))
        first = batch.shape[1:] if first is None else first
        if batch.ndim == 0 or batch.shape[1:] != first:
            raise ValueError(
                "A dataset must yield batches of samples of one shape. "
                f"Received: a batch of shape {batch.shape} after {num_rows} "
                f"samples of shape {first}"
            )
        if batch.dtype.kind in NUMBER_KINDS or is_bfloat16(batch):
            batch = with_small_dtype(batch)
            check_finite(batch, first_row=num_rows, place=place)
        yield batch
        num_rows += len(batch)


def collected(x, sample_shape=None, allow_labels=False):
    """All that a stream yields, as one array.

    Args:
        x, sample_shape, allow_labels: As in `batches_of`.

    Returns:
        Array `(n, ...)`, on disk if it is large.

    Raises:
        ValueError: As `batches_of`.

    Warns:
        UserWarning: If it yields other samples when it is read again.
    """
    rows, first = GrowingRows(), None
    for batch in batches_of(x, sample_shape, allow_labels):
        first = batch if first is None else first
        if len(batch):
            rows.append(batch)
    if len(rows) == 0:
        return np.empty((0, 0))
    if not isinstance(x, keras.utils.PyDataset):
        _warn_of_change(x, first)
    return rows.array()


def _warn_of_change(x, first):
    """Warns if the first batch is another one now."""
    again = np.asarray(_inputs_of(next(iter(x)), True))
    if again.shape == first.shape and _equal(again, first):
        return
    row = 0
    if again.shape[1:] == first.shape[1:]:
        pairs = zip(again, first, strict=False)
        row = next((i for i, p in enumerate(pairs) if not _equal(*p)), 0)
    warnings.warn(
        "The dataset yields other samples, or another order of them, when it "
        "is read again, so that what `assign` returns for it belongs to "
        "another order than this. Read it without shuffling, such as by "
        f"`shuffle=False`. Received: another sample in row {row}",
        stacklevel=5,
    )


def _equal(a, b):
    if a.dtype.kind not in NUMBER_KINDS:
        return bool(np.all(a == b))
    return np.array_equal(with_small_dtype(a), b)


def _raw_batches(x, sample_shape):
    if isinstance(x, keras.utils.PyDataset):
        _reject_infinite(x, x.num_batches is None)
        return (x[i] for i in range(x.num_batches))
    if hasattr(x, "element_spec"):
        _reject_infinite(x, int(x.cardinality()) == -1)
        _reject_single_samples(x, sample_shape)
        return x.as_numpy_iterator()
    if isinstance(x, collections.abc.Iterator):
        raise ValueError(
            "`x` must be data that can be read again, such as a dataset or a "
            "list, not an iterator that is used up. "
            f"Received: a {type(x).__name__}"
        )
    return iter(x)


def _reject_single_samples(dataset, sample_shape):
    """Raises if elements seem to be single samples instead of batches.

    Batches have an unknown length, unless the last one is dropped; then the
    shape of a sample must be known to tell.
    """
    spec = _first_of(dataset.element_spec)
    shape = getattr(spec, "shape", None)
    if not shape or shape[0] is None or spec.dtype.name == "string":
        return
    if int(dataset.cardinality()) == 1:  # all data at once
        return
    if sample_shape is None or tuple(shape[1:]) != tuple(sample_shape):
        raise ValueError(
            "A dataset must yield batches of samples: end it with "
            "`.batch(256)`, without `drop_remainder`, which makes batches "
            "look like samples. "
            f"Received: elements of shape {tuple(shape)}"
        )


def _first_of(element):
    return element[0] if isinstance(element, (tuple, list)) else element


def _inputs_of(batch, allow_labels):
    if not isinstance(batch, (tuple, list)):
        return batch
    if len(batch) > 1 and not allow_labels:
        reject_labels(batch[1])
    return batch[0]


def _reject_infinite(x, infinite):
    if infinite:
        raise ValueError(
            "A dataset must be finite, because all of it is read before "
            "training: remove `.repeat()`. "
            f"Received: an infinite {type(x).__name__}"
        )


def rows_of_array_like(x):
    """An array of something that has a shape and is read by slices.

    Args:
        x: Such as a dataset of h5py or zarr.

    Returns:
        Array `(n, ...)`, on disk if it is large.
    """
    num_bytes = math.prod(x.shape[1:]) * np.dtype(x.dtype).itemsize
    length = max(1, BLOCK // max(1, num_bytes))
    rows = GrowingRows()
    for start in range(0, x.shape[0], length):
        rows.append(np.asarray(x[start : start + length]))
    return rows.array()


def is_array_like(x):
    """Whether something has a shape and is read by slices, but is no array.

    Args:
        x: Data of any form.
    """
    if isinstance(x, np.ndarray) or keras.ops.is_tensor(x):
        return False
    names = ("shape", "dtype", "__getitem__")
    has_them = all(hasattr(x, name) for name in names)
    is_frame = hasattr(x, "to_numpy") or hasattr(x, "toarray")
    return has_them and not is_frame and len(x.shape) > 0
