"""The log of a run: one row for each epoch of all stages."""

import csv
import io
import time
import warnings
from pathlib import Path

import keras

from kerasdc.utils.files import replace
from kerasdc.utils.files import write_csv

LOG_COLUMNS = (
    "stage",
    "epoch",
    "seconds",
    "loss",
    "label_change",
    "smallest_cluster",
    "accuracy",
    "nmi",
    "ari",
)

_NEEDED = LOG_COLUMNS[:3]


class StageLog(keras.callbacks.Callback):
    """Appends one row per epoch to a CSV file that all stages share.

    The whole file is written by the first epoch, for a stage that was killed
    and resumed may have left half a row, or rows of epochs that are repeated;
    and by an epoch with a new column.

    Args:
        path: The CSV file.
        stage: Name of the stage, the row's first column.
    """

    def __init__(self, path, stage):
        super().__init__()
        self.path = Path(path)
        self.stage = stage
        self._columns = ()  # of the file, once this stage has written it

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.write(epoch, time.perf_counter() - self._start, logs)

    def write(self, epoch, seconds, logs=None):
        """Adds a row.

        Args:
            epoch: Integer from 0.
            seconds: Float, the time that it took.
            logs: Optional dictionary of further columns.
        """
        row = {
            **(logs or {}),
            "stage": self.stage,
            "epoch": epoch + 1,
            "seconds": round(seconds, 3),
        }
        if row.keys() <= set(self._columns):
            self._append(row)
        else:
            self._rewrite(row, epoch)

    def _append(self, row):
        line = io.StringIO()
        writer = csv.DictWriter(line, self._columns, lineterminator="\n")
        writer.writerow(row)
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            file.write(line.getvalue())

    def _rewrite(self, row, epoch):
        rows = [
            old
            for old in self._known_rows()
            if old["stage"] != self.stage or int(old["epoch"]) <= epoch
        ]
        rows.append(row)
        # The terms of a loss come after the columns that all stages have.
        others = {k: None for row in rows for k in row if k not in LOG_COLUMNS}
        self._columns = (*LOG_COLUMNS, *others)
        write_csv(self.path, self._columns, rows)

    def _known_rows(self):
        try:
            return read_log(self.path)
        except ValueError as error:
            warnings.warn(f"{error}. It is begun anew.", stacklevel=2)
            return []


def read_log(path):
    """Rows of a log.

    Args:
        path: CSV file written by `StageLog`.

    Returns:
        List of dictionaries of strings; empty if there is no file. An
        incomplete row at the end, of a killed training, is left out.

    Raises:
        ValueError: If the file is damaged.
    """
    if not Path(path).exists():
        return []
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    whole = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(io.StringIO(whole))
    names = reader.fieldnames or _NEEDED
    rows = list(reader)
    valid = [set(_NEEDED) <= set(names), *map(_is_row, rows)]
    if not all(valid):
        raise ValueError(
            "The log is damaged: a row must have a stage, an epoch and its "
            f"seconds. Received: line {valid.index(False) + 1} of "
            f"{str(path)!r}"
        )
    return rows


def _is_row(row):
    if None in row or None in row.values():  # more or fewer cells than columns
        return False
    try:
        return int(row["epoch"]) > 0 and float(row["seconds"]) >= 0
    except (KeyError, ValueError):
        return False


def seconds_in(path):
    """The time that all epochs of a log took.

    Args:
        path: CSV file written by `StageLog`.

    Returns:
        Float.
    """
    return sum(float(row["seconds"]) for row in read_log(path))


def restore_log(path, kept):
    """Puts a copy of a log in its place where rows of it were lost.

    Args:
        path: `pathlib.Path` of the log, which may have further rows.
        kept: `pathlib.Path` of the copy, which is not damaged.

    Warns:
        UserWarning: If the log was damaged.
    """
    expected = read_log(kept)
    try:
        found = read_log(path)
    except ValueError:
        found = []
    if len(found) >= len(expected) and all(map(_same, found, expected)):
        return
    warnings.warn(
        f"The log was damaged: it lacks rows of its first {len(expected)}. "
        f"It is restored from a backup. Received: file={str(path)!r}",
        stacklevel=2,
    )
    replace(path, kept.read_bytes())


def _same(row, kept):
    """Whether a row says the same; columns may have been added."""
    return all(row.get(name, "") == value for name, value in kept.items())
