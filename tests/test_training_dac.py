"""DAC through `train.py`: the stages, the restarts, the report, the zoo."""

import json

import pytest

import kerasdc
import train
from kerasdc import recipes
from kerasdc.runs.backup import read_log

SHORT = ["--model", "dac", "--epochs", "2"]


def test_run(tmp_path):
    out = tmp_path / "out"
    assert train.main([*SHORT, "--recipe", "paper", "--out", str(out)]) == 0
    log = read_log(out / "log.csv")
    assert [row["stage"] for row in log] == ["fit", "fit"]
    thresholds = [
        (float(row["upper_threshold"]), float(row["lower_threshold"]))
        for row in log
    ]
    expected = [(0.95, 0.455), (0.5, 0.5)]
    assert thresholds[0] == pytest.approx(expected[0])
    assert thresholds[1] == pytest.approx(expected[1])
    assert 0 < float(log[0]["selected_pairs"]) <= 1
    figures = json.loads((out / "metrics.json").read_text())
    assert figures["objective"] < 0
    assert (out / "serving" / "1" / "saved_model.pb").is_file()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Curves of the loss" in page


def test_restarts_are_a_stage(tmp_path, monkeypatch):
    recipe = recipes.RECIPES["dac"]["digits"]["best"]
    restarts = {"num": 2, "epochs": 1}
    monkeypatch.setitem(recipe, "adapt", {"restarts": restarts})
    out = tmp_path / "out"
    assert train.main([*SHORT, "--out", str(out)]) == 0
    (stage,) = (out / "stages").iterdir()
    assert stage.name == "1_fit.weights.h5"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    folder = tmp_path_factory.mktemp("dac")
    with pytest.MonkeyPatch.context() as patch:
        _without_restarts(patch)
        patch.setenv("KERASDC_ZOO", str(folder / "zoo"))
        out = str(folder / "out")
        assert train.main([*SHORT, "--out", out, "--publish"]) == 0
    return folder


def test_published_model_loads_fits_and_verifies(finished):
    folder = finished / "zoo"
    model = kerasdc.load("dac_digits", folder)
    assert type(model) is kerasdc.models.DAC
    digits = kerasdc.datasets.load("digits")
    figures = json.loads((finished / "out" / "metrics.json").read_text())
    found = kerasdc.zoo.verify("dac_digits", folder)["figures"]
    assert found["accuracy"] == pytest.approx(figures["accuracy"], abs=1e-3)
    # Goes on from where the thresholds ended.
    end = model.threshold_range[1]
    assert model.thresholds.numpy() == pytest.approx(end)
    history = model.fit(digits.x, epochs=1, verbose=0).history
    assert history["upper_threshold"] == [pytest.approx(end[0])]
    card = (folder / "dac_digits" / "README.md").read_text(encoding="utf-8")
    assert "the lowest negative mutual information" in card


def test_killed_in_the_middle_of_fit(finished, tmp_path, monkeypatch):
    """Goes on with the thresholds and the draws that it would have had."""
    _without_restarts(monkeypatch)
    whole = json.loads((finished / "out" / "metrics.json").read_text())
    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        stop = "kerasdc.callbacks.ClusterSizes.on_epoch_begin"
        patch.setattr(stop, _killed_in_epoch_2, raising=False)
        with pytest.raises(KeyboardInterrupt):
            train.main([*SHORT, "--out", str(out)])
    assert train.main([*SHORT, "--out", str(out), "--resume"]) == 0
    logs = [read_log(folder / "log.csv") for folder in (finished / "out", out)]
    for name in ("upper_threshold", "lower_threshold"):
        first, second = ([row[name] for row in log] for log in logs)
        assert first == second
    resumed = json.loads((out / "metrics.json").read_text())
    assert resumed["objective"] == pytest.approx(whole["objective"], rel=1e-3)
    assert resumed["accuracy"] == pytest.approx(whole["accuracy"], abs=0.01)


def _without_restarts(patch):
    recipe = recipes.RECIPES["dac"]["digits"]["best"]
    patch.delitem(recipe, "adapt", raising=False)


def _killed_in_epoch_2(callback, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt
