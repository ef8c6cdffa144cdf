"""Rows of a Parquet file, by batches: features and ids."""

import numpy as np

from kerasdc.datasets.array_files import unreadable
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import shown


def parquet_reader(path):
    """What reads Parquet files, or raises.

    Args:
        path: `pathlib.Path` of a file to be read.

    Returns:
        Tuple of pyarrow's module `parquet` and the errors of files that
        cannot be read.

    Raises:
        ImportError: If pyarrow is missing.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            "A Parquet file is read by the package pyarrow: pip install "
            f"pyarrow. Received: path={str(path)!r}"
        ) from error
    return parquet, (ArrowException, OSError)


def parquet_rows(path, columns, id_column, batch_size):
    """Reads a file batch by batch.

    Args:
        path: `pathlib.Path`.
        columns, id_column, batch_size: As in `kerasdc.datasets.Parts`.

    Yields:
        Tuple of an array `(m, ...)` and the Arrow array of ids, or `None`.

    Raises:
        ImportError: If pyarrow is missing.
        ValueError: If the file cannot be read, or has no such columns.
    """
    parquet, errors = parquet_reader(path)
    try:
        with parquet.ParquetFile(path) as file:
            names = _columns_of(file.schema_arrow, columns, id_column, path)
            wanted = names if id_column is None else [*names, id_column]
            for batch in file.iter_batches(batch_size, columns=wanted):
                if batch.num_rows == 0:
                    continue
                ids = None
                if id_column is not None:
                    ids = batch.column(id_column)
                yield _features(batch, names, path), ids
    except errors as error:
        raise unreadable(path, error) from error


def _columns_of(schema, columns, id_column, path):
    """The names of the columns that are features."""
    for name in [*(columns or []), *([id_column] if id_column else [])]:
        checked_name("columns", name, schema.names, f"column of {path.name}")
    if columns is not None:
        return columns
    fields = [field for field in schema if field.name != id_column]
    names = [field.name for field in fields if _holds(field.type, "numbers")]
    texts = [field.name for field in fields if _holds(field.type, "texts")]
    if not names and len(texts) == 1:
        return texts
    if not names:
        raise ValueError(
            "A part must have columns of numbers, of lists of numbers, or one "
            f"of texts. Received: {shown(schema.names)} in {path.name}"
        )
    return names


def _holds(kind, what):
    from pyarrow import types

    if what == "texts":
        return types.is_string(kind) or types.is_large_string(kind)
    if types.is_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    tests = (types.is_integer, types.is_floating, types.is_boolean)
    return any(test(kind) for test in tests)


def _features(batch, names, path):
    """The columns of a batch of rows, side by side."""
    found = [_values(batch.column(name), name, path) for name in names]
    if found[0].dtype == object:
        return found[0][:, 0]
    return found[0] if len(found) == 1 else np.concatenate(found, axis=1)


def _values(column, name, path):
    from pyarrow import types

    if not (
        types.is_list(column.type) or types.is_fixed_size_list(column.type)
    ):
        return column.to_numpy(zero_copy_only=False).reshape(-1, 1)
    lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
    if len(lengths) != 1 or np.isnan(lengths[0]):
        raise ValueError(
            "Lists of a column must have one length, and none be missing. "
            f"Received: lengths {shown(lengths.tolist())} in column {name!r} "
            f"of {path.name}"
        )
    values = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(column), int(lengths[0]))
