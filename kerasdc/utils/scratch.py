"""Arrays in memory or, where they are large, in files that end with them."""

import os
import pathlib
import tempfile
import weakref

import numpy as np

from kerasdc.utils.files import check_space
from kerasdc.utils.mapped import PageLimit
from kerasdc.utils.mapped import blocks
from kerasdc.utils.mapped import release

LARGE = 2**28  # bytes, above which arrays are kept on disk
_ROWS_AT_ONCE = 32  # which may be in as many places of a file
FOLDER = "KERASDC_SCRATCH"  # the environment variable that says where


def is_large(shape, dtype):
    """Whether an array of a shape is kept on disk.

    Args:
        shape: Tuple of integers.
        dtype: NumPy dtype, or its name.
    """
    return _num_bytes(shape, dtype) > LARGE


def scratch_array(shape, dtype):
    """A new array; in a file without a name if it is large.

    The file is in the folder that `KERASDC_SCRATCH` names, or in that of
    temporary files, and ends with the array.

    Args:
        shape: Tuple of integers.
        dtype: NumPy dtype, or its name.

    Returns:
        Array, with any values.

    Raises:
        OSError: If the disk has no room for it.
    """
    if not is_large(shape, dtype):
        return np.empty(shape, dtype)
    num_bytes = _num_bytes(shape, dtype)
    _check_room(num_bytes)
    with tempfile.TemporaryFile(dir=scratch_folder()) as file:
        if hasattr(os, "posix_fallocate"):
            # Else a full disk would end the process when it is written to.
            os.posix_fallocate(file.fileno(), 0, num_bytes)
        return np.memmap(file, dtype, "w+", shape=tuple(shape))


def scratch_folder():
    """The folder of such files.

    Returns:
        `pathlib.Path`.

    Raises:
        NotADirectoryError: If `KERASDC_SCRATCH` names no folder.
    """
    folder = pathlib.Path(os.environ.get(FOLDER) or tempfile.gettempdir())
    if not folder.is_dir():
        raise NotADirectoryError(
            f"{FOLDER} must be a folder that exists. Received: {str(folder)!r}"
        )
    return folder


def converted(array, dtype):
    """An array of another dtype, which is not in memory if it is large.

    Args:
        array: Array `(n, ...)`.
        dtype: NumPy dtype, or its name.

    Returns:
        Array of that shape; the same one if it has the dtype.
    """
    if array.dtype == dtype:
        return array
    found = scratch_array(array.shape, dtype)
    if found.ndim == 0:
        return array.astype(dtype)
    with np.errstate(over="ignore"):
        for rows, block in blocks(array):
            found[rows] = block
            release(found)
    return found


def taken(x, rows):
    """Some rows of an array, on disk if they are large.

    Args:
        x: Array `(n, ...)`.
        rows: Integer array `(m,)`, rising.

    Returns:
        Array `(m, ...)`.
    """
    found = scratch_array((len(rows), *x.shape[1:]), x.dtype)
    limit = PageLimit(x, found)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        found[part] = x[rows[part]]
        limit.touch(_ROWS_AT_ONCE)
    return found


def filled(x, parts):
    """One array of what is computed of a sample each, part by part.

    Args:
        x: Array `(n, ...)` of samples, not empty.
        parts: Iterable of arrays `(m, ...)`: outputs of the samples in their
            order.

    Returns:
        Array `(n, ...)`, on disk if it is large.
    """
    found, start = None, 0
    for part in parts:
        if found is None:
            found = scratch_array((len(x), *part.shape[1:]), part.dtype)
            limit = PageLimit(x, found)
        found[start : start + len(part)] = part
        start += len(part)
        limit.touch(len(part))
    return found


class GrowingRows:
    """Rows of which it is not known how many will come."""

    def __init__(self):
        self._parts, self._file = [], None
        self._num_bytes, self._num_rows = 0, 0

    def __len__(self):
        return self._num_rows

    def append(self, part):
        """Adds rows.

        Args:
            part: Array `(m, ...)`, of the shape and dtype of the first one
                but for `m`.

        Raises:
            OSError: If the disk is full.
        """
        self._parts.append(part)
        self._num_rows += len(part)
        self._num_bytes += part.nbytes
        if part.dtype != object and self._num_bytes > LARGE:
            self._write()

    def _write(self):
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=scratch_folder())
            # Of rows that nobody has asked for, because one was refused.
            weakref.finalize(self, self._file.close)
            self._dtype = np.result_type(*self._parts)
        for part in self._parts:
            part = np.ascontiguousarray(part, self._dtype)
            self._file.write(part.reshape(-1).view("uint8").data)
        self._shape, self._parts = self._parts[-1].shape[1:], []
        self._num_bytes = LARGE  # what comes goes to the file at once

    def array(self):
        """All rows.

        Returns:
            Array `(n, ...)`.
        """
        if self._file is None:
            return np.concatenate(self._parts)
        if self._parts:
            self._write()
        self._file.flush()
        shape = (self._num_rows, *self._shape)
        with self._file:
            return np.memmap(self._file, self._dtype, "r", shape=shape)


def _num_bytes(shape, dtype):
    return int(np.prod(shape, dtype="float64")) * np.dtype(dtype).itemsize


def _check_room(num_bytes):
    folder = scratch_folder()
    try:
        check_space(folder, num_bytes)
    except OSError as error:
        words = f"{error.strerror}. Name another folder by {FOLDER}."
        raise OSError(error.errno, words) from error
