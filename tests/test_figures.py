"""Whole trainings: the figures of the digits come out again."""

import json
import re
import statistics
from pathlib import Path

import pytest
from dataset_samples import needs_data

import train
from kerasdc import zoo

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("system", ["dac", "dec", "embedding", "imsat", "vade"])
def test_digits_come_out_as_in_the_table(system, tmp_path):
    rows = [
        row["accuracy"]
        for row in zoo.read_results()
        if (row["system"], row["dataset"], row["recipe"])
        == (system, "digits", "best")
    ]
    lowest = statistics.mean(rows) - 3 * statistics.stdev(rows)
    command = ["--model", system, "--dataset", "digits", "--out", str(tmp_path)]
    assert train.main(command) == 0
    figures = json.loads((tmp_path / "metrics.json").read_text())
    assert figures["accuracy"] > lowest


def mnist_commands():
    """README's commands that train on MNIST, in their order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^python train.py (.*--dataset mnist.*)$", readme, re.M)


@needs_data
def test_commands_of_the_readme_train_on_mnist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = (command.split() for command in mnist_commands())
    assert second == [*first, "--resume"]
    short = ["--pretrain-epochs", "1", "--epochs", "1"]
    assert train.main([*first, *short]) == 0
    assert train.main([*second, *short]) == 0
    (out,) = (tmp_path / "runs").iterdir()
    assert (out / "report.html").is_file()
