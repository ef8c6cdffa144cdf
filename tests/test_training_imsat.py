"""IMSAT through the stages of `train.py`: report, zoo, resuming."""

import numpy as np
import pytest
import small_runs

import kerasdc
from kerasdc.algorithms.neighbors import kth_neighbor_distances
from kerasdc.runs.stage_log import read_log
from kerasdc.targets import neighbor_radii


def shorten(recipe):
    # As the recipe for images: that for the digits starts along a graph.
    recipe["adapt"] = {"neighbor": 10, "restarts": {"num": 2, "epochs": 1}}
    recipe["batch_size"] = 150


SETTINGS = {"system": "imsat", "shorten": shorten, "eager": True}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    return small_runs.published(tmp_path_factory.mktemp("imsat"), **SETTINGS)


def test_every_epoch_is_logged(finished):
    log = read_log(finished.out / "log.csv")
    stages = [(row["stage"], row["epoch"]) for row in log]
    assert stages == [("adapt", "1"), ("fit", "1"), ("fit", "2")]
    assert float(log[-1]["accuracy"]) > 0.1
    assert float(log[-1]["smallest_cluster"]) >= 0
    page = (finished.out / "report.html").read_text(encoding="utf-8")
    assert "Curves of the loss" in page


def test_published_model_loads_fits_and_verifies(finished):
    model = kerasdc.load("imsat_digits", finished.zoo)
    assert type(model) is kerasdc.models.IMSAT
    found = small_runs.verified("imsat_digits", finished.zoo)["figures"]
    accuracy = finished.figures["accuracy"]
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-3)
    model.fit(finished.run.x, epochs=1, verbose=0)
    card = finished.zoo / "imsat_digits" / "README.md"
    assert "the lowest loss of IMSAT" in card.read_text(encoding="utf-8")


@pytest.mark.slow  # `test_imsat` counts, too, in one precision
def test_neighbors_are_looked_for_once(tmp_path, monkeypatch):
    found = []

    def counted(*arguments):
        found.append(kth_neighbor_distances(*arguments))
        return found[-1]

    monkeypatch.setattr(neighbor_radii, "kth_neighbor_distances", counted)
    # Trained in another model than the one that is returned.
    policy = {"dtype_policy": "mixed_bfloat16"}
    run = small_runs.train(tmp_path, **SETTINGS, **policy)
    run.model.objective(run.x)
    assert len(found) == 1


def test_killed_in_the_middle_of_fit(finished, tmp_path):
    """Goes on with the distances and the draws that it would have had."""
    with small_runs.stopped_by(small_runs.interrupt, "fit", 1):
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(tmp_path, **SETTINGS)
    resumed = small_runs.train(tmp_path, resume=True, **SETTINGS)
    np.testing.assert_allclose(
        resumed.outputs.soft_assignment,
        finished.run.outputs.soft_assignment,
        atol=1e-3,
    )
    objective = resumed.model.objective(resumed.x)
    assert objective == pytest.approx(finished.figures["objective"], rel=1e-4)
