"""Where the time of a training goes: steps, refreshes, epochs, the start.

    python benchmarks/profile_step.py --model dec --dataset usps
    python benchmarks/profile_step.py --model dec --stage pretrain

Ten noisy patterns, as many samples as the data set has, are trained on by
the constructor's defaults, in one process, part by part:

- the products of a step at the machine's limit: their arithmetic over the
  rate of a product of 2048 x 2048 matrices, measured beside every part;
- the products alone, with the shapes that they have in a step;
- the gradients: products, element-wise kernels, reductions;
- a bare step: the gradients and one fused update of the weights, on batches
  gathered from a tensor, in one compiled function;
- the step of `fit`: what Keras' loop, metrics and batches add;
- a refresh: `predict` of all samples, beside one compiled forward pass;
- what is left of an epoch, and the time before its first step.

Convolutions count as products. The cores that others keep busy at the start are
printed; above 0.5, shares are not.
"""

import argparse
import time

import keras
import numpy as np
import tensorflow as tf
from machine_load import HIGHEST_LOAD
from machine_load import machine_load
from step_parts import bare_step
from step_parts import count_products
from step_parts import gradients_alone
from step_parts import products_alone

import kerasdc
from kerasdc.models.bases.registry import SYSTEMS

SHAPES = {
    "digits": (1797, 8, 8),
    "usps": (9298, 16, 16),
    "mnist": (70_000, 28, 28),
}


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--model", default="dec", choices=sorted(SYSTEMS))
    add("--dataset", default="usps", choices=SHAPES)
    add("--stage", default="fit", choices=("fit", "pretrain"))
    add("--samples", type=int, help="fewer than the data set has")
    add("--epochs", type=int, default=4)
    add("--batch-size", type=int, default=256)
    add("--dtype-policy", default="float32")
    options = parser.parse_args()
    load = machine_load()
    keras.config.set_dtype_policy(options.dtype_policy)
    num_samples, *shape = SHAPES[options.dataset]
    x = patterns(options.samples or num_samples, shape)
    model, network = trained(options, x)
    print(
        f"{options.model} {options.stage}, {len(x):,} x {shape}, "
        f"load {load:.2f}"
    )
    parts = seconds_of_parts(network, x, options.batch_size)
    if options.stage == "fit":
        parts |= seconds_of_passes(model, x)
    parts |= seconds_of_epochs(model, x, options)
    report(parts, load)


def patterns(num_samples, shape, num_patterns=10):
    """Pixels that cluster: pure noise would collapse in training."""
    generator = np.random.default_rng(0)
    kinds = generator.integers(0, 192, (num_patterns, *shape))
    x = kinds[generator.integers(0, num_patterns, num_samples)]
    return (x + generator.integers(0, 64, x.shape)).astype("uint8")


def trained(options, x):
    """A model that has taken a step, and what the stage trains."""
    kind = SYSTEMS[options.model]
    clusters = () if options.model == "tsne" else (10,)
    model = kind(*clusters, seed=0)
    model.compile()
    arguments = {"batch_size": options.batch_size, "verbose": 0}
    if options.stage == "pretrain":
        model.pretrain(x[:256], epochs=1, **arguments)
        network = kerasdc.models.Autoencoder(
            model.encoder, model.decoder, model.preprocessor
        )
        network.compile(keras.optimizers.Adam(1e-3))
        return model, network
    if hasattr(model, "pretrain") and options.model != "tsne":
        model.pretrain(x[:256], epochs=0, **arguments)
    model.fit(x, epochs=1, **arguments)
    return model, model


# === Parts of a step ===


def seconds_of_parts(network, x, batch_size):
    """Seconds of a step's parts, each the shortest of several."""
    batches = network.training_batches(x, batch_size)
    batch = [tf.constant(part) for part in batches[0]]
    gradients = gradients_alone(network, batch)
    products = count_products(gradients)
    parts = {
        "gradients": shortest(gradients),
        "products alone": shortest(products_alone(products)),
        "bare step": shortest(bare_step(network, batches)),
    }
    limit = product_limit()
    flops = sum(each.flops for each in products)
    print(
        f"limit of a product {limit / 1e9:.0f} GFLOP/s; {flops / 1e9:.2f} "
        f"GFLOP a step in {len(products)} products"
    )
    return {"at the limit": flops / limit, **parts}


def product_limit(size=2048):
    """Operations a second of a large product of matrices."""
    a = tf.Variable(tf.random.normal((size, size)))
    product = tf.function(lambda: tf.matmul(a, a)[0, 0])
    return 2 * size**3 / shortest(product, rounds=8, steps=1)


def shortest(function, rounds=5, steps=20):
    """Seconds of a call: the best mean of so many, after a warm-up."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for _ in range(steps):
            result = function()
        np.asarray(result)
        seconds.append((time.perf_counter() - start) / steps)
    return min(seconds[1:])


# === Passes and epochs ===


def seconds_of_passes(model, x):
    """Seconds of `predict`, and of one compiled function over batches."""

    @tf.function(reduce_retracing=True)
    def forward(batch):
        return model(batch, training=False)

    def bare():
        parts = [
            forward(x[start : start + 1024]).numpy()
            for start in range(0, len(x), 1024)
        ]
        return np.concatenate(parts)

    def refresh():
        return model.predict(x, batch_size=1024, verbose=0)

    pairs = [(shortest(refresh, 1, 1), shortest(bare, 1, 1)) for _ in range(4)]
    refresh, bare = np.min(pairs, axis=0)
    return {"refresh": refresh, "one forward pass": bare}


class _Clock(keras.callbacks.Callback):
    """When epochs begin and end, and their first and last steps."""

    takes_groups = True

    def __init__(self):
        super().__init__()
        self.starts, self.firsts, self.lasts, self.ends = [], [], [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.starts.append(time.perf_counter())

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            self.firsts.append(time.perf_counter())

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.params["steps"]:
            self.lasts.append(time.perf_counter())

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.perf_counter())


def seconds_of_epochs(model, x, options):
    """Seconds of the stage: its start, steps, and the rest of an epoch."""
    clock = _Clock()
    arguments = {"batch_size": options.batch_size, "verbose": 0}
    start = time.perf_counter()
    getattr(model, options.stage)(
        x, epochs=options.epochs + 1, callbacks=[clock], **arguments
    )
    steps = np.subtract(clock.lasts, clock.firsts)[1:].min()
    epoch = np.diff(clock.ends).min()
    return {
        f"step of {options.stage}": steps / clock.params["steps"],
        "steps of an epoch": steps,
        "rest of an epoch": epoch - steps,
        "start and first epoch": clock.ends[0] - start,
    }


def report(parts, load):
    """Prints milliseconds, and shares if the machine was idle."""
    for name, seconds in parts.items():
        print(f"{name:24} {seconds * 1e3:10.2f} ms")
    if load > HIGHEST_LOAD:
        print(f"Load {load:.2f}: other processes share the machine; no shares.")
        return
    step = next(v for k, v in parts.items() if k.startswith("step of"))
    for name in ("at the limit", "products alone", "gradients", "bare step"):
        print(f"{name:24} {parts[name] / step:10.2f} of a step")
    if "refresh" in parts:
        ratio = parts["refresh"] / parts["one forward pass"]
        print(f"{'refresh':24} {ratio:10.2f} forward passes")


if __name__ == "__main__":
    main()
