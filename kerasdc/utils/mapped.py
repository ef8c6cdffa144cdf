"""Arrays that are mapped files: read by blocks, and given back to the system.

What is read of a mapped file counts as the process' memory until it is given
back; the system keeps it cached, as long as there is room.
"""

import mmap

import numpy as np

BLOCK = 2**24  # bytes looked at at once
_MOST_TOUCHED = 2**26  # bytes that stay mapped
_PAGES_AROUND = 2**21  # bytes that the system may map when one is read
_SHARED = ("r", "r+", "w+")  # modes in which what is written is in the file


def mapping_of(array):
    """The file in memory that an array is a view of.

    Args:
        array: Array.

    Returns:
        `mmap.mmap`, or `None` if there is none whose pages can be given back.
    """
    mode = None
    while isinstance(array, np.ndarray):
        mode = getattr(array, "mode", mode)
        array = array.base
    is_shared = isinstance(array, mmap.mmap) and mode in _SHARED
    return array if is_shared else None


def is_mapped(array):
    """Whether an array is a view of a file, of whatever mode.

    Args:
        array: Array.
    """
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


def release(*arrays):
    """Gives the pages of mapped arrays back; what they hold stays.

    Args:
        *arrays: Arrays, mapped or not.
    """
    for array in arrays:
        mapping = mapping_of(array)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)


def blocks(x, num_bytes=BLOCK):
    """The rows of an array, block by block; pages of the last are released.

    Args:
        x: Array `(n, ...)`.
        num_bytes: Integer, of a block; at least one row.

    Yields:
        Tuple of the slice of rows and a view of them.
    """
    length = max(1, num_bytes * len(x) // max(x.nbytes, 1))
    for start in range(0, len(x), length):
        rows = slice(start, min(start + length, len(x)))
        yield rows, x[rows]
        release(x)


def extremes(x):
    """The least and the largest number of an array, found by blocks.

    Args:
        x: Array `(n, ...)`, not empty.

    Returns:
        Tuple of two numbers; both are NaN if one is.
    """
    found = [(block.min(), block.max()) for _, block in blocks(x)]
    lowest, highest = zip(*found, strict=True)
    return np.min(lowest), np.max(highest)


class PageLimit:
    """Releases mapped arrays whenever much of them was touched.

    Args:
        *arrays: Arrays, mapped or not.
    """

    def __init__(self, *arrays):
        self._mapped = [a for a in arrays if mapping_of(a) is not None]
        self._bytes_of_row = sum(
            max(a.nbytes // len(a), _PAGES_AROUND) for a in self._mapped
        )
        self._touched = 0

    def touch(self, num_rows):
        """Counts rows that were read or written, wherever they are.

        Args:
            num_rows: Integer.
        """
        if not self._mapped:
            return
        self._touched += num_rows * self._bytes_of_row
        if self._touched > _MOST_TOUCHED:
            release(*self._mapped)
            self._touched = 0
