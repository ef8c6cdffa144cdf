import importlib.util
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("backend_program.py")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend, run_python, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    # Most of the time goes into compiling what runs a few times.
    fast = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    output = run_python(
        f"import runpy; runpy.run_path({str(PROGRAM)!r}, run_name='__main__')",
        str(tmp_path),
        KERAS_BACKEND=backend,
        PYTHONPATH=str(PROGRAM.parent),
        **fast,
    )
    assert output.split()[-1] == backend
