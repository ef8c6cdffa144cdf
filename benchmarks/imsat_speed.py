"""Time of IMSAT's `fit` compared with its forward and backward passes alone.

    python benchmarks/imsat_speed.py

A step of virtual adversarial training has three forward passes, of clean,
probing and perturbed inputs, and two backward passes, to the probe and to the
weights. The bare model has only these, with the same network, optimizer and
batches: no entropies, divergences or radii, and moving statistics are updated
in the clean pass only. Both are timed alternately in one run, without the
first epoch, which traces the graph. The result is the ratio.
"""

import argparse
import contextlib
from unittest import mock

import keras
import numpy as np
from keras import ops
from training_speed import alternate

import kerasdc
from kerasdc.losses.gradients import input_gradient

_BATCH = 250


class BarePasses(keras.Model):
    """Three forward passes and two gradients, with simple losses."""

    def __init__(self):
        super().__init__()
        encoder = kerasdc.networks.normalized_mlp_encoder((784,))
        self.network = keras.Sequential([encoder, keras.layers.Dense(10)])

    def call(self, x, training=False):
        return self.network(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        with _without_statistics(self.network):
            probe = input_gradient(
                lambda x: ops.mean(ops.square(self.network(x, training=True))),
                x,
            )
            moved = self.network(x + probe, training=True)
        return ops.mean(ops.square(y_pred)) + ops.mean(ops.square(moved))


@contextlib.contextmanager
def _without_statistics(network):
    """Passes traced in this context do not update moving statistics."""
    with contextlib.ExitStack() as stack:
        for weight in network.non_trainable_weights:
            stack.enter_context(mock.patch.object(weight, "assign"))
        yield


def main():
    """Prints the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = options.steps * _BATCH
    x = np.random.default_rng(0).integers(0, 256, (rows, 784), dtype="uint8")
    features = x.astype("float32") / 128
    model = kerasdc.models.IMSAT(10, seed=0)
    model.compile()
    model.adapt(x)
    bare = BarePasses()
    bare.compile(keras.optimizers.Adam(2e-3))
    arguments = {"epochs": 2, "batch_size": _BATCH, "verbose": 0}
    runs = [
        lambda timer, model=model, data=data: model.fit(
            data, callbacks=[timer], **arguments
        )
        for model, data in ((model, x), (bare, features))
    ]
    ours, plain = alternate(runs, options.rounds)
    print(
        f"fit: {ours:.2f} s, its passes alone {plain:.2f} s, "
        f"{ours / plain:.3f} times as long"
    )


if __name__ == "__main__":
    main()
