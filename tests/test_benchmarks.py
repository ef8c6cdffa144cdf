"""The benchmarks run, on few samples; their figures are not checked."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
STEPS = ["--steps", "2", "--rounds", "1"]
ARGUMENTS = {
    "imsat_speed": STEPS,
    "kmeans_baseline": ["--seeds", "1"],
    "start_up": ["--rounds", "1", "--model", "dec_digits"],
    "training_speed": [*STEPS, "--samples", "600"],
    "vade_speed": STEPS,
}
# It compares with packages that the tests do not install.
LEFT_OUT = {"embedding_quality"}
# They time other models with the functions of `training_speed`.
SLOW = {"imsat_speed", "vade_speed"}


def test_every_benchmark_is_run():
    names = {path.stem for path in FOLDER.glob("*.py")}
    assert names == ARGUMENTS.keys() | LEFT_OUT


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW))
        for name in ARGUMENTS
    ],
)
def test_benchmark_prints_figures(name, monkeypatch, capsys):
    path = FOLDER / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(path), *ARGUMENTS[name]])
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    runpy.run_path(str(path), run_name="__main__")
    assert any(letter.isdigit() for letter in capsys.readouterr().out)
