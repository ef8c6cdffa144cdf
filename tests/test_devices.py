"""Several devices of one machine train as one does."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from kerasdc.targets.devices import batch_of_process
from kerasdc.targets.devices import num_devices
from kerasdc.targets.devices import rows_of_pass

PROGRAM = Path(__file__).with_name("devices_program.py")
RUN = f"""
import runpy
runpy.run_path({str(PROGRAM)!r}, run_name="__main__")
"""


def test_one_device_has_all():
    assert num_devices() == 1
    assert batch_of_process(7) == 7
    assert rows_of_pass(10) == 10


def trained(run_python, backend, devices, systems):
    flag = f"--xla_force_host_platform_device_count={devices}"
    output = run_python(
        RUN,
        str(devices),
        *systems,
        KERAS_BACKEND=backend,
        XLA_FLAGS=flag,
        PYTHONPATH=str(PROGRAM.parent),
    )
    found = {}
    for line in output.splitlines():
        if line.startswith("{"):
            found |= json.loads(line)
    return found


@pytest.mark.parametrize(
    "backend, systems",
    [
        # Those whose losses are of single samples: others compare within the
        # part of a batch that a device of TensorFlow has.
        ("tensorflow", ["dec"]),
        ("jax", ["dec"]),
        pytest.param(
            "jax",
            ["imsat", "dac", "embedding", "idec", "dcn", "temi", "tsne"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_as_one_device(run_python, backend, systems):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    one, four = (trained(run_python, backend, n, systems) for n in (1, 4))
    assert one.keys() == four.keys() == set(systems)
    for system in systems:
        losses = [found[system]["losses"] for found in (one, four)]
        np.testing.assert_allclose(*losses, rtol=1e-4, atol=1e-5)
        assert four[system]["finite"]
        if system != "tsne":
            clusters = [
                np.argmax(found[system]["outputs"], axis=1)
                for found in (one, four)
            ]
            assert np.mean(clusters[0] == clusters[1]) > 0.98, system
