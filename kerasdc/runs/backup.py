"""Callbacks that back up, log and show a training."""

import csv
import io
import math
import re
import time
from pathlib import Path

import keras
import numpy as np

from kerasdc.utils.files import check_space
from kerasdc.utils.files import replace
from kerasdc.utils.files import write_csv

_HDF5_OVERHEAD = 2**20  # bytes, more than names and tables take

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


def save_weights(model, path):
    """Saves the weights of model and optimizer atomically.

    Args:
        model: `keras.Model`, built.
        path: `pathlib.Path` of a file whose name ends in `.weights.h5`.

    Raises:
        OSError: If they do not fit on the disk.
    """
    variables = list(model.variables)
    if model.compiled:
        variables += model.optimizer.variables
    num_values = sum(math.prod(variable.shape) for variable in variables)
    # If the disk is full, HDF5 ends the whole process.
    check_space(path.parent, 4 * num_values + _HDF5_OVERHEAD)
    partial = path.with_name("partial.weights.h5")
    model.save_weights(partial, overwrite=True)
    partial.replace(path)


class EpochBackup(keras.callbacks.Callback):
    """Saves weights and optimizer each epoch, and resumes from the last one.

    The assignments of the training data are saved, too: those of the next
    epoch are compared with them. So is whether a callback before this one
    has stopped the training.

    Unlike with `keras.callbacks.BackupAndRestore`, a process that is killed
    at any moment leaves a complete backup: the file of weights has the epoch
    in its name, and is moved to its place when it is complete.

    Args:
        folder: Folder of this stage's backups.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)

    def on_train_begin(self, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        backups = self._backups()
        if backups:
            epoch, path = backups[-1]
            self.model.optimizer.build(self.model.trainable_variables)
            self.model.load_weights(path)
            stopped = self._load_state(epoch)
            # What Keras' own BackupAndRestore sets.
            self.model._initial_epoch = (
                self.params["epochs"] if stopped else epoch
            )

    def on_epoch_end(self, epoch, logs=None):
        self._save_state(epoch + 1)
        # The weights come last: with them, the backup is complete.
        path = self.folder / f"epoch_{epoch + 1}.weights.h5"
        save_weights(self.model, path)
        for old, path in self._backups()[:-1]:
            path.unlink()
            self._state_file(old).unlink(missing_ok=True)

    def _state_file(self, epoch):
        return self.folder / f"epoch_{epoch}.state.npz"

    def _save_state(self, epoch):
        state = {"stopped": self.model.stop_training}
        assignments = getattr(self.model, "training_assignments", None)
        if assignments is not None:
            state["assignments"] = assignments
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **state)
        replace(self._state_file(epoch), buffer.getvalue())

    def _load_state(self, epoch):
        """Restores the other state; returns whether training had stopped."""
        path = self._state_file(epoch)
        if not path.exists():
            return False
        with np.load(path) as state:
            if "assignments" in state:
                self.model.training_assignments = state["assignments"]
            return bool(state["stopped"])

    def _backups(self):
        """(epoch, path) of every complete backup, oldest first."""
        found = []
        for path in self.folder.glob("epoch_*.weights.h5"):
            epoch = re.fullmatch(r"epoch_(\d+)\.weights\.h5", path.name)
            if epoch:
                found.append((int(epoch[1]), path))
        return sorted(found)


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
        row = {
            **(logs or {}),
            "stage": self.stage,
            "epoch": epoch + 1,
            "seconds": round(time.perf_counter() - self._start, 3),
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
            for old in read_log(self.path)
            if old["stage"] != self.stage or int(old["epoch"]) <= epoch
        ]
        rows.append(row)
        # The terms of a loss come after the columns that all stages have.
        others = {k: None for row in rows for k in row if k not in LOG_COLUMNS}
        self._columns = (*LOG_COLUMNS, *others)
        write_csv(self.path, self._columns, rows)


def read_log(path):
    """Rows of a log.

    Args:
        path: CSV file written by `StageLog`.

    Returns:
        List of dictionaries of strings; empty if there is no file. An
        incomplete row at the end, of a killed training, is left out.
    """
    if not Path(path).exists():
        return []
    text = Path(path).read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    return list(csv.DictReader(io.StringIO(whole)))


class StageProgress(keras.callbacks.Callback):
    """One progress bar for a whole stage, with the time left.

    The number of epochs is printed before the first one.

    Args:
        title: String shown in front of the stage.
    """

    def __init__(self, title):
        super().__init__()
        self.title = title
        self._bar = None

    def on_epoch_begin(self, epoch, logs=None):
        if self._bar is None:
            # Counted from the resumed epoch, for the time left.
            self._first = epoch
            num_epochs = self.params["epochs"] - epoch
            print(f"{self.title}, epochs to go: {num_epochs}", flush=True)
            self._bar = keras.utils.Progbar(num_epochs, unit_name="epoch")

    def on_epoch_end(self, epoch, logs=None):
        values = [(k, v) for k, v in (logs or {}).items()]
        done = epoch + 1 - self._first
        stopping = self.model.stop_training
        self._bar.stateful_metrics.update(k for k, _ in values)
        self._bar.update(done, values, finalize=stopping or None)
