"""How busy other processes keep the machine."""

import os
import time
from pathlib import Path

HIGHEST_LOAD = 0.5
_STAT = Path("/proc/stat")


def machine_load(seconds=2.0):
    """Cores that are busy while this process sleeps.

    Args:
        seconds: Float, how long.

    Returns:
        Float, from 0 to the number of cores. Where the system does not count
        (outside Linux), its load average of the last minute.
    """
    if not _STAT.exists():
        return os.getloadavg()[0]
    before = _busy_seconds()
    time.sleep(seconds)
    return (_busy_seconds() - before) / seconds


def _busy_seconds():
    words = _STAT.read_text().splitlines()[0].split()[1:]
    user, nice, system, *_ = map(int, words)
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
