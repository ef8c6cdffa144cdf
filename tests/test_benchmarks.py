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
    "profile_step": ["--dataset", "digits", "--samples", "600"],
    "serving_latency": ["--model", "dec_digits", "--requests", "20"],
    "large_data": [
        *("--rows", "1500", "--steps", "2", "--systems", "dec", "assign"),
    ],
    "own_data": ["--datasets", "wine", "--steps", "2"],
    "selection": ["--datasets", "wine", "--epochs", "1"],
    "start_up": ["--rounds", "1", "--model", "dec_digits"],
    "training_speed": [*STEPS, "--samples", "512"],
    "vade_speed": STEPS,
}
# It compares with packages that the tests do not install.
LEFT_OUT = {"embedding_quality", "peers"}
# Networks of the papers' widths, and three new processes.
SLOW = {
    "imsat_speed",
    "large_data",
    "own_data",
    "profile_step",
    "selection",
    "start_up",
    "training_speed",
    "vade_speed",
}
# What others are made of.
PARTS = {"machine_load", "step_parts"}


def test_every_benchmark_is_run():
    names = {path.stem for path in FOLDER.glob("*.py")}
    assert names == ARGUMENTS.keys() | LEFT_OUT | PARTS


@pytest.fixture
def run_benchmark(monkeypatch, capsys):
    """A function that runs one, and returns what it prints."""

    def run(name, *arguments):
        path = FOLDER / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [str(path), *arguments])
        monkeypatch.syspath_prepend(str(FOLDER))
        monkeypatch.delenv("KERASDC_ZOO", raising=False)
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as end:
            assert not end.code
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", ARGUMENTS)
def test_benchmark_knows_its_arguments(name, run_benchmark):
    shown = run_benchmark(name, "--help")
    given = [word for word in ARGUMENTS[name] if word.startswith("--")]
    assert all(word in shown for word in given)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW))
        for name in ARGUMENTS
    ],
)
def test_benchmark_prints_figures(name, run_benchmark):
    shown = run_benchmark(name, *ARGUMENTS[name])
    assert any(letter.isdigit() for letter in shown)
