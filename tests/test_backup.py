import os
import shutil

import keras
import pytest

from kerasdc import callbacks
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.backup import StageProgress


@pytest.fixture
def pretrained(blobs, make_dec):
    """A function that makes the same model, ready for `fit`."""

    def make():
        model = make_dec(seed=1, optimizer=keras.optimizers.SGD(0.5))
        model.pretrain(blobs[0], epochs=1, batch_size=8, verbose=0)
        model.adapt(blobs[0])
        return model

    return make


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def fit(model, x, epochs, *others):
    change = callbacks.LabelChangeStopping(0.0)
    options = {"epochs": epochs, "batch_size": 8, "verbose": 0}
    return model.fit(x, callbacks=[change, *others], **options)


def test_first_change_of_labels_after_a_restart(blobs, pretrained, tmp_path):
    x = blobs[0]
    whole = fit(pretrained(), x, 4).history
    fit(pretrained(), x, 2, EpochBackup(tmp_path))
    resumed = fit(pretrained(), x, 4, EpochBackup(tmp_path))
    assert resumed.epoch == [2, 3]
    assert resumed.history["label_change"] == whole["label_change"][-2:]
    assert resumed.history["loss"] == pytest.approx(whole["loss"][-2:], 1e-5)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["epoch_4.state.npz", "epoch_4.weights.h5"]


def test_training_that_was_stopped_does_not_go_on(blobs, pretrained, tmp_path):
    x = blobs[0]
    fit(pretrained(), x, 5, Stop(), EpochBackup(tmp_path))
    assert fit(pretrained(), x, 5, Stop(), EpochBackup(tmp_path)).epoch == []


def test_backup_without_a_state_is_read(blobs, pretrained, tmp_path):
    fit(pretrained(), blobs[0], 1, EpochBackup(tmp_path))
    (tmp_path / "epoch_1.state.npz").unlink()
    resumed = fit(pretrained(), blobs[0], 2, EpochBackup(tmp_path))
    assert resumed.epoch == [1]


def test_kill_while_a_backup_is_written(
    blobs, pretrained, tmp_path, monkeypatch
):
    x = blobs[0]
    whole = fit(pretrained(), x, 3).history
    fit(pretrained(), x, 1, EpochBackup(tmp_path))
    model = pretrained()
    save_weights = model.save_weights

    def cut(path, **kwargs):
        save_weights(path, **kwargs)
        os.truncate(path, os.path.getsize(path) // 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save_weights", cut)
    with pytest.raises(KeyboardInterrupt):
        fit(model, x, 3, EpochBackup(tmp_path))
    resumed = fit(pretrained(), x, 3, EpochBackup(tmp_path))
    assert resumed.epoch == [1, 2]
    assert resumed.history["loss"] == pytest.approx(whole["loss"][1:], 1e-5)


def test_full_disk(blobs, pretrained, tmp_path, monkeypatch):
    x = blobs[0]
    fit(pretrained(), x, 1, EpochBackup(tmp_path))
    before = {path.name for path in tmp_path.iterdir()}
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match="has 1,000 bytes left, .* are needed"):
        fit(pretrained(), x, 3, EpochBackup(tmp_path))
    monkeypatch.undo()
    assert before <= {path.name for path in tmp_path.iterdir()}
    assert fit(pretrained(), x, 3, EpochBackup(tmp_path)).epoch == [1, 2]


def test_progress_shows_before_the_first_epoch_ends(capsys):
    progress = StageProgress("Stage 1 of 1: fit")
    progress.set_params({"epochs": 20})
    progress.on_epoch_begin(0)
    shown = capsys.readouterr().out
    assert shown == "Stage 1 of 1: fit, epochs to go: 20\n"
