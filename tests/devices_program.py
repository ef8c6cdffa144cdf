"""Trains systems on several devices: run by `test_devices`.

Arguments: how many devices, then the systems. Prints losses and clusters.
"""

import json
import os
import sys

import keras
import numpy as np

NUM_DEVICES, *SYSTEMS = sys.argv[1:]
NUM_DEVICES = int(NUM_DEVICES)
Y = np.arange(96) % 3
X = np.eye(3, 6)[Y] * 9 + np.random.default_rng(0).normal(0, 0.3, (96, 6))


def scope():
    """Where models are made that all devices train."""
    if keras.backend.backend() == "jax":
        distribution = keras.distribution.DataParallel()
        keras.distribution.set_distribution(distribution)
        import contextlib

        return contextlib.nullcontext()
    import tensorflow as tf

    names = [f"CPU:{i}" for i in range(NUM_DEVICES)]
    return tf.distribute.MirroredStrategy(names).scope()


if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    logical = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, NUM_DEVICES * [logical])

import systems  # noqa: E402

for system in SYSTEMS:
    with scope():
        model = systems.make(system)
    losses = []
    if systems.can_pretrain(model):
        history = model.pretrain(X, epochs=2, batch_size=32, verbose=0)
        losses += history.history["loss"]
    history = model.fit(X, epochs=3, batch_size=32, verbose=0)
    losses += history.history["loss"]
    # Of 93 samples, no four devices have equal shares.
    uneven = model.fit(X[:93], epochs=1, batch_size=32, verbose=0)
    finite = bool(np.isfinite(uneven.history["loss"]).all())
    outputs = np.asarray(model.predict(X[:93], verbose=0))
    found = {"losses": losses, "finite": finite, "outputs": outputs.tolist()}
    print(json.dumps({system: found}), flush=True)

os._exit(0)  # some runtimes wait for their threads
