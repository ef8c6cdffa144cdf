import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kerasdc
from kerasdc.utils import quiet_start

ROOT = Path(kerasdc.__file__).parents[1]
LINES = [
    b"WARNING: All log messages before absl::InitializeLog() is called",
    b"I0000 00:00:1.5   77 port.cc:153] oneDNN custom operations are on.",
    b"E0000 00:00:1.5   77 cuda_platform.cc:52] failed call to cuInit",
    b"To enable the following instructions: AVX2, in other operations",
]


def test_only_known_lines_are_dropped(capfd):
    with quiet_start.quiet_start():
        os.write(2, b"\n".join([*LINES, b"E0000 00:00:1 7 x.cc:1] bad", b""]))
        print("a line of our own")
    found = capfd.readouterr()
    assert found.err == "E0000 00:00:1 7 x.cc:1] bad\n"
    assert found.out == "a line of our own\n"


def test_an_error_inside_is_shown(capfd):
    with pytest.raises(ImportError), quiet_start.quiet_start():
        os.write(2, b"why\n")
        raise ImportError
    assert capfd.readouterr().err == "why\n"


def test_only_programs_start_so(monkeypatch):
    monkeypatch.delenv(quiet_start.VARIABLE, raising=False)
    monkeypatch.setattr(sys, "argv", ["program.py"])
    assert not quiet_start.is_asked()
    monkeypatch.setattr(sys, "argv", ["-m", "--data", "x.csv"])
    assert quiet_start.is_asked()
    monkeypatch.setattr(sys, "argv", [""])
    monkeypatch.setenv(quiet_start.VARIABLE, "1")
    assert quiet_start.is_asked()


@pytest.mark.parametrize("program", [["train.py", "--list"]])
def test_the_first_line_is_our_own(program, tmp_path):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    environment.pop("KERASDC_ZOO", None)
    done = subprocess.run(
        [sys.executable, str(ROOT / program[0]), *program[1:]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Recipes")


def test_many_models_in_a_loop_are_not_traced_anew(caplog):
    """TensorFlow says so from the fifth time on."""
    x = np.random.default_rng(0).random((40, 5))
    with caplog.at_level(logging.WARNING):
        for seed in range(7):
            encoder = kerasdc.networks.mlp_encoder((5,), (4,), 2)
            model = kerasdc.models.IMSAT(2, encoder=encoder, seed=seed)
            model.compile()
            model.fit(x[: 30 + seed], epochs=1, verbose=0)
            model.assign(x)
            model.embed(x)
    assert "retracing" not in caplog.text
