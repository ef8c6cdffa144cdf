"""Tables in text files: comma-separated values, and lines of JSON."""

import csv
import itertools
import json
import re

import numpy as np

from kerasdc.datasets.columns import Place
from kerasdc.datasets.columns import as_column
from kerasdc.datasets.columns import as_numbers
from kerasdc.datasets.columns import as_texts
from kerasdc.datasets.columns import is_numeric
from kerasdc.utils.arguments import shown

_DELIMITERS = ",;\t"
_COMMA = re.compile(r"^(\s*[-+]?\d*),(\d+(?:[eE][-+]?\d+)?\s*)$")
_BLOCK = 4096  # rows converted at once, which limits the memory


def read_text(path):
    """Lines of a text file, one text each; empty lines are left out.

    Args:
        path: `pathlib.Path`.

    Returns:
        Tuple of a list of strings and the numbers of their lines, from 0.

    Raises:
        ValueError: If it is not UTF-8.
    """
    lines = _decoded(path).split("\n")
    rows = [i for i, line in enumerate(lines) if line.strip()]
    return [lines[i].strip("\r") for i in rows], rows


def read_csv(path, keep=()):
    """Columns of a file of comma-separated values.

    The first line has the names, unless it holds nothing but numbers: then
    columns are called by their numbers, from "0". Commas may be semicolons,
    with commas in numbers, or tabs.

    Args:
        path: `pathlib.Path`.
        keep: Names of columns that are strings, whatever they hold.

    Returns:
        Dictionary from names to arrays, as `as_column` makes them.

    Raises:
        ValueError: If it is not UTF-8, rows differ in length, names occur
            twice, or a number is none.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            first = next((line for line in file if line.strip()), "")
            delimiter = max(_DELIMITERS, key=first.count)
            lines = itertools.chain([first], file)
            rows = csv.reader(lines, delimiter=delimiter)
            if delimiter == ";":
                rows = map(_with_points, rows)
            return _columns_of(rows, path.name, keep)
        except UnicodeDecodeError as error:
            raise _not_utf8(path, error) from error
        except csv.Error as error:
            raise ValueError(
                f"The table cannot be read: {error}. Received: {path.name}"
            ) from error


def _with_points(cells):
    """Decimal commas as points."""
    return [_COMMA.sub(r"\1.\2", cell) for cell in cells]


def _columns_of(rows, file, keep):
    head = next(rows, [])
    if not head:
        raise ValueError(
            f"A table must have a line of names. Received: an empty {file}"
        )
    if _all_numbers(head):
        rows = itertools.chain([head], rows)
        head = [str(i) for i in range(len(head))]
    names = [name.strip() for name in head]
    _check_names(names, file)
    parts, start = {name: [] for name in names}, 0
    numeric = None
    while block := list(itertools.islice(rows, _BLOCK)):
        cells, skipped = _rectangular(block, names, file, start)
        if numeric is None:
            numeric = {
                name: name not in keep and is_numeric(column)
                for name, column in zip(names, cells.T)
            }
        for name, column in zip(names, cells.T):
            place = Place(file, name, start)
            number = numeric[name]
            part = as_numbers(column, place) if number else as_texts(column)
            parts[name].append(part)
        start += len(block) - skipped
    if start == 0:
        raise ValueError(
            f"A table must have rows. Received: {file} with names only"
        )
    return {name: np.concatenate(part) for name, part in parts.items()}


def _all_numbers(cells):
    try:
        return np.isfinite([float(cell) for cell in cells]).all()
    except ValueError:
        return False


def _check_names(names, file):
    if "" in names[1:]:  # the first may hold ids
        raise ValueError(
            "Every column must have a name. Received: none for column "
            f"{names.index('', 1)}, from 0, of {file}"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(
            "Every column must have a name of its own. "
            f"Received: {shown(twice[0])} {names.count(twice[0])} times in "
            f"{file}"
        )


def _rectangular(block, names, file, start):
    """Cells of all rows but empty lines, and the number of these."""
    filled = [row for row in block if row]
    for row, cells in enumerate(filled):
        if len(cells) != len(names):
            raise ValueError(
                f"Every row must have {len(names)} cells, as many as there "
                f"are names. Received: {len(cells)} cells in row "
                f"{start + row} of {file}"
            )
    cells = np.empty((len(filled), len(names)), object)
    if filled:
        cells[:] = filled
    return cells, len(block) - len(filled)


def read_json_lines(path):
    """Columns of a file with one JSON object in each line.

    Args:
        path: `pathlib.Path`.

    Returns:
        Dictionary from names to arrays, as `as_column` makes them.

    Raises:
        ValueError: If it is not UTF-8, or a line is no object.
    """
    lines, numbers = read_text(path)
    records = [_record(*each, path) for each in zip(lines, numbers)]
    names = dict.fromkeys(name for record in records for name in record)
    if not names:
        raise ValueError(
            "There must be an object with names and values in each line. "
            f"Received: an empty {path.name}"
        )
    columns = {}
    for name in names:
        cells = np.empty(len(records), object)
        cells[:] = [record.get(name) for record in records]
        columns[name] = as_column(cells, Place(path.name, name))
    return columns


def _record(line, number, path):
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        record = error
    if not isinstance(record, dict):
        raise ValueError(
            'There must be an object such as {"text": "..."} in each line. '
            f"Received: {shown(line, 60)} in line {number + 1} of {path.name}"
        )
    return record


def _decoded(path):
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from error


def _not_utf8(path, error):
    return ValueError(
        "A text file must be encoded as UTF-8: save it so. Received: byte "
        f"0x{error.object[error.start]:02x} in {path.name}"
    )
