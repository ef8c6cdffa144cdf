"""How many training samples each cluster holds."""

import keras
import numpy as np

from kerasdc.layers.adaptable import NewerState
from kerasdc.layers.adaptable import add_state
from kerasdc.utils.processes import summed


@keras.saving.register_keras_serializable(package="kerasdc")
class ClusterCounts(NewerState):
    """Remembers the sizes of clusters at the end of `fit`."""

    def build(self, input_shape):
        self.counts = add_state(self, "counts", "zeros", tuple(input_shape))
        self.add_adapted_flag()

    def adapt(self, assignments):
        """Counts the samples of each cluster.

        Args:
            assignments: Integer array `(n,)`.

        Returns:
            Integer array `(k,)`.
        """
        (num_clusters,) = self.counts.shape
        counts = summed(np.bincount(assignments, minlength=num_clusters))
        self.counts.assign(counts)
        self.mark_adapted()
        return counts

    def empty_among(self, clusters):
        """Which of some clusters were empty at the end of `fit`.

        Args:
            clusters: Integer or integer array.

        Returns:
            List of integers, sorted; empty if `adapt` was not called.
        """
        if not self.adapted:
            return []
        empty = np.flatnonzero(self.counts.numpy() == 0)
        return np.intersect1d(clusters, empty).tolist()
