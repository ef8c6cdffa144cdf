"""DAC through the stages of `train.py`: restarts, report, zoo, resuming."""

import numpy as np
import pytest
import small_runs

import kerasdc
from kerasdc.runs.stage_log import read_log


def without_restarts(recipe):
    del recipe["adapt"]


# IMSAT goes the same way; `test_training_adapt` kills DAC.
pytestmark = pytest.mark.slow

SETTINGS = {"system": "dac", "shorten": without_restarts, "eager": True}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    return small_runs.published(tmp_path_factory.mktemp("dac"), **SETTINGS)


def thresholds_of(out):
    log = read_log(out / "log.csv")
    names = ("upper_threshold", "lower_threshold")
    return [[float(row[name]) for name in names] for row in log]


def test_run_folder_tells_of_the_thresholds(finished):
    out = finished.out
    assert [row["stage"] for row in read_log(out / "log.csv")] == ["fit"] * 2
    np.testing.assert_allclose(
        thresholds_of(out), np.transpose(finished.run.model.threshold_range).T
    )
    first = read_log(out / "log.csv")[0]
    assert 0 < float(first["selected_pairs"]) <= 1
    assert finished.figures["objective"] < 0
    assert (out / "serving" / "1" / "saved_model.pb").is_file()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Curves of the loss" in page


def test_thresholds_of_the_paper_meet(tmp_path):
    small_runs.train(
        tmp_path, system="dac", recipe="paper", shorten=lambda recipe: None
    )
    expected = [(0.95, 0.455), (0.5, 0.5)]
    np.testing.assert_allclose(thresholds_of(tmp_path), expected)


def test_restarts_are_a_stage(tmp_path):
    def shorten(recipe):
        recipe["adapt"] = {"restarts": {"num": 2, "epochs": 1}}

    small_runs.train(tmp_path, system="dac", shorten=shorten, eager=True)
    stages = [row["stage"] for row in read_log(tmp_path / "log.csv")]
    assert stages == ["adapt", "fit", "fit"]
    kept = {path.name for path in (tmp_path / "stages").glob("*.h5")}
    assert kept == {"0_adapt.weights.h5", "1_fit.weights.h5"}


def test_published_model_loads_fits_and_verifies(finished):
    model = kerasdc.load("dac_digits", finished.zoo)
    assert type(model) is kerasdc.models.DAC
    found = small_runs.verified("dac_digits", finished.zoo)["figures"]
    accuracy = finished.figures["accuracy"]
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-3)
    # Goes on from where the thresholds ended.
    end = model.threshold_range[1]
    assert model.thresholds.numpy() == pytest.approx(end)
    history = model.fit(finished.run.x, epochs=1, verbose=0).history
    assert history["upper_threshold"] == [pytest.approx(end[0])]
    card = finished.zoo / "dac_digits" / "README.md"
    text = card.read_text(encoding="utf-8")
    assert "the lowest negative mutual information" in text


def test_killed_in_the_middle_of_fit(finished, tmp_path):
    """Goes on with the thresholds and the draws that it would have had."""
    with small_runs.stopped_by(small_runs.interrupt, "fit", 1):
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(tmp_path, **SETTINGS)
    resumed = small_runs.train(tmp_path, resume=True, **SETTINGS)
    assert thresholds_of(tmp_path) == thresholds_of(finished.out)
    np.testing.assert_allclose(
        resumed.outputs.soft_assignment,
        finished.run.outputs.soft_assignment,
        atol=1e-3,
    )
    objective = resumed.model.objective(resumed.x)
    assert objective == pytest.approx(finished.figures["objective"], rel=1e-3)
