"""Batches in an order that depends on the seed and the steps alone."""

import math

import keras
import numpy as np

from kerasdc.targets.devices import batch_of_process
from kerasdc.targets.devices import rows_of_pass
from kerasdc.targets.orders import shuffle_rows
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.mapped import PageLimit
from kerasdc.utils.processes import num_processes


def check_same_length(**arrays):
    """Raises `ValueError` unless there is a row of each for every sample.

    Args:
        **arrays: Two arrays or matrices by their names.
    """
    (first, rows), (second, others) = arrays.items()
    if rows.shape[0] != others.shape[0]:
        raise ValueError(
            f"`{first}` and `{second}` must have the same length. "
            f"Received: {rows.shape[0]} and {others.shape[0]} rows"
        )


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
        batch_size: Integer, rows per batch, of all processes that train
            together: see `kerasdc.targets.devices`.
        steps_per_epoch: Optional integer, batches per epoch. `None` is one
            pass over the data.
        shuffle: Boolean. Whether each pass has its own random order: see
            `kerasdc.targets.orders.shuffle_rows`.
        seed: Integer seed of that order.
        count_steps: Optional function that returns the number of steps
            already taken. `None` starts every epoch at the first row.
        drop_remainder: Boolean. Whether the rows that are left at the end of
            a pass, too few for a batch, are left out of it (unless there are
            no others) or make a shorter batch.
        order: Optional integer array `(n,)`, the rows in the order of every
            pass. `None` is as `shuffle` says.

    Raises:
        ValueError: If `x` and `target` differ in length.
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
        order=None,
    ):
        super().__init__()
        if target is not None:
            check_same_length(x=x, target=target)
        self.x = x
        self.target = target
        batch_size = checked_count("batch_size", batch_size)
        self.batch_size = batch_of_process(batch_size)
        self.num_rows = rows_of_pass(len(x))
        whole = drop_remainder and self.num_rows >= self.batch_size
        num_batches = self.num_rows / self.batch_size
        self.batches_per_pass = (
            int(num_batches) if whole else math.ceil(num_batches)
        )
        self.steps_per_epoch = steps_per_epoch or self.batches_per_pass
        self.shuffle = shuffle
        self.seed = seed
        self.count_steps = count_steps
        self._first_step = None
        self._fixed_order = order
        self._order = (None, None)
        self._limit = PageLimit(x)

    def __len__(self):
        return self.steps_per_epoch

    def __getitem__(self, index):
        rows = self.rows(index)
        inputs = self.x[rows]
        self._limit.touch(len(rows))
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
        stop = min(start + self.batch_size, self.num_rows)
        return self._order_of(number_of_pass)[start:stop]

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
        if self._fixed_order is not None:
            return self._fixed_order
        if not self.shuffle:
            number_of_pass = 0
        if self._order[0] != number_of_pass:
            rows = np.arange(len(self.x))
            if self.shuffle:
                generator = np.random.default_rng((self.seed, number_of_pass))
                shuffle_rows(rows, generator, self.x)
            self._order = (number_of_pass, rows)
            # Keras' prefetching threads may replace it before it is read.
            return rows
        return self._order[1]


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
        checked_count("batch_size", batch_size)
        num_rows, batch_size = (
            rows_of_pass(len(x)),
            batch_of_process(batch_size),
        )
        whole, left = divmod(num_rows, batch_size)
        joins = whole > 0 and (left < 2 or 4 * left < batch_size)
        num_batches = whole if joins else whole + 1
        super().__init__(x, target, batch_size * num_processes(), num_batches)

    def rows(self, index):
        start = index * self.batch_size
        is_last = index == len(self) - 1
        stop = self.num_rows if is_last else start + self.batch_size
        return self._order_of(0)[start:stop]


def steps_taken(optimizer):
    """How many steps a training has taken, for `ShuffledBatches`.

    Args:
        optimizer: Its Keras optimizer.

    Returns:
        Integer.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    # The property `iterations` counts updates: fewer when gradients are
    # accumulated. The variable is the first one.
    return int(keras.ops.convert_to_numpy(optimizer.variables[0]))
