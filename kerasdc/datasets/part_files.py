"""Rows of many files as one data set that is read part by part."""

import glob
import pathlib
import warnings

import numpy as np

from kerasdc.datasets.array_files import unreadable
from kerasdc.datasets.parquet_rows import parquet_rows
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown
from kerasdc.utils.files import local_path
from kerasdc.utils.mapped import blocks

_SUFFIXES = (".npy", ".parquet")


class Parts:
    """Rows of many files: give it to `fit`, `predict` or `assign` as `x`.

    Nothing but a batch is held in memory. It can be read again and again,
    always in the same order: files by their names, rows as they are.

    Args:
        paths: Folder, pattern such as `"parts/*.parquet"`, or list of paths:
            `.parquet` or `.npy`, all of one kind.
        columns: Optional list of names of a `.parquet`: numbers, or lists of
            equally many numbers, side by side. `None` takes all columns that
            hold these, but `id_column`; or, if there are none, the only one
            that holds texts.
        id_column: Optional string: a column that is not a feature.
        sample_shape: Optional tuple, into which the numbers of a row are put,
            such as `(28, 28)`.
        batch_size: Integer, rows read at once.

    Raises:
        FileNotFoundError: If there are no such files.
        ImportError: If pyarrow is missing, for `.parquet`.
        ValueError: If an argument is not usable.

    Example:

    >>> np.save("part-0.npy", np.ones((5, 3)))
    >>> np.save("part-1.npy", np.zeros((2, 3)))
    >>> [len(rows) for rows in kerasdc.datasets.Parts("part-*.npy")]
    [5, 2]
    """

    def __init__(
        self,
        paths,
        columns=None,
        id_column=None,
        sample_shape=None,
        batch_size=8192,
    ):
        self.paths = _found(paths)
        self.columns = None if columns is None else list(columns)
        self.id_column = id_column
        self.sample_shape = None if sample_shape is None else (*sample_shape,)
        self.batch_size = checked_count("batch_size", batch_size)
        if self.paths[0].suffix == ".npy":
            for name in ("columns", "id_column"):
                if getattr(self, name) is not None:
                    raise ValueError(
                        "A .npy has no columns. "
                        f"Received: {name}={shown(getattr(self, name))}"
                    )
        self._starts = {}  # of each file that was read: its first row

    def shard(self, index, count):
        """Every `count`-th of the files, for one of as many processes.

        Args:
            index: Integer from 0 to `count - 1`.
            count: Integer, at least 1.

        Returns:
            `Parts`.

        Raises:
            ValueError: If there are fewer files than that, or an argument is
                not usable.
        """
        checked_count("count", count)
        if checked_count("index", index, 0) >= count:
            raise ValueError(
                f"`index` must be below `count`. Received: index={index}, "
                f"count={count}"
            )
        if count > len(self.paths):
            raise ValueError(
                "There must be a file for each process. "
                f"Received: {len(self.paths)} files, count={count}"
            )
        return self._of(self.paths[index::count])

    def part(self, path):
        """One of the files.

        Args:
            path: `pathlib.Path`, one of `paths`.

        Returns:
            `Parts`.
        """
        return self._of([path])

    def _of(self, paths):
        return Parts(
            paths,
            self.columns,
            self.id_column,
            self.sample_shape,
            self.batch_size,
        )

    def place_of(self, row):
        """Where a row is, in words.

        Args:
            row: Integer, of all that was read so far.

        Returns:
            String, such as `"row 5 of part-3.parquet"`.
        """
        before = [(n, p) for p, n in self._starts.items() if n <= row]
        start, path = max(before, default=(0, self.paths[0]))
        return f"row {row - start} of {path.name}"

    def __iter__(self):
        return (rows for rows, _ in self.with_ids())

    def with_ids(self):
        """Reads all rows.

        Yields:
            Tuple of an array `(m, ...)` and one of `(m,)` ids, or `None`
            without an `id_column`.

        Raises:
            ValueError: If a file cannot be read, or differs in its columns
                from the first one: its name is in the message.

        Warns:
            UserWarning: If a file holds no rows.
        """
        num_rows, first = 0, None
        for path in self.paths:
            self._starts[path] = num_rows
            num_in_file = 0
            for rows, ids in self._read(path):
                first = (rows.shape[1:], path) if first is None else first
                if rows.shape[1:] != first[0]:
                    raise ValueError(
                        "All parts must have as many columns. Received: "
                        f"rows of shape {first[0]} in {first[1].name}, of "
                        f"{rows.shape[1:]} in {path.name}"
                    )
                yield rows, ids
                num_in_file += len(rows)
            if num_in_file == 0:
                warnings.warn(f"{path.name} holds no rows.", stacklevel=3)
            num_rows += num_in_file

    def _read(self, path):
        if path.suffix == ".npy":
            found = ((rows, None) for rows in _npy_rows(path, self.batch_size))
        else:
            found = parquet_rows(
                path, self.columns, self.id_column, self.batch_size
            )
        for rows, ids in found:
            yield self._shaped(rows, path), ids

    def _shaped(self, rows, path):
        shape = self.sample_shape
        if shape is None or rows.dtype == object or rows.shape[1:] == shape:
            return rows
        if rows[0].size != np.prod(shape):
            raise ValueError(
                f"Rows must have the shape {shape}, or as many numbers. "
                f"Received: rows of shape {rows.shape[1:]} in {path.name}"
            )
        return rows.reshape(len(rows), *shape)


def _found(paths):
    if isinstance(paths, (list, tuple)):
        found = [local_path("paths", path) for path in paths]
    else:
        path = local_path("paths", paths)
        is_folder = path.is_dir()
        pattern = str(path / "*") if is_folder else str(path)
        names = glob.glob(pattern)
        found = sorted(map(pathlib.Path, names), key=str)
        if is_folder:
            found = [path for path in found if path.suffix in _SUFFIXES]
    if not found or not all(path.is_file() for path in found):
        missing = [path for path in found if not path.is_file()]
        raise FileNotFoundError(
            f"There is no such file. Received: {str((missing or [paths])[0])!r}"
        )
    kinds = {path.suffix for path in found}
    if len(kinds) > 1 or not kinds <= set(_SUFFIXES):
        raise ValueError(
            "Parts must all be .npy, or all .parquet. "
            f"Received: {sorted(kinds)}"
        )
    return found


def _npy_rows(path, batch_size):
    try:
        array = np.load(path, mmap_mode="r")
    except (ValueError, OSError) as error:
        raise unreadable(path, error) from error
    if array.ndim == 0 or array.size == 0:
        return
    for _, rows in blocks(array, batch_size * array[:1].nbytes):
        yield np.array(rows)
