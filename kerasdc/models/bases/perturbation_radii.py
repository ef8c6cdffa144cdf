"""Models that perturb samples by a share of the distance to a neighbor."""

import copy

from kerasdc.models.bases.augmenting import kinds_of
from kerasdc.models.bases.graph_start import GraphStart
from kerasdc.models.bases.restarts import check_restarts
from kerasdc.targets import NeighborRadii

# Augmentations by a radius, and their steps of power iteration.
RANDOM_STEPS = {"vat": 1, "rpt": 0}


class PerturbationRadii(GraphStart):
    """A mixin of `DiscriminativeModel` with a `radius_factor`: IMSAT's radii.

    The constructor calls `set_neighborhood`.
    """

    def set_neighborhood(self, neighborhood):
        """Takes the argument `neighborhood` of the constructor.

        Args:
            neighborhood: Pair, `neighbor` and `max_references` of `adapt`, or
                empty for their defaults.
        """
        self._radii = NeighborRadii(neighborhood)

    def adapt(
        self,
        x,
        neighbor=10,
        max_references=100_000,
        restarts=None,
        verbose=0,
        graph_start=None,
    ):
        """Finds distances of samples to a neighbor, for `fit`.

        `fit` does it where it is missing. The distances are kept for the very
        same `x` only, and not saved.

        Args:
            x: Training samples.
            neighbor: Integer, at least 1: which neighbor.
            max_references: Integer: so many samples, drawn at random, may be
                neighbors if there are more; a warning says so.
            restarts, verbose, graph_start: As in `GraphStart.adapt`.

        Returns:
            Float array `(n,)`, distances between features; `None` where the
            augmentation needs none.

        Raises:
            ValueError: If an argument is not usable.
        """
        check_restarts(self, restarts)
        x = self.prepare(x)
        if self._needs_distances():
            self._radii.find(x, self.preprocessor, neighbor, max_references)
        super().adapt(x, restarts, graph_start, verbose)
        return self._radii.distances

    def share_adapted(self, other):
        super().share_adapted(other)
        self._radii = copy.copy(other._radii)

    def complete_stages(self, x, batch_size, verbose):
        if self._needs_distances() and not self._radii.known(x):
            self.adapt(x, *self._radii.neighborhood)

    def targets_of(self, x):
        """Lengths of the perturbations, where there are any."""
        if not self._needs_distances():
            return None
        return self.radius_factor * self._radii.of(x, self.preprocessor)

    def _needs_distances(self):
        return any(kind in RANDOM_STEPS for kind in kinds_of(self.augmentation))

    # === Config ===

    def get_config(self):
        neighborhood = list(self._radii.neighborhood)
        return {**super().get_config(), "neighborhood": neighborhood}
