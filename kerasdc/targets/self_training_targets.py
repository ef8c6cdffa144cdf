"""DEC's target distribution, made anew every update interval."""

import numpy as np

from kerasdc.losses import soft_frequencies
from kerasdc.targets.batches import ShuffledBatches
from kerasdc.utils import scratch
from kerasdc.utils.mapped import PageLimit
from kerasdc.utils.processes import summed


class SharpenedRows:
    """P of some samples at a time, made from Q when it is asked for.

    Args:
        q: Array `(n, k)`, on disk if it is large.
        frequencies: Array `(k,)`, of all samples.
        target_distribution: Function of rows of `q` and `frequencies`, as
            `kerasdc.losses.target_distribution`.
    """

    def __init__(self, q, frequencies, target_distribution):
        self._q, self._make = q, target_distribution
        self._frequencies = frequencies
        self._limit = PageLimit(q)
        self.shape, self.dtype, self.nbytes = q.shape, q.dtype, q.nbytes

    def __getitem__(self, rows):
        found = self._make(self._q[rows], self._frequencies)
        self._limit.touch(len(found))
        return found


class SelfTrainingTargets(ShuffledBatches):
    """Batches `(x, p)` with the target distribution P, DEC's for example.

    At the start of every epoch, which is one update interval, the model
    assigns **all** of `x`, on clean inputs, and P is made from that.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.1.2 and equation (3).

    Args:
        model: Clustering model whose `predict(x)` gives `(n, k)`, and whose
            `target_distribution` makes P of that.
        x: Array of inputs, as `model` takes them.
        batch_size: Integer, rows per batch. The last batch of a pass may
            be shorter.
        update_interval: Optional integer, batches per epoch. `None` is one
            pass over the data.
        **kwargs: `shuffle`, `seed` and `count_steps` of `ShuffledBatches`.

    Attributes:
        target: Array `(n, k)`, the P of this epoch; of many samples a
            `SharpenedRows`, which makes it of Q row by row.
    """

    def __init__(
        self, model, x, batch_size=256, update_interval=None, **kwargs
    ):
        # Keras looks at two batches before the first epoch begins.
        num_clusters = model.num_clusters
        uniform = np.broadcast_to(
            np.float32(1 / num_clusters), (len(x), num_clusters)
        )
        super().__init__(x, uniform, batch_size, update_interval, **kwargs)
        self.model = model

    def refresh(self):
        """Makes P anew."""
        q = self.soft_assignment()
        frequencies = summed(soft_frequencies(q))
        make = self.model.target_distribution
        if q.nbytes > scratch.LARGE:
            self.target = SharpenedRows(q, frequencies, make)
        else:
            self.target = make(q, frequencies)

    def soft_assignment(self):
        """Q of all samples.

        Returns:
            Float array `(n, k)`.
        """
        return self.model.predict(
            self.x, batch_size=max(self.batch_size, 1024), verbose=0
        )
