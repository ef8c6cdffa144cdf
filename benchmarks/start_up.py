"""Time of `import kerasdc` and `kerasdc.load`.

    python benchmarks/start_up.py --rounds 5

Imports of Keras and of this library are timed alternately in new processes;
the result is their ratio. Loading is timed in new processes, too, after the
imports.
"""

import argparse
import statistics
import subprocess
import sys

_IMPORT = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""
_LOAD = """
import time
import tensorflow
import kerasdc
import kerasdc.zoo
start = time.perf_counter()
kerasdc.load("{name}")
print(time.perf_counter() - start)
"""


def main():
    """Prints the ratio and the seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="dec_mnist")
    options = parser.parse_args()
    pairs = [
        [_seconds(_IMPORT.format(module=m)) for m in ("keras", "kerasdc")]
        for _ in range(options.rounds)
    ]
    keras, kerasdc = (
        statistics.median(column) for column in zip(*pairs, strict=True)
    )
    print(f"import keras: {keras:.2f} s, import kerasdc: {kerasdc:.2f} s")
    print(f"ratio {kerasdc / keras:.3f}")
    loads = [
        _seconds(_LOAD.format(name=options.model))
        for _ in range(options.rounds)
    ]
    print(f"load({options.model!r}): {statistics.median(loads):.2f} s")


def _seconds(code):
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(result.stdout.split()[-1])


if __name__ == "__main__":
    main()
