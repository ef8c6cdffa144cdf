import os
import shutil

import keras
import pytest
import systems

from kerasdc import callbacks
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.backup import StageProgress
from kerasdc.runs.stage_log import LOG_COLUMNS
from kerasdc.runs.stage_log import StageLog
from kerasdc.runs.stage_log import read_log


@pytest.fixture(scope="module", autouse=True)
def untraced():
    with systems.eager():
        yield


@pytest.fixture
def pretrained(blobs, make_dec):
    """A function that makes the same model, ready for `fit`."""

    def make():
        model = make_dec(
            seed=1, optimizer=keras.optimizers.SGD(0.5), update_interval=2
        )
        model.pretrain(blobs[0], epochs=0, verbose=0)
        model.adapt(blobs[0], num_restarts=1)
        return model

    return make


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def fit(model, x, epochs, *others):
    change = callbacks.LabelChangeStopping(0.0)
    options = {"epochs": epochs, "batch_size": 40, "verbose": 0}
    return model.fit(x, callbacks=[change, *others], **options)


def test_first_change_of_labels_after_a_restart(blobs, pretrained, tmp_path):
    x = blobs[0]
    whole = fit(pretrained(), x, 4).history
    fit(pretrained(), x, 2, EpochBackup(tmp_path))
    resumed = fit(pretrained(), x, 4, EpochBackup(tmp_path))
    assert resumed.epoch == [2, 3]
    assert resumed.history["label_change"] == whole["label_change"][-2:]
    assert resumed.history["loss"] == pytest.approx(whole["loss"][-2:], 1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"epoch_{epoch}.{kind}"
        for epoch in (3, 4)
        for kind in ("sha256", "state.npz", "weights.h5")
    }


def test_training_that_was_stopped_does_not_go_on(blobs, pretrained, tmp_path):
    x = blobs[0]
    fit(pretrained(), x, 5, Stop(), EpochBackup(tmp_path))
    assert fit(pretrained(), x, 5, Stop(), EpochBackup(tmp_path)).epoch == []


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


# === The log ===


def log_epochs(path, stage, epochs, **logs):
    """Logs epochs of a stage, by one callback; returns the file's numbers.

    A file that is written anew has another number.
    """
    log, numbers = StageLog(path, stage), []
    for epoch in epochs:
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, {"loss": epoch / 4, **logs})
        numbers.append(path.stat().st_ino)
    return numbers


def logged(path):
    return [(row["stage"], int(row["epoch"])) for row in read_log(path)]


def test_log_grows_by_a_row_an_epoch(tmp_path):
    path = tmp_path / "log.csv"
    numbers = log_epochs(path, "pretrain", range(4))
    assert len(set(numbers)) == 1
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    assert head == ",".join(LOG_COLUMNS)
    assert [line.split(",")[3] for line in lines] == [
        "0.0",
        "0.25",
        "0.5",
        "0.75",
    ]
    log_epochs(path, "fit", range(2))
    expected = [("pretrain", epoch) for epoch in (1, 2, 3, 4)]
    assert logged(path) == [*expected, ("fit", 1), ("fit", 2)]


def test_log_with_a_new_column_is_written_anew_once(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, "pretrain", range(2))
    log = StageLog(path, "fit")
    numbers = []
    for epoch, terms in enumerate([{}, {"a": 1.0}, {"a": 2.0}, {}]):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, {"loss": 0.5, **terms})
        numbers.append(path.stat().st_ino)
    assert numbers[0] != numbers[1] == numbers[2] == numbers[3]
    assert [row["a"] for row in read_log(path)] == [
        "",
        "",
        "",
        "1.0",
        "2.0",
        "",
    ]


def test_log_of_epochs_that_are_done_again(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, "fit", range(3), a=1.0)
    numbers = log_epochs(path, "fit", range(1, 4), a=2.0)
    assert len(set(numbers)) == 1
    assert logged(path) == [("fit", epoch) for epoch in (1, 2, 3, 4)]
    assert [row["a"] for row in read_log(path)] == ["1.0", "2.0", "2.0", "2.0"]


def test_half_a_row_of_a_log_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, "fit", range(2))
    whole = path.read_bytes()
    log_epochs(path, "other", range(1))
    rest = path.read_bytes()[len(whole) :]
    for num_bytes in range(len(rest)):
        path.write_bytes(whole + rest[:num_bytes])
        assert logged(path) == [("fit", 1), ("fit", 2)]
    log_epochs(path, "fit", range(2, 4))
    assert logged(path) == [("fit", epoch) for epoch in (1, 2, 3, 4)]
    path.write_bytes(b"")
    assert read_log(path) == []
