"""PyDatasets that make training targets from the model in training."""

import math

import keras
import numpy as np

from kerasdc.inputs import checked_count
from kerasdc.layers import ClusteringLayer


class SelfTrainingTargets(keras.utils.PyDataset):
    """Batches `(x, p)` with DEC's target distribution P.

    At the start of every epoch the model assigns **all** of `x`, on clean
    inputs, and P is made from that. An epoch is one update interval; the
    walk through the data goes on from epoch to epoch, in a new order each
    pass. Order and position depend on the seed and the number of steps taken
    so far alone, so a resumed training goes on as if never stopped.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.1.2 and equation (3).

    Args:
        model: Clustering model whose `predict(x)` gives `(n, k)`.
        x: Array of inputs, as `model` takes them.
        batch_size: Integer, rows per batch. The last batch of a pass may
            be shorter.
        update_interval: Optional integer, batches per epoch. `None` is one
            pass over the data.
        shuffle: Boolean. Whether each pass has its own random order.
        seed: Integer seed of that order.
        count_steps: Optional function that returns the number of steps
            already taken. `None` starts every epoch at the first row.

    Attributes:
        target: Array `(n, k)`, the P of this epoch.
        assignments: Integer array `(n,)` it was made from, or `None`.
        label_change: Share of them that differs from the epoch before.
    """

    def __init__(
        self,
        model,
        x,
        batch_size=256,
        update_interval=None,
        shuffle=True,
        seed=0,
        count_steps=None,
    ):
        super().__init__()
        self.model = model
        self.x = x
        self.batch_size = checked_count("batch_size", batch_size)
        self.batches_per_pass = math.ceil(len(x) / self.batch_size)
        self.update_interval = update_interval or self.batches_per_pass
        self.shuffle = shuffle
        self.seed = seed
        self.count_steps = count_steps
        self.assignments = None
        self.label_change = None
        self._first_step = 0
        self._order = (None, None)
        # Keras looks at two batches before the first epoch begins.
        num_clusters = model.num_clusters
        uniform = np.float32(1 / num_clusters)
        self.target = np.broadcast_to(uniform, (len(x), num_clusters))

    def __len__(self):
        return self.update_interval

    def __getitem__(self, index):
        rows = self.rows(index)
        return self.x[rows], self.target[rows]

    def rows(self, index):
        """Which samples a batch of this epoch holds.

        Args:
            index: Integer, the batch.

        Returns:
            Integer array `(batch_size,)` or shorter.
        """
        number_of_pass, batch = divmod(
            self._first_step + index, self.batches_per_pass
        )
        start = batch * self.batch_size
        return self._order_of(number_of_pass)[start : start + self.batch_size]

    def on_epoch_begin(self):
        """Refreshes P, the assignments and the share that changed."""
        if self.count_steps is not None:
            step = self.count_steps()
            if self.assignments is not None and step == self._first_step:
                return  # Keras on JAX begins the first epoch twice
            self._first_step = step
        soft_assignment = self.model.predict(
            self.x, batch_size=max(self.batch_size, 1024), verbose=0
        )
        self.target = ClusteringLayer.target_distribution(soft_assignment)
        previous = self.assignments
        self.assignments = soft_assignment.argmax(axis=1)
        if previous is not None:
            self.label_change = float(np.mean(self.assignments != previous))

    def _order_of(self, number_of_pass):
        if not self.shuffle:
            number_of_pass = 0
        if self._order[0] != number_of_pass:
            rows = np.arange(len(self.x))
            if self.shuffle:
                generator = np.random.default_rng((self.seed, number_of_pass))
                generator.shuffle(rows)
            self._order = (number_of_pass, rows)
            # Keras' prefetching threads may replace it before it is read.
            return rows
        return self._order[1]


class FeatureBatches(keras.utils.PyDataset):
    """Batches of preprocessed inputs, in order, to predict on.

    Args:
        x: Array of raw inputs.
        preprocessor: Layer or function of a batch, or `None`.
        batch_size: Integer, rows per batch.
    """

    def __init__(self, x, preprocessor=None, batch_size=1024):
        super().__init__()
        self.x = x
        self.preprocessor = preprocessor
        self.batch_size = batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        batch = self.x[start : start + self.batch_size]
        if self.preprocessor is None:
            return (batch,)
        return (keras.ops.convert_to_numpy(self.preprocessor(batch)),)
