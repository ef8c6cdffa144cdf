"""All that runs on other backends of Keras, in one process for each."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from test_adversarial import PROGRAM as ADVERSARIAL_TRAINING
from test_gradients import PROGRAM as GRADIENTS
from test_gradients import check_training
from test_gradients import printed_here
from zoo_samples import LOAD
from zoo_samples import NAME

SYSTEMS = Path(__file__).with_name("backend_program.py")
RUN_SYSTEMS = f"""
import runpy
runpy.run_path({str(SYSTEMS)!r}, run_name="__main__")
"""


@pytest.fixture(
    scope="module",
    params=[
        ("jax", "short"),
        pytest.param(("jax", "whole"), marks=pytest.mark.slow),
        ("torch", "short"),
    ],
    ids="-".join,
)
def backend(request):
    if importlib.util.find_spec(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not installed")
    return request.param


@pytest.fixture(scope="module")
def printed(backend, run_python, tmp_path_factory):
    """Lines that all programs printed."""
    name, length = backend
    # Most of the time goes into compiling what runs a few times.
    fast = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    parts = [LOAD, GRADIENTS, RUN_SYSTEMS]
    parts += [ADVERSARIAL_TRAINING] * (length == "whole")
    output = run_python(
        "\n".join(parts),
        *(NAME, length, str(tmp_path_factory.mktemp(name))),
        KERAS_BACKEND=name,
        PYTHONPATH=str(SYSTEMS.parent),
        **fast,
    )
    return output.splitlines()


def test_an_entry_of_the_zoo_loads(printed, backend):
    """Without TensorFlow, and with the same outputs to 1e-5."""
    assert printed[:2] == [NAME, backend[0]]


def test_gradients_are_the_same(printed, backend):
    result, here = json.loads(printed[2]), printed_here()
    assert result["backend"] == backend[0]
    check_training(result)
    np.testing.assert_allclose(result["gradient"], here["gradient"], 1e-5, 1e-6)


def test_systems_train(printed, backend):
    assert printed[3] == backend[0]


def test_adversarial_training_lowers_the_loss(printed, backend):
    if backend[1] != "whole":
        pytest.skip("IMSAT trains with it")
    assert printed[4].split()[-1] == backend[0]
