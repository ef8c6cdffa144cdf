import ast
import pathlib
import re

import pytest

import kerasdc

PACKAGE = pathlib.Path(kerasdc.__file__).parent

CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"


def modules_in_order():
    """The package's modules, as CONTRIBUTING.md's table lists them."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`kerasdc/.*?) \|", text, re.M)
    return [
        name
        for cell in cells
        for name in re.findall(r"`(?:kerasdc/)?(\w+)(?:\.py|/)`", cell)
    ]


# A module may import those that the table has above it.
RANK = {name: rank for rank, name in enumerate(modules_in_order())}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"
)


def module_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_modules(source):
    """kerasdc's modules that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        parts = [name.split(".") for name in names]
        found |= {p[1] for p in parts if p[0] == "kerasdc" and len(p) > 1}
    return found & RANK.keys()


def test_the_table_lists_what_is_there():
    assert len(RANK) == len(modules_in_order())
    assert RANK.keys() == {module_of(path) for path in FILES}


def test_imports_are_seen():
    source = "from kerasdc import zoo\ndef f():\n    import kerasdc.layers.x"
    assert imported_modules(source) == {"zoo", "layers"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: module_of(p))
def test_imports_go_one_way(path):
    module = module_of(path)
    assert module in RANK, f"give {module} its place in CONTRIBUTING.md"
    upwards = {
        name
        for name in imported_modules(path.read_text())
        if name != module and RANK[name] > RANK[module]
    }
    assert not upwards


PROGRAM = """
import sys

sys.modules["jax"] = None  # TensorFlow imports it, if it can
import keras

before = set(sys.modules)
import kerasdc

print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_import_adds_nothing_but_itself(run_python):
    added = set(run_python(PROGRAM, KERAS_BACKEND="tensorflow").split())
    heavy = {"tensorflow_probability", "tf_keras", "sklearn", "matplotlib"}
    assert "kerasdc" in added
    assert not added & (heavy | {"scipy", "pandas", "PIL"})


def test_lazy_names():
    assert kerasdc.metrics.nmi([0, 1], [0, 1]) == 1
    assert {"datasets", "load", "__version__"} <= set(dir(kerasdc))
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        _ = kerasdc.laod
