"""Examples run where what they need is installed."""

import importlib.util
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_can_be_read(path):
    names = runpy.run_path(str(path))
    assert callable(names["main"])
    assert "pip install" in names["__doc__"]


def test_bodies_of_messages():
    names = runpy.run_path(str(EXAMPLES[0]))
    text = "From: me\nSubject: it\n\n> what you said\nis what\nI say\n"
    assert names["body_of"](text) == "is what I say"


@pytest.mark.slow
def test_sentences_are_clustered_and_served(tmp_path, capsys):
    for package in ("keras_hub", "all_minilm_l6_v2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    main = runpy.run_path(str(EXAMPLES[0]))["main"]
    main(["--samples", "60", "--clusters", "3", "--out", str(tmp_path / "s")])
    assert (tmp_path / "s" / "1" / "saved_model.pb").is_file()
    assert "'nmi'" in capsys.readouterr().out
