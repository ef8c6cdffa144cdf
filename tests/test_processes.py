"""Several processes train one model, each on its share of the samples."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kerasdc.utils import processes

HERE = Path(__file__).parent
LIMIT = 240  # seconds

needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)


def test_one_process_keeps_its_own():
    x = np.arange(6.0).reshape(3, 2)
    assert processes.num_processes() == 1
    assert processes.process_index() == 0
    assert np.array_equal(processes.summed(x), x)
    assert processes.joined(x) is x
    assert np.array_equal(x[processes.share_of(3)], x)
    assert processes.agreed(5) == 5
    processes.leave()


def free_address():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}"


def started(program, count, arguments):
    """So many processes; `arguments` is a function of address and index."""
    address = free_address()
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": f"{HERE}:{HERE.parent}",
        "OMP_NUM_THREADS": "1",
    }
    return [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                str(program),
                *arguments(address, i),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(count)
    ]


def ended(running):
    """What each process has printed."""
    try:
        printed = [process.communicate(timeout=LIMIT) for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    for process, (_, errors) in zip(running, printed, strict=True):
        assert process.returncode == 0, errors[-3000:]
    return [output for output, _ in printed]


def trained(count):
    outputs = ended(
        started(
            HERE / "processes_program.py",
            count,
            lambda address, i: [address, str(count), str(i)],
        )
    )
    found = []
    for output in outputs:
        lines = [x for x in output.splitlines() if x.startswith("{")]
        found.append({k: v for x in lines for k, v in json.loads(x).items()})
    return found


@needs_jax
@pytest.mark.parametrize("count", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_as_one_process(count):
    (alone,) = trained(1)
    together = trained(count)
    for found in together:
        assert "graph of all samples" in found.pop("refused")
        assert found == together[0]
    for name in ("losses", "changes"):
        np.testing.assert_allclose(
            together[0]["dec"][name], alone["dec"][name], atol=1e-5
        )
    assert together[0]["dec"]["sizes"] == alone["dec"]["sizes"]
    assert together[0]["dec"]["clusters"] == alone["dec"]["clusters"]
    # IMSAT's radii are of neighbors in the share.
    assert np.isfinite(together[0]["imsat"]["losses"]).all()


def train(folder, *more):
    return started(
        HERE.parent / "train.py",
        2,
        lambda address, i: [
            *("--distributed", "--coordinator", address),
            *("--num-processes", "2", "--process-index", str(i)),
            *("--recipe", "autoencoder", "--pretrain-epochs", "1"),
            *("--epochs", "6", "--out", str(folder), *more),
        ],
    )


@needs_jax
@pytest.mark.slow
def test_killed_and_resumed(tmp_path):
    running = train(tmp_path / "killed")
    backup = tmp_path / "killed" / "backup" / "fit" / "epoch_2.sha256"
    deadline = time.monotonic() + LIMIT
    while not backup.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    running[1].kill()
    time.sleep(1)
    running[0].kill()
    for process in running:
        process.communicate()
    ended(train(tmp_path / "killed", "--resume"))
    ended(train(tmp_path / "whole"))
    files = [tmp_path / n / "assignments.csv" for n in ("killed", "whole")]
    assert files[0].read_bytes() == files[1].read_bytes()
