"""Columns of a table as one matrix without anything missing."""

import dataclasses

import numpy as np

from kerasdc.datasets.columns import Place
from kerasdc.utils.arguments import shown

_MOST_CATEGORIES = 20
_HIGHEST = float(np.finfo("float32").max)


def as_matrix(columns, file, impute=None):
    """Columns of a table as numbers: categories become columns of 0 and 1.

    Args:
        columns: Dictionary from names to arrays, as `as_column` makes them.
        file: String, the file's name.
        impute: `"median"` or `"mean"` of the column in place of what is
            missing, of categories the most frequent; `None` refuses it.

    Returns:
        Tuple of a float32 array `(n, d)` and the names of the `d` columns:
        `color=red` of a category, `vector[0]` of a list.

    Raises:
        ValueError: If something is missing, infinite, or a column has too
            many categories.
    """
    parts, names = [], []
    for name, column in columns.items():
        place = Place(file, name)
        if column.dtype == object:
            values, part = _one_hot(column, place, impute)
            names += [f"{name}={value}" for value in values]
        else:
            part = complete(column, place, impute)
            wide = part.ndim == 2
            count = range(part.shape[1]) if wide else ()
            names += [f"{name}[{i}]" for i in count] if wide else [name]
        parts.append(part.reshape(len(part), -1).astype("float32"))
    return np.concatenate(parts, axis=1), tuple(names)


def _one_hot(column, place, impute):
    known = [value for value in column if value is not None]
    values, counts = np.unique(np.array(known, object), return_counts=True)
    if len(values) > _MOST_CATEGORIES:
        raise ValueError(
            f"A column of words may have at most {_MOST_CATEGORIES} different "
            "ones, each of which becomes a column of 0 and 1. Texts are "
            "clustered by `text_column=`; ids are passed as `id_column=`, "
            "classes as `label_column=`; other columns must be removed. "
            f"Received: {len(values):,} different words in column "
            f"{shown(place.column)} of {place.file}, such as "
            f"{shown(values[0], 60)}"
        )
    if len(known) < len(column):
        row = [value is None for value in column].index(True)
        if impute is None or not known:
            raise _missing(place, row)
        usual = values[counts.argmax()]
        column = np.array([usual if v is None else v for v in column], object)
    return values, column[:, None] == values


def complete(column, place, impute=None):
    """Numbers without missing ones.

    Args:
        column: Float array `(n, ...)`.
        place: `Place`.
        impute: `"median"`, `"mean"` or `None`, as in `as_matrix`.

    Returns:
        Array `(n, ...)`, all of it finite.

    Raises:
        ValueError: If a number is infinite or missing, or all of a column
            are.
    """
    if _is_complete(column):
        return column
    infinite = np.abs(column) > _HIGHEST
    if infinite.any():
        row, place = _first(infinite, place)
        expected = "Numbers must be finite, and within float32's range."
        raise place.error(expected, row, f"{column[infinite][0]:g}")
    missing = np.isnan(column)
    if impute is None or missing.all(axis=0).any():
        row, place = _first(missing, place)
        raise _missing(place, row)
    middle = {"median": np.nanmedian, "mean": np.nanmean}[impute]
    return np.where(missing, middle(column, axis=0), column)


def _is_complete(column, block=4096):
    # By blocks: a large array is not copied.
    return all(
        (np.abs(column[i : i + block]) <= _HIGHEST).all()
        for i in range(0, len(column), block)
    )


def _first(found, place):
    """Row and place of the first that is true."""
    row, *rest = np.argwhere(found)[0].tolist()
    if rest:
        column = f"{place.column}[{', '.join(map(str, rest))}]"
        place = dataclasses.replace(place, column=column)
    return row, place


def _missing(place, row):
    return place.error(
        "Nothing may be missing: remove such rows or columns, or pass "
        '`impute="median"` or "mean", for columns that are not empty.',
        row,
        "a missing value",
    )
