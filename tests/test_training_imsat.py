"""IMSAT through `train.py`: every stage, the report, the zoo."""

import json

import pytest

import kerasdc
import train
from kerasdc.cluster.neighbors import kth_neighbor_distances
from kerasdc.models import imsat
from kerasdc.runs.backup import read_log

SHORT = ["--model", "imsat", "--epochs", "2"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    folder = tmp_path_factory.mktemp("imsat")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASDC_ZOO", str(folder / "zoo"))
        out = str(folder / "out")
        assert train.main([*SHORT, "--out", out, "--publish"]) == 0
    return folder


def test_every_epoch_is_logged(finished):
    log = read_log(finished / "out" / "log.csv")
    stages = [(row["stage"], row["epoch"]) for row in log]
    assert stages == [("adapt", "1"), ("fit", "1"), ("fit", "2")]
    assert float(log[-1]["accuracy"]) > 0.1
    assert float(log[-1]["smallest_cluster"]) >= 0
    page = (finished / "out" / "report.html").read_text(encoding="utf-8")
    assert "Curves of the loss" in page


def test_published_model_loads_fits_and_verifies(finished):
    folder = finished / "zoo"
    model = kerasdc.load("imsat_digits", folder)
    assert type(model) is kerasdc.models.IMSAT
    digits = kerasdc.datasets.load("digits")
    figures = json.loads((finished / "out" / "metrics.json").read_text())
    found = kerasdc.zoo.verify("imsat_digits", folder)["figures"]
    assert found["accuracy"] == pytest.approx(figures["accuracy"], abs=1e-3)
    model.fit(digits.x, epochs=1, verbose=0)
    card = (folder / "imsat_digits" / "README.md").read_text(encoding="utf-8")
    assert "the lowest loss of IMSAT" in card


def test_neighbors_are_looked_for_once(tmp_path, monkeypatch):
    found = []

    def counted(*arguments):
        found.append(kth_neighbor_distances(*arguments))
        return found[-1]

    monkeypatch.setattr(imsat, "kth_neighbor_distances", counted)
    policy = ["--dtype-policy", "mixed_bfloat16"]  # trained in another model
    assert train.main([*SHORT, *policy, "--out", str(tmp_path / "out")]) == 0
    assert len(found) == 1


def test_killed_in_the_middle_of_fit(finished, tmp_path):
    """Goes on with the distances and the draws that it would have had."""
    whole = json.loads((finished / "out" / "metrics.json").read_text())
    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        stop = "kerasdc.callbacks.ClusterSizes.on_epoch_begin"
        patch.setattr(stop, _killed_in_epoch_2, raising=False)
        with pytest.raises(KeyboardInterrupt):
            train.main([*SHORT, "--out", str(out)])
    assert train.main([*SHORT, "--out", str(out), "--resume"]) == 0
    resumed = json.loads((out / "metrics.json").read_text())
    assert resumed["objective"] == pytest.approx(whole["objective"], rel=1e-4)
    assert resumed["accuracy"] == pytest.approx(whole["accuracy"], abs=0.01)


def _killed_in_epoch_2(callback, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt
