"""Batches of samples, each with one of its neighbors."""

import numpy as np

from kerasdc.targets.batches import ShuffledBatches


class PairedBatches(ShuffledBatches):
    """Every sample of a pass, followed by a neighbor drawn at random.

    Rows are samples and neighbors by turns, so that a batch that is shared
    out among devices keeps its pairs together. Which neighbors are drawn
    depends on the seed and the number of steps alone.

    Args:
        x: Array `(n, ...)` of inputs.
        neighbors: Integer array `(n, k)`, those of each sample.
        batch_size: Integer, pairs per batch.
        **kwargs: Other arguments of `ShuffledBatches`.
    """

    def __init__(self, x, neighbors, batch_size, **kwargs):
        super().__init__(x, None, batch_size, **kwargs)
        self._neighbors = neighbors

    def rows(self, index):
        first = super().rows(index)
        step = (self._first_step or 0) + index
        generator = np.random.default_rng((self.seed, 1, step))
        drawn = generator.integers(self._neighbors.shape[1], size=len(first))
        pairs = np.stack([first, self._neighbors[first, drawn]], axis=1)
        return pairs.ravel()
