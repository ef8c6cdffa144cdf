"""Lengths of IMSAT's perturbations, found once for its training data."""

from kerasdc.algorithms.neighbors import kth_neighbor_distances
from kerasdc.targets.features import all_features
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import fingerprint
from kerasdc.utils.processes import num_processes


class NeighborRadii:
    """Distances of samples to one of their nearest neighbors.

    They are kept for the very same samples only.

    Attributes:
        neighborhood: Tuple of the last `neighbor` and `max_references`; empty
            before the first.
        distances: Float array `(n,)` of the last samples, or `None`.
    """

    def __init__(self, neighborhood=()):
        self.neighborhood = tuple(neighborhood)
        self.distances = None
        self._key = None

    def find(self, x, preprocessor, neighbor=10, max_references=100_000):
        """Finds the distances of training data.

        Args:
            x: Array of raw samples.
            preprocessor: Layer that makes features of them, or `None`.
            neighbor, max_references: As in `kerasdc.models.IMSAT.adapt`.
        """
        neighborhood = (checked_count("neighbor", neighbor), max_references)
        self.distances = self._compute(x, preprocessor, neighborhood)
        self.neighborhood = neighborhood
        self._key = fingerprint(x)

    def known(self, x):
        """Whether those of `x` were the last to be found."""
        return self._key == fingerprint(x)

    def of(self, x, preprocessor):
        """Distances of any samples, within these samples.

        Args:
            x, preprocessor: As in `find`.

        Returns:
            Float array `(n,)`.
        """
        if self.known(x):
            return self.distances
        return self._compute(x, preprocessor, self.neighborhood)

    def _compute(self, x, preprocessor, neighborhood):
        neighbor, most = neighborhood
        # Of several processes, each has as small a share of the neighbors.
        neighbor = max(round(neighbor / num_processes()), 1)
        return kth_neighbor_distances(
            x,
            neighbor,
            most,
            transform=lambda rows: all_features(rows, preprocessor),
        )
