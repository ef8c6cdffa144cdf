"""Callbacks for clustering: report, stop, warn."""

import warnings

import keras
import numpy as np

from kerasdc.inputs import checked_count
from kerasdc.inputs import to_array


class ClusteringMetrics(keras.callbacks.Callback):
    """Reports agreement with known labels during `fit`; changes nothing.

    Adds `accuracy`, `nmi` and `ari` of the current assignments to each
    epoch's logs, so that they stand in `History`, in the progress bar and in
    TensorBoard. The labels never reach the model.

    Args:
        x: Array of samples, as the model takes them. `None` takes the
            assignments that the last target update made of the training
            data, which costs nothing.
        y: Array `(n,)` of their labels.
        prefix: String put before the names, such as `"test_"`.
        every: Integer. Epochs from one report to the next.
    """

    def __init__(self, x, y, prefix="", every=1):
        super().__init__()
        self.x = None if x is None else to_array(x, allow_text=True)
        self.y = np.asarray(y)
        if x is not None and len(self.x) != len(self.y):
            raise ValueError(
                "`x` and `y` must have the same length. "
                f"Received: {len(self.x)} samples, {len(self.y)} labels"
            )
        self.prefix = prefix
        self.every = checked_count("every", every)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every or logs is None:
            return
        from kerasdc.metrics import evaluate

        assignments = (
            self.model.training_assignments
            if self.x is None
            else self.model.assign(self.x)
        )
        scores = evaluate(self.y, assignments)
        logs.update({self.prefix + k: v for k, v in scores.items()})


class TrackAssignments(keras.callbacks.Callback):
    """Assigns the training data after each epoch, for other callbacks.

    `ClusteringMetrics`, `ClusterSizes` and `LabelChangeStopping` read what
    it finds; put it before them. DEC, whose target updates assign all data
    anyway, does without it.

    Args:
        x: Array of samples, as the model takes them.
        batch_size: Integer, samples taken at once.
    """

    def __init__(self, x, batch_size=1024):
        super().__init__()
        self.x = x
        self.batch_size = checked_count("batch_size", batch_size)

    def on_train_begin(self, logs=None):
        self.model.training_assignments = self.model.label_change = None

    def on_epoch_end(self, epoch, logs=None):
        previous = self.model.training_assignments
        assignments = self.model.assign(self.x, self.batch_size)
        self.model.training_assignments = assignments
        if previous is not None:
            change = float(np.mean(assignments != previous))
            self.model.label_change = change


class Adapt(keras.callbacks.Callback):
    """Looks for clusters at the end of every epoch.

    For models whose training moves the embedding without centers in it; put
    it before callbacks that ask for assignments. Clusters keep their numbers
    from epoch to epoch, as far as samples stay together.

    Args:
        x: Array of samples, as the model takes them.
        num_restarts: Integer, of k-means.

    Attributes:
        assignments: Integer array `(n,)` of the last epoch, or `None`.
    """

    def __init__(self, x, num_restarts=3):
        super().__init__()
        self.x = x
        self.num_restarts = checked_count("num_restarts", num_restarts)
        self.assignments = None

    def on_train_begin(self, logs=None):
        self.assignments = None

    def on_epoch_begin(self, epoch, logs=None):
        # Those of a training that was stopped keep their numbers, too.
        if self.assignments is None and self.model.adapted:
            self.assignments = self.model.assign(self.x)

    def on_epoch_end(self, epoch, logs=None):
        self.assignments = self.model.adapt(
            self.x, num_restarts=self.num_restarts, previous=self.assignments
        )


def matched_clusters(previous, assignments, num_clusters):
    """Which new cluster is which old one, by the samples they share.

    Args:
        previous: Integer array `(n,)`, the old assignments.
        assignments: Integer array `(n,)`, the new ones.
        num_clusters: Integer.

    Returns:
        Integer array `(num_clusters,)`: the new cluster that takes the number
        of each old one, such that most samples keep their number.

    Raises:
        ValueError: If the lengths differ.
    """
    from scipy.optimize import linear_sum_assignment

    if len(previous) != len(assignments):
        raise ValueError(
            "Assignments before and after must be of the same samples. "
            f"Received: {len(previous)} and {len(assignments)} assignments"
        )
    shared = np.zeros((num_clusters, num_clusters), "int64")
    np.add.at(shared, (previous, assignments), 1)
    return linear_sum_assignment(shared, maximize=True)[1]


class LabelChangeStopping(keras.callbacks.Callback):
    """Stops when fewer than `tolerance` of the assignments still change.

    Compares the assignments of one target update with those of the one
    before, over all data, and logs the share that differs as
    `label_change`.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.3: 0.1 %.

    Args:
        tolerance: Float from 0 to 1. The share of samples below which
            training stops.
    """

    def __init__(self, tolerance=0.001):
        super().__init__()
        if not 0 <= tolerance <= 1:
            raise ValueError(
                "`tolerance` must be from 0 to 1. "
                f"Received: tolerance={tolerance}"
            )
        self.tolerance = tolerance

    def on_epoch_end(self, epoch, logs=None):
        change = self.model.label_change
        if change is None:
            return
        if logs is not None:
            logs["label_change"] = change
        if change < self.tolerance:
            self.model.stop_training = True


class ClusterSizes(keras.callbacks.Callback):
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

    def __init__(self, minimum=0.05, patience=1):
        super().__init__()
        if not 0 <= minimum <= 1:
            raise ValueError(
                f"`minimum` must be from 0 to 1. Received: minimum={minimum}"
            )
        self.minimum = minimum
        self.patience = checked_count("patience", patience)

    def on_train_begin(self, logs=None):
        self._warned = set()
        self._epochs_small = 0

    def on_epoch_end(self, epoch, logs=None):
        assignments = self.model.training_assignments
        if assignments is None:
            return
        num_clusters = self.model.num_clusters
        sizes = np.bincount(assignments, minlength=num_clusters)
        if logs is not None:
            logs["smallest_cluster"] = float(sizes.min() / sizes.sum())
        is_small = sizes < max(self.minimum * sizes.sum() / num_clusters, 1)
        self._epochs_small = (self._epochs_small + 1) * is_small
        small = np.flatnonzero(self._epochs_small >= self.patience)
        self._warn({int(cluster) for cluster in small}, sizes)

    def _warn(self, small, sizes):
        for cluster in sorted(small - self._warned):
            state = "is empty" if sizes[cluster] == 0 else "collapses"
            warnings.warn(
                f"Cluster {cluster} {state}: it holds {sizes[cluster]} of "
                f"{sizes.sum()} samples. {self._advice()}",
                stacklevel=2,
            )
        self._warned |= small

    def _advice(self):
        if self.model.starts_undecided:
            return (
                "Use fewer clusters, lower the learning rate, or fit a new "
                "model with another seed."
            )
        return (
            "Use fewer clusters, pretrain longer, lower the learning rate, or "
            "call `adapt` again with another seed."
        )


class ComponentWeights(keras.callbacks.Callback):
    """Warns when a component of a mixture prior loses all its weight.

    Args:
        minimum: Float from 0 to 1. Fraction of the even share `1 / k` below
            which a component's weight is warned of, once.
    """

    def __init__(self, minimum=0.01):
        super().__init__()
        self.minimum = minimum
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


class EpochDecay(keras.callbacks.Callback):
    """Lowers the learning rate by a factor every few epochs.

    A training that goes on after a stop goes on with the rate it had.

    Args:
        factor: Float above 0, up to 1.
        every: Integer, epochs from one step to the next.
        minimum: Float, the rate it does not go below.
    """

    def __init__(self, factor=0.9, every=10, minimum=0.0):
        super().__init__()
        if not 0 < factor <= 1:
            raise ValueError(
                f"`factor` must be above 0, up to 1. Received: factor={factor}"
            )
        self.factor = factor
        self.every = checked_count("every", every)
        self.minimum = minimum

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0 or epoch % self.every:
            return
        rate = float(self.model.optimizer.learning_rate)
        lowest = min(rate, self.minimum)
        self.model.optimizer.learning_rate = max(rate * self.factor, lowest)


class ThresholdSchedule(keras.callbacks.Callback):
    """Moves DAC's thresholds from where they start to where they end.

    The first epoch has the thresholds that the model has, which are those of
    the start unless it was fitted before; the last one has those of the end,
    and in between they move in equal steps. Both are logged, as
    `upper_threshold` and `lower_threshold`. `kerasdc.models.DAC.fit` uses it
    with its own number of epochs unless told otherwise.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
    section 4.

    Args:
        num_epochs: Integer, at least 1. Later epochs keep the thresholds of
            the end.
    """

    def __init__(self, num_epochs):
        super().__init__()
        self.num_epochs = checked_count("num_epochs", num_epochs)

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            return
        # An equal share of what is left: nothing but the thresholds, which
        # are saved, need be known to go on.
        _, end = self.model.threshold_range
        current = keras.ops.convert_to_numpy(self.model.thresholds)
        num_left = max(self.num_epochs - epoch, 1)
        self.model.thresholds.assign(current + (end - current) / num_left)

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        upper, lower = keras.ops.convert_to_numpy(self.model.thresholds)
        logs["upper_threshold"] = float(upper)
        logs["lower_threshold"] = float(lower)


class ExaggerationSchedule(keras.callbacks.Callback):
    """Makes neighbors attract each other more in the first epochs.

    `kerasdc.models.ParametricTSNE.fit` uses it with its own number of epochs
    unless told otherwise.

    Reference: [van der Maaten and Hinton, 2008](https://www.jmlr.org/papers/v9/vandermaaten08a.html),
    section 3.4: early exaggeration.

    Args:
        factor: Float, at least 1.
        num_epochs: Integer, epochs in which it counts.
    """

    def __init__(self, factor=4.0, num_epochs=10):
        super().__init__()
        if not 1 <= factor < float("inf"):
            raise ValueError(
                "`factor` must be finite and at least 1. "
                f"Received: factor={factor}"
            )
        self.factor = factor
        self.num_epochs = checked_count("num_epochs", num_epochs, minimum=0)

    def on_epoch_begin(self, epoch, logs=None):
        early = epoch < self.num_epochs
        self.model.exaggeration.assign(self.factor if early else 1.0)

    def on_train_end(self, logs=None):
        self.model.exaggeration.assign(1.0)
