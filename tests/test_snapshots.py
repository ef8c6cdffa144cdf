"""What is resumed from was not damaged: epochs, stages, the log."""

import keras
import numpy as np
import pytest
import small_runs
import systems

from kerasdc import callbacks
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.snapshots import Snapshot
from kerasdc.runs.snapshots import newest_intact
from kerasdc.runs.stage_log import StageLog
from kerasdc.runs.stage_log import read_log


@pytest.fixture(scope="module", autouse=True)
def untraced():
    with systems.eager():
        yield


@pytest.fixture(scope="module")
def network():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    return network


def flip(path, place=-1):
    """Changes one bit."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def saved(folder, network, number):
    snapshot = Snapshot(folder, f"epoch_{number}")
    network.layers[0].bias.assign(np.full(3, number, "float32"))
    snapshot.save(network, assignments=np.arange(number))
    return snapshot


def test_a_snapshot_restores_weights_and_state(network, tmp_path):
    snapshot = saved(tmp_path, network, 4)
    network.layers[0].bias.assign(np.zeros(3))
    assert snapshot.damage() is None
    assert snapshot.load(network)["assignments"].tolist() == [0, 1, 2, 3]
    assert network.layers[0].bias.numpy().tolist() == [4, 4, 4]
    snapshot.delete()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", [flip, cut, lambda path: path.unlink()])
@pytest.mark.parametrize("kind", ["weights.h5", "state.npz"])
def test_damage_is_told_and_the_older_one_is_used(
    network, tmp_path, harm, kind
):
    older, newest = [saved(tmp_path, network, i) for i in (1, 2)]
    harm(tmp_path / f"epoch_2.{kind}")
    with pytest.warns(UserWarning, match=f"epoch_2.{kind} is damaged.*older"):
        assert newest_intact([older, newest]) is older
    assert not newest.exists()
    assert older.damage() is None


@pytest.mark.parametrize("text", [b"", b"\xff\n", b"0 epoch_2.x\n"])
def test_damaged_checksums_are_told(network, tmp_path, text):
    snapshot = saved(tmp_path, network, 2)
    (tmp_path / "epoch_2.sha256").write_bytes(text)
    with pytest.warns(UserWarning, match="epoch_2.* is damaged.*begins anew"):
        assert newest_intact([snapshot]) is None


def test_an_incomplete_snapshot_does_not_count(network, tmp_path):
    snapshots = [saved(tmp_path, network, i) for i in (1, 2)]
    (tmp_path / "epoch_2.sha256").unlink()  # killed just before
    assert newest_intact(snapshots) is snapshots[0]
    (tmp_path / "epoch_1.sha256").unlink()
    with pytest.warns(UserWarning, match="No backup is complete"):
        assert newest_intact(snapshots) is None


def test_training_goes_on_from_the_older_backup(blobs, make_dec, tmp_path):
    x = blobs[0]

    def fit(epochs, *others):
        model = make_dec(
            seed=1, optimizer=keras.optimizers.SGD(0.5), update_interval=2
        )
        model.pretrain(x, epochs=1, batch_size=30, verbose=0)
        model.adapt(x, num_restarts=1)
        options = {"epochs": epochs, "batch_size": 30, "verbose": 0}
        return model.fit(x, callbacks=[*others], **options)

    change = callbacks.LabelChangeStopping(0.0)
    whole = fit(4, change).history
    fit(3, change, EpochBackup(tmp_path))
    flip(tmp_path / "epoch_3.weights.h5", 2000)
    with pytest.warns(UserWarning, match="epoch_3.weights.h5 is damaged"):
        resumed = fit(4, change, EpochBackup(tmp_path))
    assert resumed.epoch == [2, 3]
    assert resumed.history["label_change"] == whole["label_change"][-2:]
    assert resumed.history["loss"] == pytest.approx(whole["loss"][-2:], 1e-5)
    # A later `fit` of the same model begins at its own first epoch.
    later = resumed.model.fit(x, epochs=1, batch_size=30, verbose=0)
    assert later.epoch == [0]


# === The log ===


def log_epochs(path, stage, epochs):
    log = StageLog(path, stage)
    for epoch in epochs:
        log.write(epoch, 0.5, {"loss": epoch / 4})


def half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


DAMAGES = {
    "cut": half,
    "gone": lambda path: path.unlink(),
    "another digit": lambda path: flip(path, -2),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00" * 9 + b"\n"),
    "no table": lambda path: path.write_bytes(b"<html>\n<body>\n"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_log_is_restored(network, tmp_path, damage):
    log, snapshot = tmp_path / "log.csv", Snapshot(tmp_path, "epoch_3")
    log_epochs(log, "fit", range(3))
    snapshot.save(network, log)
    expected = read_log(log)
    DAMAGES[damage](log)
    with pytest.warns(UserWarning, match="log was damaged"):
        snapshot.load(network, log)
    assert read_log(log) == expected


def test_a_log_with_more_than_the_backup_stays(network, tmp_path):
    log, snapshot = tmp_path / "log.csv", Snapshot(tmp_path, "epoch_3")
    log_epochs(log, "pretrain", range(3))
    snapshot.save(network, log)
    StageLog(log, "fit").write(0, 0.5, {"loss": 1.0, "term": 2.0})
    expected = read_log(log)
    assert len(expected) == 4
    snapshot.load(network, log)
    assert read_log(log) == expected


def test_a_damaged_log_without_a_backup_is_begun_anew(tmp_path):
    log = tmp_path / "log.csv"
    log_epochs(log, "fit", range(3))
    DAMAGES["no text"](log)
    with pytest.raises(ValueError, match="Received: line 1 of .*log.csv"):
        read_log(log)
    with pytest.warns(UserWarning, match="log is damaged.*begun anew"):
        log_epochs(log, "fit", range(1))
    assert [row["epoch"] for row in read_log(log)] == ["1"]


# === Stages ===


def test_a_damaged_stage_is_made_again_from_its_backups(tmp_path):
    whole = small_runs.train(tmp_path / "whole")
    out = tmp_path / "out"
    with small_runs.stopped_by(small_runs.interrupt, "fit", 1):
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(out)
    flip(out / "stages" / "1_adapt.weights.h5", 3000)
    cut(out / "log.csv")
    with pytest.warns(UserWarning) as told:
        resumed = small_runs.train(out, resume=True)
    texts = [str(warning.message) for warning in told]
    assert any("1_adapt.weights.h5 is damaged" in text for text in texts)
    assert any("log was damaged" in text for text in texts)
    np.testing.assert_array_equal(
        resumed.outputs.soft_assignment, whole.outputs.soft_assignment
    )
    assert small_runs.stages_of(out) == small_runs.stages_of(whole.out)
