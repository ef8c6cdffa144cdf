import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kerasdc.runs.ownership import Ownership

# Takes the folder, says so, and waits to be killed. Without Keras, which the
# package itself would import for seconds.
HOLD = """
import pathlib, sys, time, types
for name in ("kerasdc", "kerasdc.runs", "kerasdc.utils"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [f"{sys.argv[1]}/{name.replace('.', '/')}"]
from kerasdc.runs.ownership import Ownership
owner = Ownership(pathlib.Path(sys.argv[2]))
owner.take()
print("taken", flush=True)
time.sleep(600)
"""
ROOT = Path(__file__).parent.parent


@pytest.fixture
def other(tmp_path):
    """Another process, which owns the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, ROOT, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "taken\n"
        yield process
        process.kill()


def test_the_owner_is_named_until_it_is_killed(other, tmp_path):
    with pytest.raises(BlockingIOError, match=re.escape(str(tmp_path))) as told:
        Ownership(tmp_path).take()
    owner = json.loads((tmp_path / "owner.json").read_text(encoding="utf-8"))
    assert owner["pid"] == other.pid
    for value in owner.values():
        assert str(value) in str(told.value)
    other.send_signal(signal.SIGKILL)
    other.wait()
    mine = Ownership(tmp_path)
    mine.take()
    text = (tmp_path / "owner.json").read_text(encoding="utf-8")
    assert json.loads(text)["pid"] == os.getpid()
    mine.free()
    assert list(tmp_path.iterdir()) == []


def test_one_of_a_process_frees_it_for_another(tmp_path):
    first, second = Ownership(tmp_path), Ownership(tmp_path)
    first.take()
    first.take()
    with pytest.raises(BlockingIOError, match=r"this one: `close\(\)`"):
        second.take()
    first.free()
    second.take()
    del second  # as when a run is no longer used
    first.take()
    first.free()
    first.free()


def test_a_half_written_owner_is_still_one(tmp_path):
    first = Ownership(tmp_path)
    first.take()
    (tmp_path / "owner.json").write_text("{", encoding="utf-8")
    with pytest.raises(BlockingIOError, match="by another process"):
        Ownership(tmp_path).take()
    first.free()
