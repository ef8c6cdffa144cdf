"""Columns of a user's table: numbers, categories, texts, vectors."""

import dataclasses

import numpy as np

from kerasdc.utils.arguments import shown

_MISSING = ("", "na", "n/a", "nan", "null", "none", "?")


@dataclasses.dataclass(frozen=True)
class Place:
    """A column of a file, for errors.

    Args:
        file: String, the file's name.
        column: String.
        first: Integer, the number of the first row that is looked at.
    """

    file: str
    column: str
    first: int = 0

    def error(self, expected, row, value):
        """A `ValueError` that names file, row and column.

        Args:
            expected: String, what there should be.
            row: Integer, from `first`.
            value: String, what there is.
        """
        return ValueError(
            f"{expected} Received: {value} in row {self.first + row} of "
            f"column {shown(self.column)} of {self.file}"
        )


# === Cells to columns ===


def is_numeric(cells):
    """Whether more than half of the cells that are not missing are numbers.

    Args:
        cells: Object array `(n,)` of strings, numbers, booleans or `None`.

    Returns:
        Boolean, true also if all are missing.
    """
    known = [_number(cell) for cell in cells if not _is_missing(cell)]
    num_numbers = sum(number is not None for number in known)
    return not known or 2 * num_numbers > len(known)


def as_numbers(cells, place):
    """Cells of a column of numbers.

    Args:
        cells: Object array `(n,)`.
        place: `Place`.

    Returns:
        Float64 array `(n,)`, NaN where a cell is missing.

    Raises:
        ValueError: If a cell is no number.
    """
    try:
        return cells.astype("float64")
    except (TypeError, ValueError):
        pass
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        number = _number(cell)
        if number is None and not _is_missing(cell):
            raise place.error(
                "Most cells of this column are numbers: correct the others, "
                "or leave them empty and pass `impute=`.",
                row,
                shown(cell),
            )
        found[row] = np.nan if number is None else number
    return found


def as_column(cells, place):
    """A whole column, by what it holds.

    Args:
        cells: Object array `(n,)` of strings, numbers, booleans, lists of
            numbers or `None`.
        place: `Place`.

    Returns:
        Float64 array `(n,)` of numbers or `(n, d)` of lists, or object array
        `(n,)` of strings. What is missing is NaN or `None`.

    Raises:
        ValueError: If cells are something else, or lists differ in length.
    """
    kinds = (list, tuple, np.ndarray)
    if any(isinstance(cell, kinds) for cell in cells):
        return _vectors(cells, place)
    for row, cell in enumerate(cells):
        if isinstance(cell, dict):
            expected = "A column must hold numbers, texts or lists of numbers."
            raise place.error(expected, row, "an object")
    return as_numbers(cells, place) if is_numeric(cells) else as_texts(cells)


def as_texts(cells):
    """Cells of a column of strings.

    Args:
        cells: Object array `(n,)`.

    Returns:
        Object array `(n,)` of strings, `None` where a cell is empty.
    """
    found = np.empty(len(cells), object)
    for row, cell in enumerate(cells):
        empty = cell is None or cell != cell or not str(cell).strip()
        found[row] = None if empty else str(cell)
    return found


def _vectors(cells, place):
    expected = "All rows must have lists of as many numbers."
    width, rows = None, []
    for row, cell in enumerate(cells):
        if cell is None:
            rows.append(None)
            continue
        try:
            vector = np.asarray(cell, "float64")
        except (TypeError, ValueError):
            raise place.error(expected, row, shown(cell, 60)) from None
        width = vector.shape if width is None else width
        if vector.shape != width or vector.ndim != 1:
            sizes = f"a list of {len(np.atleast_1d(vector))}, not {width[0]},"
            raise place.error(expected, row, sizes)
        rows.append(vector)
    missing = np.full(width, np.nan)
    return np.stack([missing if row is None else row for row in rows])


def _number(cell):
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def _is_missing(cell):
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    return cell is None or cell != cell


# === Columns of strings ===


def as_ids(column, place):
    """Ids or labels: integers, if all of them are, or strings.

    Args:
        column: Array `(n,)`.
        place: `Place`.

    Returns:
        Integer array or array of strings `(n,)`.

    Raises:
        ValueError: If one is missing.
    """
    texts = whole_texts(column, place)
    try:
        integers = texts.astype("int64")
    except (ValueError, OverflowError):
        return texts.astype(str)
    same = [str(i) for i in integers.tolist()] == texts.tolist()
    return integers if same else texts.astype(str)  # "007" stays


def whole_texts(column, place):
    """A column of texts, none of which is missing.

    Args:
        column: Array `(n,)` of strings or numbers; whole numbers are written
            without a fraction.
        place: `Place`.

    Returns:
        Object array `(n,)` of strings.

    Raises:
        ValueError: If one is missing.
    """
    texts = np.empty(len(column), object)
    texts[:] = [_as_text(value) for value in column.tolist()]
    for row, text in enumerate(texts):
        if text is None:
            expected = "Texts, ids and labels must not be missing."
            raise place.error(expected, row, "an empty cell")
    return texts


def _as_text(value):
    if value is None or value != value or not str(value).strip():
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
