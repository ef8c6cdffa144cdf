"""Every example of a docstring runs, and gives what it says."""

import ast
import doctest
import functools
import pathlib

import keras
import numpy as np
import pytest

import kerasdc
from kerasdc.models import neighbor_clustering
from kerasdc.models.bases import graph_search

PACKAGE = pathlib.Path(kerasdc.__file__).parent


def examples_of(path):
    """Yields a test of each docstring with examples, and its name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(tree):
        text = ast.get_docstring(node) if isinstance(node, kinds) else None
        examples = doctest.DocTestParser().get_examples(text or "")
        if examples:
            name = getattr(node, "name", path.parent.name)
            yield pytest.param(examples, id=name)


EXAMPLES = [
    example
    for path in sorted(PACKAGE.rglob("*.py"))
    for example in examples_of(path)
]


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What an example finds: imports, an empty folder, the published zoo.

    Epochs whose length the data do not set are short.
    """
    monkeypatch.setenv("KERASDC_ZOO", str(PACKAGE.parent / "zoo"))
    monkeypatch.chdir(tmp_path)
    fit = kerasdc.models.NeighborEmbedding.fit
    short = functools.partialmethod(fit, steps_per_epoch=2)
    monkeypatch.setattr(kerasdc.models.NeighborEmbedding, "fit", short)
    monkeypatch.setattr(neighbor_clustering, "STEPS_PER_EPOCH", 2)
    monkeypatch.setattr(graph_search, "NUM_POINT_SETS", 1)
    keras.utils.set_random_seed(0)
    return {"kerasdc": kerasdc, "keras": keras, "np": np, "ops": keras.ops}


# Of random samples, which have none.
@pytest.mark.filterwarnings("ignore:No sample was in cluster")
@pytest.mark.filterwarnings("ignore:The network has learned")  # in 10 steps
@pytest.mark.parametrize("examples", EXAMPLES)
def test_example(examples, names, eagerly):
    for example in examples:
        source = ast.parse(example.source)
        last = source.body[-1]
        if not example.want:
            exec(compile(source, "example", "exec"), names)
            continue
        assert len(source.body) == 1 and isinstance(last, ast.Expr)
        value = eval(example.source, names)
        assert_shown(value, example.want.strip())


def assert_shown(value, shown):
    """Arrays and numbers equal what is shown; all else is printed so."""
    if shown.startswith("("):  # a shape, whose type each backend has its own of
        assert tuple(value) == ast.literal_eval(shown)
        return
    if hasattr(value, "__array__") or isinstance(value, float):
        expected = np.array(ast.literal_eval(shown))
        assert np.shape(value) == expected.shape
        # As many digits as are shown.
        np.testing.assert_allclose(np.asarray(value), expected, atol=6e-4)
    else:
        assert repr(value) == shown


def test_there_are_examples():
    assert len(EXAMPLES) > 20


def test_wrong_results_are_found():
    assert_shown(np.array([1.0, 2.0]), "[1, 2]")
    with pytest.raises(AssertionError):
        assert_shown(np.array([1.0, 2.0]), "[1, 2.5]")
    with pytest.raises(AssertionError):
        assert_shown((1, 2), "(1, 3)")
