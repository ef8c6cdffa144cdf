"""How the code is built, so that a system stays one short file."""

import ast
import pathlib

import keras
import pytest

import kerasdc
from kerasdc.models import SYSTEMS

PACKAGE = pathlib.Path(kerasdc.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def depth(cls):
    """Length of the longest chain of classes from `keras.Model` to it."""
    if cls is keras.Model:
        return 0
    above = [b for b in cls.__bases__ if issubclass(b, keras.Model)]
    return 1 + max(map(depth, above))


def methods(name):
    """Where methods of that name are defined, as `module.Class`."""
    return {
        f"{path.stem}.{node.name}"
        for path in FILES
        if path.parent.name != "baselines"  # scikit-learn's, none of Keras
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and item.name == name
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_at_most_three_classes_between_keras_and_a_system(system):
    assert depth(SYSTEMS[system]) - 1 <= 3


def test_one_fit_one_loss_and_no_train_step():
    assert methods("compute_loss") == {"evaluation.Evaluation"}
    # The others train encoders, before `fit` of a system; or call it.
    others = {
        "autoencoder.Autoencoder",
        "base.DeepEstimator",
        "layerwise.LayerwisePretraining",
        "neighbor_embedding.NeighborEmbedding",
    }
    assert methods("fit") == {"training.Training"} | others
    assert methods("train_step") == set()


def test_every_system_says_its_loss():
    found = methods("loss_terms")
    for system in SYSTEMS.values():
        # DBC's is DEC's.
        bases = [c for c in system.__mro__ if c in SYSTEMS.values()]
        named = {f"{c.__module__.split('.')[-1]}.{c.__name__}" for c in bases}
        assert named & found, system


def test_files_are_short():
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text().splitlines())
        for path in FILES
    }
    assert {name: n for name, n in lengths.items() if n > 300} == {}
    assert lengths["models/dec.py"] <= 180
