"""Where outputs go that come part by part: arrays and files."""

import os

import numpy as np

from kerasdc.utils.files import local_path
from kerasdc.utils.files import temporary_beside
from kerasdc.utils.mapped import PageLimit
from kerasdc.utils.scratch import GrowingRows

_HEADER = 128  # bytes of a .npy before its numbers


def sink_of(out, name):
    """What takes outputs part by part, as a context.

    Entered, it has a method `write` of one array `(m, ...)` and, for a
    `.parquet`, further columns by their names; left without an error, it has
    a `result`; left by one, it leaves no file behind.

    Args:
        out: Path that ends in `.npy` or `.parquet`, an array of as many rows
            as will come, or `None`.
        name: String, of the column of a `.parquet`.

    Returns:
        The sink. Its `result` is `out`, or an array if that is `None`.

    Raises:
        ValueError: If `out` is anything else.
        ImportError: If pyarrow is missing and needed.
    """
    if out is None:
        return _Rows()
    if isinstance(out, np.ndarray):
        return _Filled(out)
    path = local_path("out", out)
    kinds = {".npy": _ArrayFile, ".parquet": _ParquetFile}
    if path.suffix not in kinds:
        raise ValueError(
            "`out` must be an array, or a path that ends in .npy or "
            f".parquet. Received: out={str(path)!r}"
        )
    return kinds[path.suffix](path, name)


class _Rows:
    """Keeps the parts."""

    def __init__(self):
        self._rows = GrowingRows()
        self.write = self._rows.append

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.result = self._rows.array()


class _Filled:
    """Writes into an array of the caller's."""

    def __init__(self, array):
        self.result, self._filled = array, 0
        self._limit = PageLimit(array)

    def __enter__(self):
        return self

    def write(self, part):
        stop = self._filled + len(part)
        fits = self.result.shape[1:] == part.shape[1:]
        if not fits or stop > len(self.result):
            raise ValueError(
                "`out` must have a row for each sample, of the outputs' "
                f"shape {part.shape[1:]}. Received: out of shape "
                f"{self.result.shape}, and at least {stop} samples"
            )
        self.result[self._filled : stop] = part
        self._filled = stop
        self._limit.touch(len(part))

    def __exit__(self, kind, error, trace):
        if kind is None and self._filled < len(self.result):
            raise ValueError(
                "`out` must have a row for each sample. Received: out of "
                f"{len(self.result)} rows, {self._filled} samples"
            )


class _File:
    """A file that has its name when it is complete."""

    def __init__(self, path, name):
        if not path.parent.is_dir():
            raise FileNotFoundError(
                f"The folder of `out` must exist. Received: out={str(path)!r}"
            )
        self.result, self._name = path, name
        self._temporary = temporary_beside(path)
        self._file = None

    def __enter__(self):
        return self

    def write(self, part, **columns):
        if self._file is None:
            self._file = self._opened(part, **columns)
        self._append(part, **columns)

    def __exit__(self, kind, error, trace):
        try:
            if self._file is not None:
                self._finish(complete=kind is None)
            if kind is None:
                if self._file is None:
                    self._write_nothing()
                os.replace(self._temporary, self.result)
        finally:
            self._temporary.unlink(missing_ok=True)


class _ArrayFile(_File):
    """A .npy, whose header is written when the number of rows is known."""

    def _opened(self, part):
        self._shape, self._dtype = part.shape[1:], part.dtype
        self._num_rows = 0
        file = self._temporary.open("wb")
        file.write(bytes(_HEADER))
        return file

    def _append(self, part):
        part = np.ascontiguousarray(part, self._dtype)
        self._file.write(part.reshape(-1).view("uint8").data)
        self._num_rows += len(part)

    def _write_nothing(self):
        with self._temporary.open("wb") as file:
            np.save(file, np.empty(0))

    def _finish(self, complete):
        with self._file as file:
            if not complete:
                return
            shape = (self._num_rows, *self._shape)
            descr = np.lib.format.dtype_to_descr(self._dtype)
            header = {"descr": descr, "fortran_order": False, "shape": shape}
            text = repr(header).encode("latin1")
            magic = np.lib.format.magic(1, 0)
            length = _HEADER - len(magic) - 2
            file.seek(0)
            file.write(magic + length.to_bytes(2, "little"))
            file.write(text.ljust(length - 1) + b"\n")


class _ParquetFile(_File):
    """A column of numbers, or of lists of equally many; others before it."""

    def _opened(self, part, **columns):
        from pyarrow import parquet

        schema = self._table(part, **columns).schema
        return parquet.ParquetWriter(self._temporary, schema)

    def _append(self, part, **columns):
        self._file.write_table(self._table(part, **columns))

    def _write_nothing(self):
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.table({self._name: []}), self._temporary)

    def _table(self, part, **columns):
        import pyarrow

        values = pyarrow.array(np.ascontiguousarray(part).reshape(-1))
        if part.ndim > 1:
            width = int(np.prod(part.shape[1:]))
            values = pyarrow.FixedSizeListArray.from_arrays(values, width)
        return pyarrow.table({**columns, self._name: values})

    def _finish(self, complete):
        self._file.close()
