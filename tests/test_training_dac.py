"""DAC through `train.py`: the stages, the restarts, the report."""

import json

import pytest

import train
from kerasdc import recipes
from kerasdc.backup import read_log

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


def test_restarts_are_a_stage(tmp_path, monkeypatch):
    recipe = recipes.RECIPES["dac"]["digits"]["best"]
    restarts = {"num": 2, "epochs": 1}
    monkeypatch.setitem(recipe, "adapt", {"restarts": restarts})
    out = tmp_path / "out"
    assert train.main([*SHORT, "--out", str(out)]) == 0
    (stage,) = (out / "stages").iterdir()
    assert stage.name == "1_fit.weights.h5"
