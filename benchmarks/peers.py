"""Seconds of an epoch of DEC, beside ClustPy's on PyTorch.

    pip install clustpy
    python benchmarks/peers.py --peer-python path/to/python

Both train DEC's 500-500-2000-10 on ten noisy patterns, as many samples as USPS
has, with batches of 256: autoencoder first, then the clustering. Each side
runs in a process of its own, in turns, so that neither holds threads or memory
of the other; an epoch is a pass over the data. Rates are of epochs after the
first, which compiles. Here, the clustering refreshes its targets from all
samples every 140 steps, as DEC's paper has it (`--update-interval`); ClustPy
makes them from each batch, without a refresh.

The ratio is ours over the peer's: below 1, ours is faster. The cores that
others keep busy are printed first.
"""

import argparse
import json
import subprocess
import sys

import numpy as np
from machine_load import HIGHEST_LOAD
from machine_load import machine_load

STAGES = ("pretraining", "clustering")


def main():
    """Prints seconds and ratios, or times one side."""
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--samples", type=int, default=9298)
    add("--features", type=int, default=256)
    add("--epochs", type=int, default=10)
    add("--rounds", type=int, default=3)
    add("--update-interval", type=int, default=140)
    add("--peer-python", default=sys.executable, help="with clustpy installed")
    add("--side", choices=("ours", "peer"), help="times one, in this process")
    options = parser.parse_args()
    if options.side:
        time_side = {"ours": time_ours, "peer": time_peer}[options.side]
        print(json.dumps(time_side(options)))
        return
    load = machine_load()
    print(f"load {load:.2f}")
    rounds = [
        [seconds_of(side, options) for side in ("ours", "peer")]
        for _ in range(options.rounds)
    ]
    for i, stage in enumerate(STAGES):
        ours, peer = np.min([[s[i] for s in sides] for sides in rounds], axis=0)
        print(
            f"{stage:12} ours {ours:.3f} s an epoch, ClustPy {peer:.3f} s, "
            f"ratio {ours / peer:.2f}"
        )
    if load > HIGHEST_LOAD:
        print("Other processes share the machine: ratios may mislead.")


def seconds_of(side, options):
    """Seconds of an epoch of each stage, by a new process."""
    python = options.peer_python if side == "peer" else sys.executable
    words = [
        f"--{name}={getattr(options, name.replace('-', '_'))}"
        for name in ("samples", "features", "epochs", "update-interval")
    ]
    result = subprocess.run(
        [python, __file__, "--side", side, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # bars
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


def data(options):
    """Pixels of ten noisy patterns, from 0 to 1."""
    generator = np.random.default_rng(0)
    kinds = generator.random((10, options.features))
    x = kinds[generator.integers(0, 10, options.samples)]
    x = x + generator.random((options.samples, options.features)) / 2
    return (x / 1.5).astype("float32")


def time_ours(options):
    """Seconds of our epochs."""
    import kerasdc

    x = data(options)
    model = kerasdc.models.DEC(10, seed=0)
    model.compile(update_interval=options.update_interval)
    batches = -(-options.samples // 256)
    pretraining = _seconds_of_steps(model.pretrain, x, options.epochs)
    model.adapt(x, num_restarts=1)
    intervals = max(
        2, round(options.epochs * batches / options.update_interval)
    )
    step = _seconds_of_steps(model.fit, x, intervals)
    return [pretraining * batches, step * batches]


def _seconds_of_steps(train, x, epochs):
    """Mean seconds of a step, all that stands between two included."""
    import time

    import keras

    ends = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            ends.append(time.perf_counter())
            self.steps = self.params["steps"]

    clock = Clock()
    train(x, epochs=epochs + 1, batch_size=256, callbacks=[clock], verbose=0)
    return (ends[-1] - ends[0]) / epochs / clock.steps


def time_peer(options):
    """Seconds of ClustPy's epochs."""
    import time

    from clustpy.deep import DEC

    def train(pretraining, clustering):
        model = DEC(
            10,
            pretrain_epochs=pretraining,
            clustering_epochs=clustering,
            initial_clustering_params={"n_init": 1},
            random_state=0,
        )
        start = time.perf_counter()
        model.fit(x)
        return time.perf_counter() - start

    x, n = data(options), options.epochs
    train(1, 1)
    short = train(1, 1)
    return [(train(1 + n, 1) - short) / n, (train(1, 1 + n) - short) / n]


if __name__ == "__main__":
    main()
