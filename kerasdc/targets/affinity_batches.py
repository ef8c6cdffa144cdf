"""Affinities of samples: to those of their batch, or as pairs drawn."""

import math

import numpy as np

from kerasdc.algorithms.affinities import joint_affinities
from kerasdc.targets.batches import ShuffledBatches
from kerasdc.targets.batches import check_same_length


class AffinityBatches(ShuffledBatches):
    """Fixed batches with the affinities of their samples to each other.

    As in parametric t-SNE: which samples are together in a batch is drawn
    once, and only the order of the batches differs from pass to pass.

    Reference: [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
    section 3.

    Args:
        x: Array `(n, ...)` of inputs.
        affinities: Array `(n, width)`, as `affinities_of` returns it for
            the same `batch_size` and `seed`.
        batch_size: Integer, at most so many rows per batch; batches differ
            by one row at most.
        seed: Integer.
        **kwargs: `shuffle` and `count_steps` of `ShuffledBatches`.
    """

    def __init__(self, x, affinities, batch_size, seed=0, **kwargs):
        check_same_length(x=x, affinities=affinities)
        super().__init__(x, affinities, batch_size, seed=seed, **kwargs)
        self._members = self.members_of(len(x), batch_size, seed)

    def rows(self, index):
        number_of_pass, batch = divmod(
            (self._first_step or 0) + index, self.batches_per_pass
        )
        if self.shuffle:
            generator = np.random.default_rng((self.seed, 1, number_of_pass))
            batch = generator.permutation(self.batches_per_pass)[batch]
        return self._members[batch]

    @staticmethod
    def members_of(num_samples, batch_size, seed):
        """Which samples are together.

        Args:
            num_samples: Integer.
            batch_size: Integer.
            seed: Integer.

        Returns:
            List of integer arrays.
        """
        rows = np.random.default_rng((seed, 0)).permutation(num_samples)
        num_batches = AffinityBatches.count_batches(num_samples, batch_size)
        return np.array_split(rows, num_batches)

    @staticmethod
    def count_batches(num_samples, batch_size):
        """How many there are, of which the last are one row shorter."""
        return math.ceil(num_samples / batch_size)

    @classmethod
    def affinities_of(cls, features, batch_size, perplexity, seed=0):
        """Joint affinities within batches; see `kerasdc.algorithms.affinities`.

        Args:
            features: Array `(n, ...)`.
            batch_size: Integer.
            perplexity: Float from 1 to a third of the others of a batch.
            seed: Integer.

        Returns:
            Float32 array `(n, width)`: row i holds the affinities of sample
            i to the members of its batch, in their order, then zeros.

        Raises:
            ValueError: If `perplexity` is too high for the batches.
        """
        batches = cls.members_of(len(features), batch_size, seed)
        width = max(map(len, batches))
        affinities = np.zeros((len(features), width), "float32")
        for members in batches:
            found = joint_affinities(features[members], perplexity)
            affinities[members, : len(members)] = found
        return affinities


class NeighborPairs(ShuffledBatches):
    """Batches of pairs, drawn by their affinity.

    The first half of a batch are the first samples of each pair, the second
    half the second ones. An epoch has as many samples as there are.

    Args:
        x: Array `(n, ...)` of inputs.
        affinities: SciPy sparse CSR matrix `(n, n)`, not negative.
        batch_size: Integer, at least 2: rows per batch, two for each pair.
        **kwargs: `seed` and `count_steps` of `ShuffledBatches`.
    """

    def __init__(self, x, affinities, batch_size, **kwargs):
        check_same_length(x=x, affinities=affinities)
        super().__init__(x, np.zeros(len(x), "float32"), batch_size, **kwargs)
        self._affinities = affinities
        self._cumulative = np.cumsum(affinities.data, dtype="float64")

    def rows(self, index):
        step = (self._first_step or 0) + index
        generator = np.random.default_rng((self.seed, step))
        drawn = generator.random(self.batch_size // 2) * self._cumulative[-1]
        pairs = np.searchsorted(self._cumulative, drawn, side="right")
        starts = self._affinities.indptr
        first = np.searchsorted(starts, pairs, side="right") - 1
        return np.concatenate([first, self._affinities.indices[pairs]])
