"""Examples run where what they need is installed."""

import ast
import importlib.util
import json
import re
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_can_be_read(path):
    names = runpy.run_path(str(path))
    assert callable(names["main"])
    assert "pip install" in names["__doc__"]


def test_bodies_of_messages():
    names = runpy.run_path(str(EXAMPLES[0]))
    text = "From: me\nSubject: it\n\n> what you said\nis what\nI say\n"
    assert names["body_of"](text) == "is what I say"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_were_run(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|work)/", text)
    cells = json.loads(text)["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [c["execution_count"] for c in cells] == list(
        range(1, len(cells) + 1)
    )
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert len(outputs) >= 4
    assert all(output["output_type"] != "error" for output in outputs)
    for cell in cells:
        ast.parse("".join(cell["source"]))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    if "sentence" in path.stem:
        pytest.importorskip("keras_hub")
        pytest.importorskip("all_minilm_l6_v2")
    book = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(book, timeout=900, resources=place).execute()


@pytest.mark.slow
def test_sentences_are_clustered_and_served(tmp_path, capsys):
    for package in ("keras_hub", "all_minilm_l6_v2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    main = runpy.run_path(str(EXAMPLES[0]))["main"]
    main(["--samples", "60", "--clusters", "3", "--out", str(tmp_path / "s")])
    assert (tmp_path / "s" / "1" / "saved_model.pb").is_file()
    assert "'nmi'" in capsys.readouterr().out
