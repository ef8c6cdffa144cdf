"""What every model of clusters shares."""

import contextlib

import numpy as np
from keras import ops

from kerasdc.algorithms.points import check_distinct
from kerasdc.callbacks import ClusterSizes
from kerasdc.callbacks.collapse import warn_of_collapse
from kerasdc.callbacks.lists import as_list
from kerasdc.layers.cluster_counts import ClusterCounts
from kerasdc.models.bases.encoder_model import EncoderModel
from kerasdc.models.bases.parted import by_parts
from kerasdc.models.bases.parted import rows_of_part
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.mapped import blocks
from kerasdc.utils.processes import summed
from kerasdc.utils.scratch import filled


class ClusteringModel(EncoderModel):
    """A model whose outputs are soft assignments `(n, k)`.

    Subclasses set `num_clusters` beside what an `EncoderModel` has, and have
    `adapt` and `adapted`.

    Attributes:
        training_assignments: Integer array `(n,)`, the clusters of the
            training data when callbacks of `fit` last asked, or `None`.
        label_change: Share of them that differed from those before, or
            `None`.
    """

    starts_undecided = False  # whether training starts without a partition
    ways_to_clusters = "`adapt(x)` or `fit(x)`"  # for those without
    training_assignments = None
    label_change = None
    _training_data = None
    _soft_assignment = (None, None)  # of the training data, at a step
    _assigned_at = None  # the step of `training_assignments`

    def _build_parts(self, input_shape):
        super()._build_parts(input_shape)
        self.cluster_counts = ClusterCounts(name="cluster_counts")
        self.cluster_counts.build((self.num_clusters,))

    output_name = "soft_assignment"

    def assign(self, x, batch_size=1024, verbose=0, out=None):
        """The most probable cluster of each sample.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            out: As in `predict`.

        Returns:
            Integer array `(n,)`, values from 0 to `num_clusters - 1`, or
            `out`.
        """
        self._check_fitted()
        batch_size = checked_count("batch_size", batch_size)

        def clusters(samples):
            soft_assignment = self._outputs_of(samples, batch_size, verbose)
            return soft_assignment.argmax(axis=1)

        def compute(array):
            # Soft assignments of all samples may not fit into memory.
            length = rows_of_part(4 * self.num_clusters, batch_size)
            parts = (
                array[i : i + length] for i in range(0, len(array), length)
            )
            return filled(array, map(clusters, parts))

        return by_parts(self, x, compute, out, "cluster")

    def soft_assignment(self, logits):
        """Probabilities of the clusters, of those that have logits.

        Args:
            logits: Tensor `(batch, num_clusters)`.

        Returns:
            Tensor of that shape; rows sum to 1.
        """
        if self.num_clusters == 1:  # of which Keras' softmax warns
            return 1.0 + 0.0 * logits
        return ops.softmax(logits)

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """What training lowers, on all of `x`: chooses among seeds.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            soft_assignment: Optional array `(n, num_clusters)`, what
                `predict(x)` returned, if it is known.

        Returns:
            Float, the lower the better. No labels are used.
        """
        raise NotImplementedError

    # === For callbacks of `fit` ===

    def epoch_assignments(self):
        """Clusters of the training data as they are now, while `fit` runs.

        Found once, however many callbacks ask at the end of an epoch. Sets
        `training_assignments` and `label_change`.

        Returns:
            Integer array `(n,)`.

        Raises:
            ValueError: If `fit` is not running.
        """
        soft_assignment = self.epoch_soft_assignment()
        step = self._count_steps()
        if self._assigned_at != step:
            previous = self.training_assignments
            self.training_assignments = self._clusters_of(soft_assignment)
            if previous is not None:
                changed = self.training_assignments != previous
                num, of = summed([np.count_nonzero(changed), len(changed)])
                self.label_change = float(num / of)
            self._assigned_at = step
        return self.training_assignments

    def _clusters_of(self, soft_assignment):
        found = [block.argmax(axis=1) for _, block in blocks(soft_assignment)]
        # All samples' are kept, from one epoch to the next.
        smallest = np.min_scalar_type(max(self.num_clusters - 1, 1))
        return np.concatenate(found).astype(smallest)

    def epoch_soft_assignment(self):
        """Soft assignments of the training data now, while `fit` runs.

        Returns:
            Float array `(n, num_clusters)`.

        Raises:
            ValueError: If `fit` is not running.
        """
        if self._training_data is None:
            raise ValueError(
                "The training data is known only while `fit` runs: call "
                "`assign(x)` or `predict(x)`."
            )
        step = self._count_steps()
        if self._soft_assignment[0] != step:
            q = self.predict(self._training_data, batch_size=1024, verbose=0)
            self._soft_assignment = (step, q)
        return self._soft_assignment[1]

    @contextlib.contextmanager
    def _during_fit(self, x, epochs, initial_epoch):
        self._training_data = x
        self.training_assignments = self.label_change = None
        self._assigned_at = None
        try:
            with super()._during_fit(x, epochs, initial_epoch):
                yield
        finally:
            self._training_data = None
            self._soft_assignment = (None, None)

    def check_outcome(self, x, callbacks):
        sizes = self.cluster_counts.adapt(self.assign(x))
        watched = any(isinstance(c, ClusterSizes) for c in as_list(callbacks))
        if not watched and self.num_clusters > 1:
            warn_of_collapse(self, sizes)

    # === Config, checks ===

    def get_config(self):
        return {**super().get_config(), "num_clusters": self.num_clusters}

    def _check_enough(self, array):
        super()._check_enough(array)
        check_distinct(array, self.num_clusters)

    def _check_ready(self):
        self._check_fitted()

    def _check_fitted(self):
        if not self.adapted:
            raise ValueError(
                f"This {type(self).__name__} has no clusters yet: call "
                f"{self.ways_to_clusters} first."
            )
