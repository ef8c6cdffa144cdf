"""The state of a training in files that are checked when it is resumed."""

import io
import math
import warnings

import numpy as np

from kerasdc.runs.stage_log import restore_log
from kerasdc.utils.download import file_sha256
from kerasdc.utils.files import check_space
from kerasdc.utils.files import replace
from kerasdc.utils.processes import each_process

_HDF5_OVERHEAD = 2**20  # bytes, more than names and tables take
_KINDS = ("weights.h5", "state.npz", "log.csv")


class Snapshot:
    """Weights, optimizer, other state and the log so far, with checksums.

    A process that is killed at any moment leaves no incomplete snapshot: its
    checksums, `<name>.sha256`, are written last, and it counts only with
    them. They are those of the command `sha256sum`.

    Args:
        folder: `pathlib.Path`.
        name: String, such as `"epoch_3"`.
    """

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name

    def save(self, model, log=None, **state):
        """Writes the files.

        Args:
            model: `keras.Model`, built.
            log: Optional `pathlib.Path` of the log.
            **state: Further arrays.

        Raises:
            OSError: If they do not fit on the disk.
        """
        self._file("sha256").unlink(missing_ok=True)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **state)
        replace(self._file("state.npz"), buffer.getvalue())
        if log is not None and log.exists():
            replace(self._file("log.csv"), log.read_bytes())
        _save_weights(model, self._file("weights.h5"))
        lines = [f"{file_sha256(f)}  {f.name}\n" for f in self._files()]
        replace(self._file("sha256"), "".join(lines).encode("utf-8"))

    def load(self, model, log=None):
        """Restores what was saved.

        Args:
            model: `keras.Model`, built, its optimizer too.
            log: Optional `pathlib.Path` of the log: restored if it was
                damaged since.

        Returns:
            Dictionary of the further arrays.
        """
        model.load_weights(self._file("weights.h5"))
        kept = self._file("log.csv")
        if log is not None and kept.exists():
            restore_log(log, kept)
        with np.load(self._file("state.npz")) as state:
            return dict(state)

    def delete(self):
        """Deletes the files."""
        for file in [self._file("sha256"), *self._files()]:
            file.unlink(missing_ok=True)

    def exists(self):
        """Whether there is a snapshot, complete or not."""
        return self.is_complete() or bool(self._files())

    def is_complete(self):
        """Whether all of it was written."""
        return self._file("sha256").exists()

    def damage(self):
        """What has changed since it was written.

        Returns:
            String, or `None` if nothing has.
        """
        found = {file.name: file_sha256(file) for file in self._files()}
        listed = self._file("sha256").read_bytes().decode("utf-8", "replace")
        lines = [line.split() for line in listed.splitlines()]
        for digest, name in (line for line in lines if len(line) == 2):
            if found.pop(name, None) != digest:
                return f"{self.folder / name} is damaged or missing"
        if found or not lines:
            return f"{self._file('sha256')} is damaged"
        return None

    def _file(self, kind):
        return self.folder / f"{self.name}.{kind}"

    def _files(self):
        files = map(self._file, _KINDS)
        return [file for file in files if file.exists()]


def newest_intact(snapshots):
    """The snapshot to resume from. Those after it are deleted.

    Args:
        snapshots: List of `Snapshot`, oldest first.

    Returns:
        `Snapshot`, or `None` if there is none that is complete and as it was
        written.

    Warns:
        UserWarning: If one is damaged, or none of several is complete.
    """
    snapshots = [snapshot for snapshot in snapshots if snapshot.exists()]
    for snapshot in reversed(snapshots):
        damage = None
        if snapshot.is_complete():
            damage = snapshot.damage()
            if damage is None:
                return snapshot
        _tell(damage, is_last=snapshot is snapshots[0])
        snapshot.delete()
    return None


def newest_of_all(snapshots, number_of=None):
    """Where the snapshot is that all processes of a training resume from.

    A process may have been killed before another: the last ones that they
    have written then differ.

    Args:
        snapshots: As for `newest_intact`.
        number_of: Optional function of a snapshot that returns an integer:
            snapshots of one number are of one moment. `None` takes their
            places in the list.

    Returns:
        Integer, its place in the list, or `None` if one of the processes has
        none.

    Raises:
        ValueError: If a process lacks the one that the others have.
    """
    newest = newest_intact(snapshots)
    number_of = number_of or snapshots.index
    number = -1 if newest is None else number_of(newest)
    least = int(each_process(number).min())
    if least == -1:
        return None
    for place, snapshot in enumerate(snapshots):
        if number_of(snapshot) == least and snapshot.is_complete():
            return place
    raise ValueError(
        "Processes that train together must have a backup of the same moment: "
        "begin anew, without --resume. "
        f"Received: number {least}, which is missing in {snapshots[0].folder}"
    )


def _tell(damage, is_last):
    """Warns of damage, and where all that was done is done again."""
    if damage is None and not is_last:
        return  # killed while it was written: the one before is whole
    damage = damage or "No backup is complete"
    what = (
        "There is no older backup: this part of the training begins anew."
        if is_last
        else "The older backup is used."
    )
    warnings.warn(f"{damage}. {what}", stacklevel=3)


def _save_weights(model, path):
    """Saves the weights of model and optimizer atomically."""
    variables = list(model.variables)
    if model.compiled:
        variables += model.optimizer.variables
    num_values = sum(math.prod(variable.shape) for variable in variables)
    # If the disk is full, HDF5 ends the whole process.
    check_space(path.parent, 4 * num_values + _HDF5_OVERHEAD)
    partial = path.with_name("partial.weights.h5")
    model.save_weights(partial, overwrite=True)
    partial.replace(path)
