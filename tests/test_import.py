import ast
import collections
import pathlib
import re
import sys

import pytest

import kerasdc

PACKAGE = pathlib.Path(kerasdc.__file__).parent

CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"


def packages_in_order():
    """The subpackages, in the order of CONTRIBUTING.md's table."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`kerasdc/.*?) \|", text, re.M)
    return [
        name
        for cell in cells
        for name in re.findall(r"`(?:kerasdc/)?(\w+)/`", cell)
    ]


# A package may import those that the table has above it.
RANK = {name: rank for rank, name in enumerate(packages_in_order())}
FILES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path not in (PACKAGE / "__init__.py", PACKAGE / "__main__.py")
)


def package_of(path):
    return path.relative_to(PACKAGE).parts[0]


def imported_packages(source):
    """kerasdc's packages that a file imports, also inside functions."""
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
    assert len(RANK) == len(packages_in_order())
    assert RANK.keys() == {package_of(path) for path in FILES}


def test_every_module_is_in_a_package():
    loose = {path.name for path in PACKAGE.glob("*.py")}
    assert loose <= {"__init__.py", "__main__.py"}
    folders = {path.parent for path in FILES}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_a_name_stands_for_one_module():
    places = collections.defaultdict(list)
    for path in FILES:
        if not path.stem.startswith("__"):
            places[path.stem].append(path.parent.name)
    assert not places.keys() & sys.stdlib_module_names
    twice = {name: p for name, p in places.items() if len(p) > 1}
    # A system and its recipes have one name.
    assert all(p == ["models", "recipes"] for p in twice.values()), twice


def test_imports_are_seen():
    source = "from kerasdc import zoo\ndef f():\n    import kerasdc.layers.x"
    assert imported_packages(source) == {"zoo", "layers"}


def test_imports_go_one_way():
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in FILES
        for name in imported_packages(path.read_text(encoding="utf-8"))
        if RANK[name] > RANK[package_of(path)]
    ]
    assert not upwards


def test_lazy_names():
    assert kerasdc.metrics.nmi([0, 1], [0, 1]) == 1
    assert {"datasets", "load", "__version__"} <= set(dir(kerasdc))
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        _ = kerasdc.laod
