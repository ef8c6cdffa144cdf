"""Callbacks that find clusters or assignments while a model trains."""

import keras

from kerasdc.callbacks.checks import CLUSTERS
from kerasdc.callbacks.checks import CheckedCallback
from kerasdc.utils.arguments import checked_count


class TrackAssignments(CheckedCallback):
    """Keeps `model.training_assignments` up to date, epoch by epoch.

    `ClusteringMetrics`, `ClusterSizes` and `LabelChangeStopping` do so
    themselves; this callback is for code of your own that reads the attribute.

    Args:
        x: Not used: the model knows its training data.
        batch_size: Not used.
    """

    needs = CLUSTERS

    def __init__(self, x=None, batch_size=1024):
        super().__init__()

    def on_epoch_end(self, epoch, logs=None):
        self.model.epoch_assignments()


class Adapt(keras.callbacks.Callback):
    """Looks for clusters at the end of every epoch.

    For models whose training moves the embedding without using the centers.
    `kerasdc.models.EmbeddingNetwork.fit` puts it before other callbacks, which
    ask for assignments. Clusters keep their numbers from epoch to epoch, as
    far as samples stay together.

    Args:
        x: Array of samples, as the model takes them.
        num_restarts: Integer, of k-means.
        last_num_restarts: Integer, the same in the last epoch, whose clusters
            stay.

    Attributes:
        assignments: Integer array `(n,)` of the last epoch, or `None`.
        finished: Boolean. Whether these are of the last epoch there is.
    """

    def __init__(self, x, num_restarts=3, last_num_restarts=20):
        super().__init__()
        self.x = x
        self.num_restarts = checked_count("num_restarts", num_restarts)
        self.last_num_restarts = checked_count(
            "last_num_restarts", last_num_restarts
        )
        self.assignments = None
        self.finished = False

    def on_train_begin(self, logs=None):
        self.assignments = None
        self.finished = False

    def on_epoch_begin(self, epoch, logs=None):
        # Those of a training that was stopped keep their numbers, too.
        if self.assignments is None and self.model.adapted:
            self.assignments = self.model.assign(self.x)

    def on_epoch_end(self, epoch, logs=None):
        self.finished = epoch + 1 == self.params["epochs"]
        self.assignments = self.model.adapt(
            self.x,
            num_restarts=(
                self.last_num_restarts if self.finished else self.num_restarts
            ),
            previous=self.assignments,
        )


class Recenter(keras.callbacks.Callback):
    """Runs k-means from the model's centers at the end of some epochs.

    `kerasdc.models.DCN.fit` puts it before other callbacks, which ask for
    assignments. Clusters keep their numbers.

    Args:
        x: Array of samples, as the model takes them.
        every: Integer, epochs from one run to the next.
    """

    def __init__(self, x, every=10):
        super().__init__()
        self.x = x
        self.every = checked_count("every", every)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            self.model.recenter(self.x)
