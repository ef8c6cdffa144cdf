"""EmbeddingNetwork and ParametricTSNE through the stages of `train.py`."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import small_runs
import systems

import kerasdc
from kerasdc import metrics
from kerasdc.runs.stage_log import read_log


def _shorten_embedding(recipe):
    # Of two dimensions, so that no t-SNE is needed to show it.
    recipe["network"].update(filters=[8, 8, 16], latent_dim=2)
    recipe["embedding"]["units"] = [32, 32]
    recipe["batch_size"] = 150
    recipe["adapt"].update(triplet_epochs=1, learned_epochs=1)
    recipe["adapt"].update(triplet_restarts=1, method="graph_linkage")
    recipe["adapt"]["self_training"].update(epochs=1, decoder_epochs=1)


def _shorten_tsne(recipe):
    # Eight layers take more than a dozen steps.
    recipe["network"]["units"] = [256, 256]
    recipe["batch_size"] = 100
    # The exaggeration is still to end where the run is killed.
    recipe["compile"] = {"exaggerated_share": 0.5}


SYSTEMS = {
    "embedding": SimpleNamespace(
        model=kerasdc.models.EmbeddingNetwork,
        settings={"shorten": _shorten_embedding, "epochs": 3, "eager": True},
        stages=[("adapt", 1), ("fit", 3)],
        files={"assignments.csv"},
        scored=slice(0, 300),
    ),
    "tsne": SimpleNamespace(
        model=kerasdc.models.ParametricTSNE,
        settings={
            **{"shorten": _shorten_tsne, "epochs": 4},
            **{"split": "test", "eager": True},
        },
        stages=[("adapt", 1), ("fit", 4)],
        files={"embedding.npy", "embedding.png"},
        scored=slice(240, 300),
    ),
}


@pytest.fixture(scope="module", params=systems.by_default("tsne", of=SYSTEMS))
def finished(request, tmp_path_factory):
    """A short run, and the zoo it was published in."""
    system, folder = request.param, tmp_path_factory.mktemp(request.param)
    expected = SYSTEMS[system]
    made = small_runs.published(folder, system=system, **expected.settings)
    assert made.message == f"Published {system}_digits of seed 0."
    made.name, made.system, made.expected = f"{system}_digits", system, expected
    return made


tsne_alone = pytest.mark.parametrize("finished", ["tsne"], indirect=True)


def test_every_stage_is_logged_and_kept(finished):
    log = read_log(finished.out / "log.csv")
    assert [(row["stage"], int(row["epoch"])) for row in log] == [
        (stage, epoch + 1)
        for stage, epochs in finished.expected.stages
        for epoch in range(epochs)
    ]
    assert all(np.isfinite(float(r["loss"])) for r in log if r["loss"])
    kept = {path.name for path in (finished.out / "stages").glob("*.h5")}
    first = finished.expected.stages[0][0]
    assert kept == {f"0_{first}.weights.h5", "1_fit.weights.h5"}
    stage, epochs = finished.expected.stages[-1]
    backup = finished.out / "backup" / stage
    assert (backup / f"epoch_{epochs}.weights.h5").is_file()


def test_run_folder_holds_everything(finished):
    names = {path.name for path in finished.out.iterdir()}
    assert names == {
        *("settings.json", "log.csv", "stages", "backup", "metrics.json"),
        *("model.keras", "report.html", "serving"),
        *finished.expected.files,
    }
    assert (finished.out / "serving" / "1" / "saved_model.pb").is_file()
    kept = keras.models.load_model(finished.out / "model.keras")
    assert type(kept) is finished.expected.model
    model, x = finished.run.model, finished.run.x_scored
    np.testing.assert_allclose(kept.embed(x), model.embed(x), 1e-5, 1e-6)


def test_what_is_scored_is_what_the_split_says(finished):
    expected = small_runs.few_digits().x[finished.expected.scored]
    np.testing.assert_array_equal(finished.run.x_scored, expected)
    assert finished.figures["num_samples"] == len(expected)
    assert np.isfinite(finished.figures["objective"])


def test_report_is_written(finished):
    page = (finished.out / "report.html").read_text(encoding="utf-8")
    assert f"{finished.expected.model.__name__} on digits" in page
    assert "Curves of the loss" in page
    assert "colored by class" in page
    assert ("colored by cluster" in page) == (finished.system != "tsne")


@tsne_alone
def test_figures_are_those_of_an_embedding(finished):
    figures, run = finished.figures, finished.run
    assert figures["accuracy"] is figures["nmi"] is figures["ari"] is None
    z = np.load(finished.out / "embedding.npy")
    # Points near 0 are as exact as the whole is wide.
    np.testing.assert_allclose(z, run.model.embed(run.x_scored), 1e-5, 1e-6)
    digits = small_runs.few_digits()
    expected = metrics.embedding_scores(
        z,
        digits.y_test,
        run.model.embed(digits.x_train),
        digits.y_train,
        digits.x_test,
    )
    assert {"neighbor_error", "trustworthiness"} == set(expected)
    for score, value in expected.items():
        assert figures[score] == pytest.approx(value)
    assert figures["neighbor_error"] < 0.5
    assert figures["trustworthiness"] > 0.7
    page = (finished.out / "report.html").read_text(encoding="utf-8")
    assert f"{expected['trustworthiness']:.4f}" in page


def test_killed_in_the_middle_of_fit(finished, tmp_path):
    """Goes on with the draws and the schedules that it would have had."""
    settings = {"system": finished.system, **finished.expected.settings}
    with small_runs.stopped_by(small_runs.interrupt, "fit", 1):
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(tmp_path, **settings)
    log = read_log(tmp_path / "log.csv")
    assert (log[-1]["stage"], log[-1]["epoch"]) == ("fit", "1")
    resumed = small_runs.train(tmp_path, resume=True, **settings)
    first, second = (run.model.embed(run.x) for run in (finished.run, resumed))
    np.testing.assert_allclose(second, first, atol=1e-3 * np.ptp(first))
    logs = [read_log(run.out / "log.csv") for run in (finished.run, resumed)]
    for ours, its in zip(*logs, strict=True):
        assert (ours["stage"], ours["epoch"]) == (its["stage"], its["epoch"])
        if ours["loss"]:
            loss = float(its["loss"])
            assert float(ours["loss"]) == pytest.approx(loss, rel=1e-4)


def test_published_model_loads_and_verifies(finished):
    model = kerasdc.load(finished.name, finished.zoo)
    assert type(model) is finished.expected.model
    x = finished.run.x
    for verb in ("embed", "predict"):
        given, published = (
            getattr(one, verb)(x, verbose=0)
            for one in (finished.run.model, model)
        )
        np.testing.assert_allclose(published, given, rtol=1e-4, atol=1e-5)
    found = small_runs.verified(finished.name, finished.zoo)
    assert found["difference"] <= 1e-5
    assert len(found["figures"]) >= 2
    for score, value in found["figures"].items():
        assert value == pytest.approx(finished.figures[score], abs=1e-3)


@tsne_alone
def test_card_and_readme_tell_its_scores(finished):
    card = finished.zoo / finished.name / "README.md"
    card = card.read_text(encoding="utf-8")
    assert "clusters and" not in card
    assert "z = model.embed(x)" in card
    assert "|  | split | neighbor_error | trustworthiness |" in card
    assert "| seed | split | neighbor_error | trustworthiness |" in card
    overview = (finished.zoo / "README.md").read_text(encoding="utf-8")
    head = "| model | recipe | seed | split | neighbor_error |"
    assert head in overview
    assert overview.count("Embeddings without clusters.") == 2
