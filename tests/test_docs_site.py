"""The documentation site: complete, and built without a warning."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kerasdc

ROOT = Path(kerasdc.__file__).parents[1]
API = ROOT / "docs" / "api"
PACKAGES = sorted(path.stem for path in API.glob("*.md") if path.stem != "top")
# Helpers that are public for other packages of the library.
NOT_SHOWN = {
    "metrics": {"checked_labels"},
    "models": {"SYSTEMS", "system"},
    "plots": {
        "PALETTE",
        "has_curves",
        "is_images",
        "log_rows",
        "plane",
        "png",
        "ranked",
        "two_dimensional",
    },
}


def shown(page):
    text = (API / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^::: kerasdc\.([\w.]+)$", text, re.M)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_public_names_are_shown(package):
    module = importlib.import_module(f"kerasdc.{package}")
    for name in shown(package):
        place, _, last = f"kerasdc.{name}".rpartition(".")
        assert callable(getattr(importlib.import_module(place), last))
    public = getattr(module, "__all__", None)
    if package == "baselines":
        public = ["list_baselines", "make_baseline"]
    if public is not None:
        names = {name.rpartition(".")[2] for name in shown(package)}
        assert names == set(public) - NOT_SHOWN.get(package, set())


def test_the_top_of_the_package_is_shown():
    names = {name.rpartition(".")[2] for name in shown("top")}
    lazy = set(kerasdc._LAZY_NAMES) | {"ClusteringMetrics"}
    # What `summarize` returns; the other page has the older name of `export`.
    assert names == (lazy | {"Summary"}) - {"export_saved_model"}


def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocstrings")
    command = ["-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING" not in done.stderr
    for page in ("index.html", "api/models/index.html"):
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "--8&lt;--" not in text and ":::" not in text
    assert 'id="kerasdc.models.DEC.compile"' in text
    assert "<blockquote>" not in text  # sessions are blocks of code
    # Nothing of a page is loaded from elsewhere.
    assert not re.findall(r'(?:src|rel="stylesheet" href)="https?:', text)
