"""Time of DEC's `pretrain` and `fit` compared with plain Keras.

    python benchmarks/training_speed.py

Plain Keras is `keras.Model.fit` with the same network, optimizer and batches
of NumPy arrays. Both are timed alternately in one run, from the first step of
the second epoch to its last; the first epoch traces the graph. The result is
the ratio. The script also prints the time that a refresh of P for 70,000 x 10
adds to predicting Q, as a share of an update interval, and the peak memory,
including that of plain Keras.
"""

import argparse
import resource
import time

import keras
import numpy as np

import kerasdc
from kerasdc.targets import SelfTrainingTargets
from kerasdc.targets.feeding import feed


def main():
    """Prints the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=70_000)
    parser.add_argument("--steps", type=int, default=140)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    x = np.random.default_rng(0).integers(
        0, 256, (options.samples, 28, 28), dtype="uint8"
    )
    model = kerasdc.models.DEC(10, seed=0)
    model.compile(update_interval=options.steps)
    rows = options.steps * 256
    _report("pretrain", _pretrain_pairs(model, x[:rows], options.rounds))
    model.clustering.adapt(model.embed(x[:2000]), num_restarts=1, seed=0)
    _report("fit", _fit_pairs(model, x, options.steps, options.rounds))
    _report_refresh(model, x, options.steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory, bare Keras and its arrays included: {peak:.2f} GiB")


def _pretrain_pairs(model, x, rounds):
    flat = x.reshape(len(x), -1).astype("float32") / 255
    bare = _bare_network(decoder=True)
    bare.compile(keras.optimizers.Adam(1e-3), "mse")
    options = {"epochs": 2, "batch_size": 256, "verbose": 0}
    runs = [
        lambda timer: model.pretrain(x, callbacks=[timer], **options),
        lambda timer: bare.fit(flat, flat, callbacks=[timer], **options),
    ]
    return alternate(runs, rounds)


def _fit_pairs(model, x, steps, rounds):
    """Times the steps of `fit`, without the refreshes of P."""
    flat = x[: steps * 256].reshape(-1, 784).astype("float32") / 255
    target = np.full((len(flat), 10), 0.1, "float32")
    bare = _bare_network(decoder=False)
    bare.compile(
        keras.optimizers.SGD(0.01, momentum=0.9), kerasdc.losses.kl_divergence
    )
    options = {"epochs": 2, "batch_size": 256, "verbose": 0}
    runs = [
        lambda timer: model.fit(x, callbacks=[timer], **options),
        lambda timer: bare.fit(flat, target, callbacks=[timer], **options),
    ]
    return alternate(runs, rounds)


class _StepTimer(keras.callbacks.Callback):
    """Seconds of the steps of the last epoch."""

    takes_groups = True  # of steps

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.params["steps"]:
            self.seconds = time.perf_counter() - self._start


class _TimedPredict:
    """A model that stores the time of its last `predict`."""

    def __init__(self, model):
        self.model = model
        self.num_clusters = model.num_clusters

    def predict(self, x, **kwargs):
        start = time.perf_counter()
        soft_assignment = self.model.predict(x, **kwargs)
        self.seconds = time.perf_counter() - start
        return soft_assignment


def _bare_network(decoder):
    layers = [keras.Input((784,))]
    widths = (500, 500, 2000)
    layers += [keras.layers.Dense(w, activation="relu") for w in widths]
    layers.append(keras.layers.Dense(10))
    if not decoder:
        return keras.Sequential([*layers, kerasdc.layers.ClusteringLayer(10)])
    layers += [keras.layers.Dense(w, activation="relu") for w in widths[::-1]]
    return keras.Sequential([*layers, keras.layers.Dense(784)])


def alternate(runs, rounds):
    """Shortest time of each run, alternating, after one warm-up round.

    Args:
        runs: Functions of a Keras callback that times steps.
        rounds: Integer.

    Returns:
        Array of seconds, one per run.
    """
    times = []
    for round_number in range(rounds + 1):
        seconds = [_seconds_of_steps(run) for run in runs]
        if round_number:
            times.append(seconds)
    return np.min(times, axis=0)


def _seconds_of_steps(run):
    timer = _StepTimer()
    run(timer)
    return timer.seconds


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _report(stage, seconds):
    ours, bare = seconds
    print(
        f"{stage}: {ours:.2f} s, bare Keras {bare:.2f} s, "
        f"speed ratio {bare / ours:.3f}"
    )


def _report_refresh(model, x, steps):
    """Times the refresh between two update intervals, as in `fit`."""
    timed = _TimedPredict(model)
    _, (refresher,) = feed(SelfTrainingTargets(timed, x, 256, steps))
    pairs = []
    for _ in range(3):
        both = _seconds(lambda: refresher.on_epoch_begin(0))
        pairs.append([both - timed.seconds, timed.seconds])
    refresh, predict = np.min(pairs, axis=0)
    steps_seconds = _seconds_of_steps(
        lambda timer: model.fit(x, epochs=2, verbose=0, callbacks=[timer])
    )
    print(
        f"refresh for {len(x):,} x 10 adds {refresh * 1e3:.1f} ms, "
        f"{refresh / steps_seconds:.2%} of the {steps} steps between two "
        f"(predicting Q, which every DEC needs: {predict:.2f} s)"
    )


if __name__ == "__main__":
    main()
