"""PyDatasets that training and prediction run on."""

import math

import keras
import numpy as np

from kerasdc.affinities import joint_affinities
from kerasdc.arguments import checked_count
from kerasdc.layers import ClusteringLayer


class ShuffledBatches(keras.utils.PyDataset):
    """Batches `(x, target)` in an order that a restart does not change.

    Every pass through the data has its own random order, and an epoch may end
    in the middle of one. Order and position depend on the seed and the number
    of steps taken so far alone, so a resumed training goes on as if never
    stopped.

    Args:
        x: Array `(n, ...)` of inputs.
        target: Array `(n, ...)`, one row for each sample; it may be `x`. With
            `None`, batches are `(x,)`.
        batch_size: Integer, rows per batch.
        steps_per_epoch: Optional integer, batches per epoch. `None` is one
            pass over the data.
        shuffle: Boolean. Whether each pass has its own random order.
        seed: Integer seed of that order.
        count_steps: Optional function that returns the number of steps
            already taken. `None` starts every epoch at the first row.
        drop_remainder: Boolean. Whether the rows that are left at the end of
            a pass, too few for a batch, are left out of it (unless there are
            no others) or make a shorter batch.
    """

    def __init__(
        self,
        x,
        target,
        batch_size=256,
        steps_per_epoch=None,
        shuffle=True,
        seed=0,
        count_steps=None,
        drop_remainder=False,
    ):
        super().__init__()
        self.x = x
        self.target = target
        self.batch_size = checked_count("batch_size", batch_size)
        whole = drop_remainder and len(x) >= self.batch_size
        num_batches = len(x) / self.batch_size
        self.batches_per_pass = (
            int(num_batches) if whole else math.ceil(num_batches)
        )
        self.steps_per_epoch = steps_per_epoch or self.batches_per_pass
        self.shuffle = shuffle
        self.seed = seed
        self.count_steps = count_steps
        self._first_step = None
        self._order = (None, None)

    def __len__(self):
        return self.steps_per_epoch

    def __getitem__(self, index):
        rows = self.rows(index)
        inputs = self.x[rows]
        if self.target is None:
            return (inputs,)
        if self.target is self.x:
            return inputs, inputs
        return inputs, self.target[rows]

    def rows(self, index):
        """Which samples a batch of this epoch holds.

        Args:
            index: Integer, the batch.

        Returns:
            Integer array `(batch_size,)` or shorter.
        """
        step = (self._first_step or 0) + index
        number_of_pass, batch = divmod(step, self.batches_per_pass)
        start = batch * self.batch_size
        return self._order_of(number_of_pass)[start : start + self.batch_size]

    def on_epoch_begin(self):
        """Looks where training stands, and refreshes the target there."""
        step = 0 if self.count_steps is None else self.count_steps()
        if self.count_steps is not None and step == self._first_step:
            return  # Keras on JAX begins the first epoch twice
        self._first_step = step
        self.refresh()

    def refresh(self):
        """Makes this epoch's `target`; for subclasses."""

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


def steps_taken(optimizer):
    """How many steps a training has taken, for `ShuffledBatches`.

    Args:
        optimizer: Its Keras optimizer.

    Returns:
        Integer.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    # `iterations` counts updates: fewer when gradients are accumulated.
    return int(optimizer._iterations)


class WholePass(ShuffledBatches):
    """All samples once, in an order that is the same every time.

    For losses that compare the samples of a batch, where they are to tell of
    the data and not of its order. What is left at the end joins the batch
    before where it is one sample, or less than a quarter of a batch: a few
    samples' own statistics, or pairs, would say little.

    Args:
        x: As in `ShuffledBatches`.
        target: As in `ShuffledBatches`.
        batch_size: Integer, rows per batch.
    """

    def __init__(self, x, target, batch_size):
        whole, left = divmod(len(x), checked_count("batch_size", batch_size))
        joins = whole > 0 and (left < 2 or 4 * left < batch_size)
        super().__init__(x, target, batch_size, whole if joins else whole + 1)

    def rows(self, index):
        start = index * self.batch_size
        is_last = index == len(self) - 1
        stop = len(self.x) if is_last else start + self.batch_size
        return self._order_of(0)[start:stop]


class SelfTrainingTargets(ShuffledBatches):
    """Batches `(x, p)` with DEC's target distribution P.

    At the start of every epoch, which is one update interval, the model
    assigns **all** of `x`, on clean inputs, and P is made from that.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.1.2 and equation (3).

    Args:
        model: Clustering model whose `predict(x)` gives `(n, k)`.
        x: Array of inputs, as `model` takes them.
        batch_size: Integer, rows per batch. The last batch of a pass may
            be shorter.
        update_interval: Optional integer, batches per epoch. `None` is one
            pass over the data.
        **kwargs: `shuffle`, `seed` and `count_steps` of `ShuffledBatches`.

    Attributes:
        target: Array `(n, k)`, the P of this epoch.
        assignments: Integer array `(n,)` it was made from, or `None`.
        label_change: Share of them that differs from the epoch before.
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
        self.assignments = None
        self.label_change = None

    def refresh(self):
        """Makes P anew, with the assignments and the share that changed."""
        soft_assignment = self.model.predict(
            self.x, batch_size=max(self.batch_size, 1024), verbose=0
        )
        self.target = ClusteringLayer.target_distribution(soft_assignment)
        previous = self.assignments
        self.assignments = soft_assignment.argmax(axis=1)
        if previous is not None:
            self.label_change = float(np.mean(self.assignments != previous))


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
        **kwargs: `count_steps` of `ShuffledBatches`.
    """

    def __init__(self, x, affinities, batch_size, seed=0, **kwargs):
        super().__init__(x, affinities, batch_size, seed=seed, **kwargs)
        self._members = self.members_of(len(x), batch_size, seed)

    def rows(self, index):
        number_of_pass, batch = divmod(
            (self._first_step or 0) + index, self.batches_per_pass
        )
        generator = np.random.default_rng((self.seed, 1, number_of_pass))
        order = generator.permutation(self.batches_per_pass)
        return self._members[order[batch]]

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
        """Joint affinities within batches; see `kerasdc.affinities`.

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
        self.batch_size = checked_count("batch_size", batch_size)

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        batch = self.x[start : start + self.batch_size]
        if self.preprocessor is None:
            return (batch,)
        return (keras.ops.convert_to_numpy(self.preprocessor(batch)),)


def all_features(x, preprocessor=None):
    """Preprocessed inputs, all in one array.

    Args:
        x: Array of raw inputs.
        preprocessor: Layer or function of a batch, or `None`.

    Returns:
        Float array `(n, ...)`.
    """
    batches = FeatureBatches(x, preprocessor, batch_size=8192)
    for i in range(len(batches)):
        (batch,) = batches[i]
        if i == 0:  # filled in place: no second copy at the end
            features = np.empty((len(x), *batch.shape[1:]), batch.dtype)
        start = i * batches.batch_size
        features[start : start + len(batch)] = batch
    return features
