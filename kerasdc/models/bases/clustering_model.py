"""What every clustering model shares."""

from kerasdc.cluster.points import check_distinct
from kerasdc.models.bases.encoder_model import EncoderModel


class ClusteringModel(EncoderModel):
    """A model whose outputs are soft assignments `(n, k)`.

    Subclasses set `num_clusters` beside what an `EncoderModel` has, and
    implement `adapt`, too.
    """

    # What `fit` says of all training data, where it assigns them anyway;
    # elsewhere `kerasdc.callbacks.TrackAssignments` finds it.
    assigns_in_fit = False
    label_change = None
    training_assignments = None

    # Whether training starts without a first partition.
    starts_undecided = False

    ways_to_clusters = "`adapt(x)` or `fit(x)`"  # for those without

    # === What users ask of a fitted model ===

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """Soft assignments.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Optional integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            **kwargs: Further arguments of `keras.Model.predict`.

        Returns:
            Float array `(n, num_clusters)`; every row sums to 1.

        Raises:
            ValueError: If the model has not been adapted, or `x` does not
                fit it.
        """
        self._check_adapted()
        return super().predict(x, batch_size, verbose, **kwargs)

    def assign(self, x, batch_size=1024, verbose=0):
        """The most probable cluster of each sample.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Integer array `(n,)`, values from 0 to `num_clusters - 1`.
        """
        soft_assignment = self.predict(
            x, batch_size=batch_size, verbose=verbose
        )
        return soft_assignment.argmax(axis=1)

    # === Config ===

    def get_config(self):
        return {**super().get_config(), "num_clusters": self.num_clusters}

    # === Checks ===

    def _check_enough(self, array):
        check_distinct(array, self.num_clusters)

    def _check_ready(self):
        self._check_adapted()

    def _check_adapted(self):
        if not self.adapted:
            raise ValueError(
                f"This {type(self).__name__} has no clusters yet: call "
                f"{self.ways_to_clusters} first. Received: adapted=False"
            )
