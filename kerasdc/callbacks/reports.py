"""Callbacks that watch a training: report, stop, warn."""

import warnings

import keras
import numpy as np

from kerasdc.callbacks.checks import CLUSTERS
from kerasdc.callbacks.checks import CheckedCallback
from kerasdc.callbacks.collapse import MINIMUM
from kerasdc.callbacks.collapse import advice
from kerasdc.callbacks.collapse import too_small
from kerasdc.metrics import checked_labels
from kerasdc.metrics import evaluate
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.inputs import to_array
from kerasdc.utils.processes import summed

_SCORES = ("accuracy", "nmi", "ari")  # what `evaluate` returns


class ClusteringMetrics(CheckedCallback):
    """Reports agreement with known labels during `fit`; changes nothing.

    Adds `accuracy`, `nmi` and `ari` of the assignments at the end of each
    epoch to its logs, so that they stand in `History`, in the progress bar,
    in `CSVLogger`'s file and in TensorBoard. The labels never reach the
    model.

    Args:
        x: Array of samples, as the model takes them. `None` takes the
            training data, whose assignments all callbacks share.
        y: Array `(n,)` of their labels.
        prefix: String put before the names, such as `"test_"`.
        every: Integer. Epochs from one report to the next; between them, the
            logs hold NaN, for `CSVLogger` takes its columns from the first
            epoch.
    """

    needs = CLUSTERS

    def __init__(self, x, y, prefix="", every=1):
        super().__init__()
        array = None if x is None else to_array(x, allow_text=True)
        # A frame's columns are looked up by name.
        self.x = x if hasattr(x, "columns") else array
        self.y = checked_labels("y", y)
        if x is not None and len(array) != len(self.y):
            raise ValueError(
                "`x` and `y` must have the same length. "
                f"Received: {len(self.x)} samples, {len(self.y)} labels"
            )
        if not isinstance(prefix, str):
            raise ValueError(
                f"`prefix` must be a string. Received: prefix={prefix!r}"
            )
        self.prefix = prefix
        self.every = checked_count("every", every)

    def check(self, model, x=None):
        super().check(model, x)
        if x is None:
            return
        if self.x is not None:
            model.check_samples(self.x)
        elif len(x) != len(self.y):
            raise ValueError(
                "`y` must have a label for each of the training samples. "
                f"Received: {len(x)} samples, {len(self.y)} labels"
            )

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        scores = dict.fromkeys(_SCORES, np.nan)
        if (epoch + 1) % self.every == 0:
            scores = evaluate(self.y, self._assignments())
        logs.update({self.prefix + k: v for k, v in scores.items()})

    def _assignments(self):
        if self.x is None:
            return self.model.epoch_assignments()
        return self.model.assign(self.x)


class LabelChangeStopping(CheckedCallback):
    """Stops when fewer than `tolerance` of the assignments still change.

    Compares the assignments of the training data at the end of an epoch with
    those at the end of the epoch before, and logs the share that differs as
    `label_change`. DEC compares its first epoch with the initial partition;
    others have nothing to compare it with, and log NaN.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.1.3; its 0.1 % are of section 4.3.

    Args:
        tolerance: Float from 0 to 1. The share of samples below which
            training stops.
    """

    needs = CLUSTERS

    def __init__(self, tolerance=0.001):
        super().__init__()
        self.tolerance = checked_number("tolerance", tolerance, maximum=1)

    def on_epoch_end(self, epoch, logs=None):
        self.model.epoch_assignments()
        change = self.model.label_change
        if logs is not None:
            logs["label_change"] = np.nan if change is None else change
        if change is not None and change < self.tolerance:
            self.model.stop_training = True


class ClusterSizes(CheckedCallback):
    """Warns of empty or collapsing clusters, and says what to do.

    A cluster collapses when it holds less than `minimum` of an even share
    of the data. Each cluster is warned of once. The smallest share is logged
    as `smallest_cluster`.

    Args:
        minimum: Float from 0 to 1. Fraction of the even share `n / k`
            below which a cluster is warned of.
        patience: Integer, at least 1: epochs in a row that a cluster must be
            so small. A model whose training starts undecided, from random
            weights, has empty clusters at first.
    """

    needs = CLUSTERS

    def __init__(self, minimum=MINIMUM, patience=1):
        super().__init__()
        self.minimum = checked_number("minimum", minimum, maximum=1)
        self.patience = checked_count("patience", patience)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self._warned = set()
        self._epochs_small = 0

    def on_epoch_end(self, epoch, logs=None):
        assignments = self.model.epoch_assignments()
        num_clusters = self.model.num_clusters
        sizes = summed(np.bincount(assignments, minlength=num_clusters))
        if logs is not None:
            logs["smallest_cluster"] = float(sizes.min() / sizes.sum())
        is_small = too_small(sizes, self.minimum)
        self._epochs_small = (self._epochs_small + 1) * is_small
        small = np.flatnonzero(self._epochs_small >= self.patience)
        self._warn({int(cluster) for cluster in small}, sizes)

    def _warn(self, small, sizes):
        for cluster in sorted(small - self._warned):
            state = "is empty" if sizes[cluster] == 0 else "collapses"
            warnings.warn(
                f"Cluster {cluster} {state}: it holds {sizes[cluster]} of "
                f"{sizes.sum()} samples. {advice(self.model)}",
                stacklevel=2,
            )
        self._warned |= small


class ComponentWeights(keras.callbacks.Callback):
    """Warns when a component of a mixture prior loses all its weight.

    Args:
        minimum: Float from 0 to 1. Fraction of the even share `1 / k` below
            which a component's weight is warned of, once.
    """

    def __init__(self, minimum=0.01):
        super().__init__()
        self.minimum = checked_number("minimum", minimum, 0, 1)
        self._warned = set()

    def on_epoch_end(self, epoch, logs=None):
        log_weights = self.model.prior.log_weights()
        weights = np.exp(keras.ops.convert_to_numpy(log_weights))
        small = np.flatnonzero(weights < self.minimum / len(weights))
        for cluster in sorted({int(c) for c in small} - self._warned):
            warnings.warn(
                f"Component {cluster} of the prior has lost its weight: it is "
                f"{weights[cluster]:.2g}. Use fewer clusters, pretrain longer, "
                "lower the learning rate, or call `adapt` again with another "
                "seed.",
                stacklevel=2,
            )
            self._warned.add(cluster)
