"""Callbacks that watch a generator."""

import warnings

import keras
import numpy as np

from kerasdc.losses import marginal_entropy
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.inputs import evenly_spaced

_NUM_SAMPLES = 1000
_NUM_GENERATED = 100
_FEWEST_STEPS = 200  # after fewer, a generator is not trained yet


class GeneratorDiversity(keras.callbacks.Callback):
    """Reports whether a generator, or its clusters, collapse.

    Adds to the logs of each epoch `cluster_entropy`, that of the mean soft
    assignment of real samples, in nats, at most the logarithm of the number
    of clusters; and `diversity`, the mean standard deviation of generated
    features, as a share of that of real ones. If they are small when a training
    of at least 200 steps ends, it warns.

    Args:
        x: Array of samples, as the model takes them.
        minimum: Float from 0 to 1, the share below which it warns.
    """

    def __init__(self, x, minimum=0.1):
        super().__init__()
        self.x = evenly_spaced(x, _NUM_SAMPLES)
        self.minimum = checked_number("minimum", minimum, 0, 1)
        self.last = {}

    def on_epoch_end(self, epoch, logs=None):
        model = self.model
        q = model.predict(self.x, batch_size=1024, verbose=0)
        entropy = float(marginal_entropy(q))
        made = model.generate(_NUM_GENERATED, seed=0)
        spread = np.std(self.x.astype("float64"), axis=0).mean()
        diversity = float(np.std(made, axis=0).mean() / max(spread, 1e-12))
        self.last = {"cluster_entropy": entropy, "diversity": diversity}
        if logs is not None:
            logs.update(self.last)

    def on_train_end(self, logs=None):
        untrained = int(self.model.optimizer.iterations) < _FEWEST_STEPS
        if not self.last or untrained or self.model.num_clusters == 1:
            return
        most = np.log(self.model.num_clusters)
        shares = {
            "The clusters of real samples": self.last["cluster_entropy"] / most,
            "The generated samples": self.last["diversity"],
        }
        for name, share in shares.items():
            if share < self.minimum:
                warnings.warn(
                    f"{name} collapsed: their diversity is {share:.0%} of what "
                    "it could be. Train longer, lower the learning rate, or "
                    "choose among several starts by `adapt(x, restarts=...)`.",
                    stacklevel=2,
                )
