"""Time of VaDE's `fit` compared with a VAE in plain Keras.

    python benchmarks/vade_speed.py

The plain VAE has the same networks, likelihood, optimizer and batches, with a
standard normal instead of the mixture. Both are timed alternately in one run,
without the first epoch, which traces the graph. The result is the ratio. The
time of the mixture is given twice: compared with a mixture of one component,
and with the same model whose prior is a standard normal.
"""

import argparse

import keras
import numpy as np
from keras import ops
from training_speed import alternate

import kerasdc

_BATCH = 256


class BareVAE(keras.Model):
    """A VAE as in a tutorial."""

    def __init__(self):
        super().__init__()
        widths = (500, 500, 2000)
        relu = {"activation": "relu"}
        self.trunk = keras.Sequential(
            [keras.layers.Dense(w, **relu) for w in widths]
        )
        self.mean = keras.layers.Dense(10)
        self.log_variance = keras.layers.Dense(10)
        self.decoder = keras.Sequential(
            [keras.layers.Dense(w, **relu) for w in widths[::-1]]
            + [keras.layers.Dense(784)]
        )

    def call(self, x):
        hidden = self.trunk(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        noise = keras.random.normal(ops.shape(mean))
        logits = self.decoder(mean + ops.exp(0.5 * log_variance) * noise)
        divergence = -0.5 * ops.sum(
            1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1
        )
        cross_entropy = ops.sum(ops.softplus(logits) - x * logits, axis=1)
        self.add_loss(ops.mean(cross_entropy + divergence))
        return logits


class PlainVaDE(kerasdc.models.VaDE):
    """The same model with a standard normal as the prior."""

    def loss_terms(self, x, y, y_pred, training):
        features, mean, log_variance, _, outputs = y_pred
        divergence = -0.5 * ops.sum(
            1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1
        )
        return {
            "reconstruction": -self.likelihood.log_prob(features, outputs),
            "latent": divergence,
            "assignment": ops.zeros_like(divergence),
        }


def main():
    """Prints the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = options.steps * _BATCH
    x = np.random.default_rng(0).integers(0, 256, (rows, 784), dtype="uint8")
    features = x.astype("float32") / 255
    bare = BareVAE()
    bare.compile(keras.optimizers.Adam(2e-3))
    arguments = {"epochs": 2, "batch_size": _BATCH, "verbose": 0}
    runs = [
        lambda timer, model=model, data=data: model.fit(
            data, callbacks=[timer], **arguments
        )
        for model, data in (
            (_vade(10, x), x),
            (_vade(1, x), x),
            (_plain_vade(x), x),
            (bare, features),
        )
    ]
    ours, one, normal, plain = alternate(runs, options.rounds)
    print(
        f"fit: {ours:.2f} s, bare Keras VAE {plain:.2f} s, "
        f"speed ratio {plain / ours:.3f}"
    )
    print(
        f"the mixture of ten components: {ours / one - 1:+.1%} of the time "
        f"of a step with one, {ours / normal - 1:+.1%} of that of a step "
        "with a standard normal"
    )


def _vade(num_clusters, x, system=kerasdc.models.VaDE):
    model = system(num_clusters, seed=0)
    model.compile(keras.optimizers.Adam(2e-3))
    model.pretrain(x[:512], epochs=1, verbose=0)
    model.adapt(x[:2000], num_restarts=1)
    return model


def _plain_vade(x):
    model = _vade(10, x, PlainVaDE)
    # It gets no gradient, and Keras would warn.
    model.prior.trainable = False
    return model


if __name__ == "__main__":
    main()
