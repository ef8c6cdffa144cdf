"""ParametricTSNE through `train.py`: no clusters, figures of its own."""

import json

import pytest

import kerasdc
import train
from kerasdc import zoo

SHORT = ["--model", "tsne", "--epochs", "2"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and the zoo it was published in."""
    folder = tmp_path_factory.mktemp("tsne")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASDC_ZOO", str(folder / "zoo"))
        out = str(folder / "out")
        assert train.main([*SHORT, "--out", out, "--publish"]) == 0
    return folder


def test_figures_are_those_of_an_embedding(finished):
    figures = json.loads((finished / "out" / "metrics.json").read_text())
    assert figures["accuracy"] is figures["nmi"] is figures["ari"] is None
    assert 0 < figures["neighbor_error"] < 0.5
    assert 0.7 < figures["trustworthiness"] < 1
    assert (finished / "out" / "embedding.png").is_file()
    assert not (finished / "out" / "report.html").exists()


def test_published_model_loads_and_verifies(finished):
    folder = finished / "zoo"
    model = kerasdc.load("tsne_digits", folder)
    assert type(model) is kerasdc.models.ParametricTSNE
    figures = json.loads((finished / "out" / "metrics.json").read_text())
    found = zoo.verify("tsne_digits", folder)["figures"]
    for score in ("neighbor_error", "trustworthiness"):
        assert found[score] == pytest.approx(figures[score], abs=1e-3)


def test_card_and_readme_tell_its_scores(finished):
    folder = finished / "zoo"
    card = (folder / "tsne_digits" / "README.md").read_text(encoding="utf-8")
    assert "clusters and" not in card
    assert "z = model.embed(x)" in card
    assert "|  | split | neighbor_error | trustworthiness |" in card
    assert "| seed | split | neighbor_error | trustworthiness |" in card
    overview = (folder / "README.md").read_text(encoding="utf-8")
    head = "| model | recipe | seed | split | neighbor_error |"
    assert head in overview
    assert overview.count("Embeddings without clusters.") == 2
