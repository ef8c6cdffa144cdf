"""Whole trainings: the figures of the digits come out again."""

import json
import statistics

import pytest

import train
from kerasdc import zoo

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
