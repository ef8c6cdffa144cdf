"""Callbacks that find assignments during `fit`, for others to report."""

import keras
import numpy as np

from kerasdc.callbacks.checks import CLUSTERS
from kerasdc.callbacks.checks import CheckedCallback
from kerasdc.utils.arguments import checked_count


class TrackAssignments(CheckedCallback):
    """Assigns the training data after each epoch, for other callbacks.

    `ClusteringMetrics`, `ClusterSizes` and `LabelChangeStopping` read what
    it finds; put it before them. DEC, whose target updates assign all data
    anyway, does without it.

    Args:
        x: Array of samples, as the model takes them.
        batch_size: Integer, samples taken at once.
    """

    needs = CLUSTERS

    def __init__(self, x, batch_size=1024):
        super().__init__()
        self.x = x
        self.batch_size = checked_count("batch_size", batch_size)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
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
