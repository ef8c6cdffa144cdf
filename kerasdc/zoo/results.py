"""`results.csv`, which has one row per training."""

import csv
import math
import numbers

from kerasdc.utils.files import write_csv
from kerasdc.zoo.location import local_folder
from kerasdc.zoo.location import locked

COLUMNS = (
    "system",
    "dataset",
    "recipe",
    "seed",
    "split",
    "num_samples",
    "accuracy",
    "nmi",
    "ari",
    "neighbor_error",
    "trustworthiness",
    "objective",
    "seconds",
    "backend",
    "commit",
)
SCORES = ("accuracy", "nmi", "ari")
# Of systems without clusters; see `kerasdc.metrics.embedding_scores`.
EMBEDDING_SCORES = ("neighbor_error", "trustworthiness")
SPLITS = {
    "all": "fitted and scored on all data",
    "test": "fitted on the training part, scored on the test part",
}
# These columns together identify a training.
KEY = ("system", "dataset", "recipe", "split", "backend", "seed")
_FORMATS = {
    "seed": "{:d}",
    "num_samples": "{:d}",
    **dict.fromkeys((*SCORES, *EMBEDDING_SCORES), "{:.5f}"),
    "objective": "{:.6g}",
    "seconds": "{:.1f}",
}


def results_path(zoo_dir=None):
    """The path of `results.csv`.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        `pathlib.Path`.
    """
    return local_folder(zoo_dir) / "results.csv"


def read_results(zoo_dir=None):
    """All rows.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        List of dicts with the keys `COLUMNS`. Numbers are parsed; empty
        fields, missing columns, NaN and infinity are `None`.
    """
    path = results_path(zoo_dir)
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [_parse(row) for row in csv.DictReader(file)]


def add_results(rows, zoo_dir=None):
    """Adds rows; a row of the same training replaces the older one.

    Several processes may do this at the same time.

    Args:
        rows: List of dicts with the keys `COLUMNS`.
        zoo_dir: Folder of a zoo, made if missing. `None` is the one in use.

    Raises:
        OSError: If the file cannot be written; it is then unchanged.
        ValueError: If a row is not complete.
    """
    path = results_path(zoo_dir)
    with locked(zoo_dir):
        merged = merge(read_results(zoo_dir), rows)
        write_csv(path, COLUMNS, [_format(row) for row in merged])


def merge(rows, new_rows):
    """Merges rows with new ones, sorted, one per training.

    Args:
        rows: List of dicts with the keys `COLUMNS`.
        new_rows: Likewise. They replace rows of the same trainings.

    Returns:
        List of dicts.

    Raises:
        ValueError: If a new row is not complete.
    """
    checked = [_checked(row) for row in new_rows]
    found = {tuple(row[k] for k in KEY): row for row in [*rows, *checked]}
    return [found[key] for key in sorted(found)]


def has_clusters(record):
    """Whether a record is of a clustering model or of an embedding alone.

    Args:
        record: Metadata of an entry, a row, or a summary of rows.

    Returns:
        Boolean.
    """
    if "num_clusters" in record:
        return record["num_clusters"] is not None
    return record.get(EMBEDDING_SCORES[0]) is None


def scores_of(record):
    """Names of the scores of such a model.

    Args:
        record: As for `has_clusters`.

    Returns:
        `SCORES` or `EMBEDDING_SCORES`.
    """
    return SCORES if has_clusters(record) else EMBEDDING_SCORES


def _checked(row):
    if set(row) != set(COLUMNS):
        raise ValueError(
            f"A row must have the columns {', '.join(COLUMNS)}. "
            f"Received: {', '.join(map(str, row))}"
        )
    unnamed = [column for column in KEY if row[column] in (None, "")]
    if unnamed:
        raise ValueError(
            f"A row must identify its training by {', '.join(KEY)}. "
            f"Received: {unnamed[0]}={row[unnamed[0]]!r}"
        )
    if row["split"] not in SPLITS:
        raise ValueError(
            f"`split` must be 'all' or 'test'. Received: split={row['split']!r}"
        )
    _check_scores(row)
    return _parse(_format(row))


def _check_scores(row):
    held = scores_of(row)
    for score in (*SCORES, *EMBEDDING_SCORES):
        value = row[score]
        if value is None and score not in held:
            continue
        if score not in held:
            raise ValueError(
                "A row must have the scores of clusters or those of an "
                f"embedding, not both. Received: {score}={value!r}"
            )
        # NaN fails both comparisons.
        if not isinstance(value, numbers.Real) or not -1 <= value <= 1:
            raise ValueError(
                f"`{score}` must be a number of at most 1. "
                f"Received: {score}={value!r}"
            )


def _format(row):
    return {
        column: ""
        if row[column] is None
        else _FORMATS.get(column, "{}").format(row[column])
        for column in COLUMNS
    }


def _parse(row):
    types = {c: _finite for c in _FORMATS} | {"seed": int, "num_samples": int}
    return {
        # An older file may lack a column.
        column: types.get(column, str)(row[column]) if row.get(column) else None
        for column in COLUMNS
    }


def _finite(text):
    number = float(text)
    return number if math.isfinite(number) else None
