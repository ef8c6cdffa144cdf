"""Callbacks that back up and show a training."""

import re
from pathlib import Path

import keras

from kerasdc.runs.snapshots import Snapshot
from kerasdc.runs.snapshots import newest_of_all

_NUM_KEPT = 2  # should the newest be damaged, the other is used


class EpochBackup(keras.callbacks.Callback):
    """Saves weights and optimizer each epoch, and resumes from the last one.

    The assignments of the training data are saved, too: those of the next
    epoch are compared with them. So is whether a callback before this one
    has stopped the training.

    Unlike with `keras.callbacks.BackupAndRestore`, a process that is killed
    at any moment leaves a complete backup, and the last two are kept: if the
    newest one was damaged since, a warning says so and the other is used.

    Args:
        folder: Folder of this stage's backups.
        log: Optional path of the log, which is kept and restored with them.
    """

    def __init__(self, folder, log=None):
        super().__init__()
        self.folder = Path(folder)
        self.log = None if log is None else Path(log)

    def on_train_begin(self, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        snapshots = self._snapshots()
        index = newest_of_all(snapshots, _epoch_of)
        if index is None:
            return
        snapshot = snapshots[index]
        self.model.optimizer.build(self.model.trainable_variables)
        state = snapshot.load(self.model, self.log)
        if "assignments" in state:
            self.model.training_assignments = state["assignments"]
        # What Keras' own BackupAndRestore sets.
        self.model._initial_epoch = (
            self.params["epochs"] if state["stopped"] else _epoch_of(snapshot)
        )

    def on_train_end(self, logs=None):
        self.model._initial_epoch = None  # a later `fit` would begin there

    def on_epoch_end(self, epoch, logs=None):
        state = {"stopped": self.model.stop_training}
        assignments = getattr(self.model, "training_assignments", None)
        if assignments is not None:
            state["assignments"] = assignments
        snapshot = Snapshot(self.folder, f"epoch_{epoch + 1}")
        snapshot.save(self.model, self.log, **state)
        for old in self._snapshots()[:-_NUM_KEPT]:
            old.delete()

    def _snapshots(self):
        """Those of this folder, oldest first."""
        names = {
            path.name.partition(".")[0] for path in self.folder.glob("epoch_*")
        }
        numbered = filter(re.compile(r"epoch_\d+").fullmatch, names)
        found = [Snapshot(self.folder, name) for name in numbered]
        return sorted(found, key=_epoch_of)


def _epoch_of(snapshot):
    return int(snapshot.name.removeprefix("epoch_"))


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
