"""Milliseconds of one request to a published SavedModel, and of the first.

    python benchmarks/serving_latency.py --model dec_mnist

A SavedModel is loaded by TensorFlow alone, as a server does, and asked for
the clusters of one sample at a time.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from machine_load import machine_load

ZOO = Path(__file__).parent.parent / "zoo"


def main():
    """Prints percentiles."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="dec_mnist")
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    print(f"load {machine_load():.2f}")
    folder = ZOO / options.model / "saved_model" / "1"
    start = time.perf_counter()
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    print(f"loaded in {time.perf_counter() - start:.2f} s")
    (inputs,) = serve.structured_input_signature[1].values()
    x = np.random.default_rng(0).integers(0, 256, inputs.shape[1:])
    x = tf.constant(x[None], inputs.dtype)
    times = [_milliseconds(serve, x) for _ in range(options.requests + 1)]
    p50, p99 = np.percentile(times[1:], [50, 99])
    print(f"first {times[0]:.1f} ms, then p50 {p50:.2f} ms, p99 {p99:.2f} ms")


def _milliseconds(serve, x):
    start = time.perf_counter()
    for value in serve(x).values():
        value.numpy()
    return (time.perf_counter() - start) * 1e3


if __name__ == "__main__":
    main()
