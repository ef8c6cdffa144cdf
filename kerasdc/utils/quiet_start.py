"""Starts TensorFlow without its lines on processors and drivers.

Only for programs: `train.py` and `python -m kerasdc`. They are what a newcomer
sees first, and they say nothing of the program.
"""

import contextlib
import os
import re
import sys
import tempfile

VARIABLE = "KERASDC_QUIET_START"
_FILES = "port|cudart_stub|cpu_feature_guard|cuda_platform|cuda_executor"
_LINES = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|[IWE]\d{4} .*\b(?:" + _FILES.encode() + rb")\.cc:\d+\]"
    rb"|To enable the following instructions: "
)


def is_asked():
    """Whether this process is such a program.

    Returns:
        Boolean: the environment variable `KERASDC_QUIET_START` is 1, or
        Python was started as `python -m kerasdc`.
    """
    # While `-m` looks for the module, this is the name of the program.
    started = sys.argv[:1] == ["-m"]
    return started or os.environ.get(VARIABLE) == "1"


@contextlib.contextmanager
def quiet_start():
    """Keeps those lines from the error stream; all others come at the end.

    TensorFlow writes them to the file descriptor, before it reads any
    setting.
    """
    try:
        saved = os.dup(2)
    except OSError:  # there is no error stream
        yield
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            for line in file:
                if not _LINES.match(line):
                    os.write(2, line)
