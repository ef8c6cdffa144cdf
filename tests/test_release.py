"""What a release says of itself is the same everywhere."""

import re
import tomllib
from pathlib import Path

import pytest

import kerasdc
from kerasdc.zoo.location import DEFAULT_URL

ROOT = Path(kerasdc.__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
URLS = PROJECT["project"]["urls"]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version_everywhere():
    version = kerasdc.__version__
    assert f"\nversion: {version}\n" in read("CITATION.cff")
    assert re.search(
        rf"^## {re.escape(version)} \(", read("CHANGELOG.md"), re.M
    )
    assert URLS["Models"] == DEFAULT_URL
    assert f"/v{version}/" in DEFAULT_URL


def test_one_address_everywhere():
    home = URLS["Homepage"]
    assert f"git clone {home} " in read("README.md")
    assert f"repository-code: {home}\n" in read("CITATION.cff")
    assert f"repo_url: {home}\n" in read("mkdocs.yml")
    assert URLS["Documentation"] + "/" in read("mkdocs.yml")


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda p: p.stem
)
def test_workflows_use_what_there_is(path):
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["jobs"]
    extras = PROJECT["project"]["optional-dependencies"]
    for names in re.findall(r'-e "\.\[(.+?)\]"', path.read_text("utf-8")):
        assert set(names.split(",")) <= set(extras)


def test_workflows_test_every_python_that_is_named():
    lowest = PROJECT["project"]["requires-python"].removeprefix(">=")
    workflow = read(".github/workflows/tests.yml")
    named = re.search(r"python: \[(.*)\]", workflow)[1]
    assert named == '"3.11", "3.12", "3.13"' and lowest in named
    assert "lowest-direct" in workflow
