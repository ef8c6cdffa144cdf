"""Batches of pairs from one group of samples."""

import numpy as np

from kerasdc.targets.batches import ShuffledBatches
from kerasdc.utils.inputs import fingerprint


class GroupMates(ShuffledBatches):
    """Every sample of a pass, followed by another of its group.

    The target of a sample is its group. A batch has twice as many samples as
    `batch_size`.

    Args:
        x: Array `(n, ...)`.
        groups: Integer array `(n,)`.
        batch_size, **kwargs: As in `ShuffledBatches`.
    """

    def __init__(self, x, groups, batch_size, **kwargs):
        super().__init__(x, groups, batch_size, **kwargs)
        self.sort()

    def sort(self):
        """Rows by groups, and where in this order each sample's begins."""
        self._by_group = np.argsort(self.target, kind="stable")
        self._place = np.empty(len(self.x), int)
        self._place[self._by_group] = np.arange(len(self.x))
        _, group, sizes = np.unique(
            self.target, return_inverse=True, return_counts=True
        )
        self._start = (np.cumsum(sizes) - sizes)[group]
        self._size = sizes[group]

    def rows(self, index):
        first = super().rows(index)
        step = (self._first_step or 0) + index
        generator = np.random.default_rng((self.seed, 1, step))
        size, start = self._size[first], self._start[first]
        # Not itself, unless it is alone.
        ahead = 1 + generator.integers(np.maximum(size - 1, 1))
        place = start + (self._place[first] - start + ahead) % size
        return np.stack([first, self._by_group[place]], axis=1).ravel()


class MergedMates(GroupMates):
    """Mates from the groups of a JULE, which merges them after each period."""

    def __init__(self, model, x, batch_size, **kwargs):
        groups = model.membership.of(fingerprint(x))
        if groups is None:
            # Keras looks at two batches before the first epoch begins.
            groups = np.zeros(len(x), "int32")
        super().__init__(x, groups, batch_size, **kwargs)
        self.model = model

    def refresh(self):
        epoch = self._first_step // self.steps_per_epoch
        known = self.model.membership.of(fingerprint(self.x))
        if known is None or (epoch and epoch % self.model.period == 0):
            known = self.model.merge(self.x)
        self.target = known
        self.sort()
