"""What a run scores, and of which samples."""

import csv
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import small_runs

from kerasdc import datasets
from kerasdc import metrics
from kerasdc.report import Outputs
from kerasdc.runs import artifacts
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings
from kerasdc.zoo import verifying


@pytest.fixture(scope="module", autouse=True)
def quick_pictures():
    with small_runs.quick_pictures():
        yield


def test_held_out_samples_are_scored_and_not_trained_on(
    digits, tmp_path, monkeypatch, eagerly
):
    x, y = digits.x[:400], digits.y[:400]
    small = replace(digits, x=x, y=y, num_train=300, num_test=80)
    monkeypatch.setattr(datasets, "load", lambda *args: small)
    settings = Settings(
        recipe="autoencoder", split="test", pretrain_epochs=1, epochs=1
    )
    assert settings.folder.name == "dec_digits_autoencoder_0_held_out"
    run = Run(settings, tmp_path, tensorboard=False)
    small_runs.shorten_dec(run.recipe)
    run.start()
    run.train()
    np.testing.assert_array_equal(run.inputs, x[:300])
    assert len(run.model.training_assignments) == 300
    # As of a training that diverged.
    monkeypatch.setattr(run.model, "objective", lambda *args, **kw: math.nan)
    figures = artifacts.write_results(run)
    found = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert found == {**figures, "objective": None}
    assert (figures["split"], figures["num_samples"]) == ("test", 80)
    expected = metrics.evaluate(y[300:380], run.model.assign(x[300:380]))
    assert {score: figures[score] for score in expected} == expected
    with open(tmp_path / "assignments.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 80


def test_embedding_of_held_out_samples_is_compared_with_the_training():
    model = SimpleNamespace(
        embed=lambda x: np.asarray(x, "float32"), as_inputs=np.asarray
    )
    outputs = Outputs(model, np.array([[0.0, 0], [1, 0], [9, 9]]), [0, 0, 1])
    reference = Outputs(model, np.array([[0, 1], [9, 8]]), [0, 1])
    # Among each other, the last would be the only one of its class.
    found = verifying.scores(outputs, reference)
    assert found["neighbor_error"] == 0
    found = verifying.scores(outputs)
    assert found["neighbor_error"] == pytest.approx(1 / 3)
