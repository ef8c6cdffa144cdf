"""Time of `import kerasdc` and `kerasdc.load`.

    python benchmarks/start_up.py --rounds 5

Imports of Keras and of this library are timed alternately in new processes;
the result is their ratio. The second process then loads TensorFlow and the
zoo, and times `load`.
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
import tensorflow
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
    import_keras = _IMPORT.format(module="keras")
    import_kerasdc = _IMPORT.format(module="kerasdc")
    load = _LOAD.format(name=options.model)
    rounds = [
        _seconds(import_keras) + _seconds(import_kerasdc + load)
        for _ in range(options.rounds)
    ]
    keras, kerasdc, load = (
        statistics.median(column) for column in zip(*rounds, strict=True)
    )
    print(f"import keras: {keras:.2f} s, import kerasdc: {kerasdc:.2f} s")
    print(f"ratio {kerasdc / keras:.3f}")
    print(f"load({options.model!r}): {load:.2f} s")


def _seconds(code):
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(line) for line in result.stdout.splitlines()]


if __name__ == "__main__":
    main()
