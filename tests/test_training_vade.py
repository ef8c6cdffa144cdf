"""VaDE through the stages of `train.py`: report, zoo."""

import pytest
import small_runs

import kerasdc
from kerasdc.runs.stage_log import read_log
from kerasdc.zoo import entry
from kerasdc.zoo import golden

# `test_training_adapt` has its stages; others show what `train.py` writes.
pytestmark = pytest.mark.slow


def shorten(recipe):
    recipe["adapt"]["num_restarts"] = 2
    del recipe["adapt"]["self_training"]  # which `test_training_adapt` has
    recipe["batch_size"] = 100


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    folder = tmp_path_factory.mktemp("vade")
    # Fewer epochs of pretraining leave clusters empty.
    return small_runs.published(
        folder, system="vade", shorten=shorten, pretrain_epochs=10
    )


def test_every_stage_is_logged(finished):
    log = read_log(finished.out / "log.csv")
    stages = [(row["stage"], row["epoch"]) for row in log]
    assert stages == [
        *(("pretrain", str(epoch)) for epoch in range(1, 11)),
        ("adapt", "1"),
        ("fit", "1"),
        ("fit", "2"),
    ]
    assert float(log[-1]["accuracy"]) > 0.1
    assert float(log[-1]["smallest_cluster"]) >= 0
    terms = [float(log[-1][t]) for t in ("reconstruction", "latent")]
    terms.append(float(log[-1]["assignment"]))
    assert float(log[-1]["loss"]) == pytest.approx(sum(terms), rel=1e-4)
    assert log[0]["latent"] == ""


def test_report_shows_what_the_model_generates(finished):
    page = (finished.out / "report.html").read_text(encoding="utf-8")
    assert "What the model generates" in page
    assert "not selected" in page


def test_published_model_loads_generates_and_verifies(finished):
    folder = finished.zoo
    model = kerasdc.load("vade_digits", folder)
    assert type(model) is kerasdc.models.VaDE
    assert model.generate(3, cluster=0, seed=0).shape == (3, 8, 8)
    found = small_runs.verified("vade_digits", folder)["figures"]
    accuracy = finished.figures["accuracy"]
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-3)
    model.fit(finished.run.x, epochs=1, verbose=0)
    card = (folder / "vade_digits" / "README.md").read_text(encoding="utf-8")
    assert "the lowest negative ELBO" in card
    assert "`generate`" in card
    metadata = entry.read_metadata(folder / "vade_digits")
    (auroc,) = metadata["outliers"].values()
    assert auroc >= 0.9
    assert f"| uniform noise | {auroc} |" in card


def test_what_both_forms_generate_is_compared(finished):
    folder = finished.zoo
    model = kerasdc.load("vade_digits", folder)
    served = golden.load_served(folder / "vade_digits")
    assert golden.generated_difference(model, served) <= 1e-5
    model.prior.means.assign(model.prior.means + 1)
    with pytest.raises(ValueError, match="output samples is not the published"):
        golden.generated_difference(model, served)
