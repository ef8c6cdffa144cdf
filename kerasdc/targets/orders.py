"""Orders in which samples are taken, each by a seed of its own."""

import keras
import numpy as np

from kerasdc.utils.mapped import is_mapped

WINDOW = 2**28  # bytes of a mapped file that are shuffled together
_BLOCKS = 64  # of which a window is made


def keras_order(num_samples, seed):
    """The order in which `keras.Model.fit` shuffles arrays on TensorFlow.

    After `keras.utils.set_random_seed(seed)` it is the same in every epoch.
    The published autoencoders were trained in it; here it depends on nothing
    but the seed, so that a training that was stopped can go on. On other
    backends it is a permutation by NumPy.

    Args:
        num_samples: Integer.
        seed: Integer.

    Returns:
        Integer array `(num_samples,)`.
    """
    seed = seed % 2**31
    if keras.backend.backend() != "tensorflow":
        return np.random.default_rng(seed).permutation(num_samples)
    import tensorflow as tf

    # TensorFlow takes a pair of zeros for no seed at all, and so has this.
    second = 0 if seed else 2**31 - 1

    def shuffled(_):
        rows = tf.range(num_samples, dtype="int64")
        return tf.raw_ops.RandomShuffle(value=rows, seed=seed, seed2=second)

    # In a dataset the operation starts anew; called twice, it would go on.
    return next(iter(tf.data.Dataset.range(1).map(shuffled))).numpy()


def fixed_order(x, seed):
    """One random order of all samples, as `keras_order` for those in memory.

    Args:
        x: Array `(n, ...)`.
        seed: Integer.

    Returns:
        Integer array `(n,)`.
    """
    if not _by_windows(x):
        return keras_order(len(x), seed)
    rows = np.arange(len(x))
    shuffle_rows(rows, np.random.default_rng(seed), x)
    return rows


def shuffle_rows(rows, generator, x):
    """Puts row numbers into a random order, in place.

    Of an array in memory, or of a mapped file of up to 256 MB, all orders are
    equally likely. A larger file is read by windows of that size, each made
    of 64 blocks of rows that are drawn from all of it: within a window, all
    orders are equally likely, and each block is read once.

    Args:
        rows: Integer array `(n,)`, from 0 to n - 1.
        generator: `numpy.random.Generator`.
        x: Array `(n, ...)`.
    """
    if not _by_windows(x):
        generator.shuffle(rows)
        return
    length = max(1, WINDOW // _BLOCKS * len(x) // x.nbytes)
    starts = np.arange(0, len(x), length)
    generator.shuffle(starts)
    place = 0
    for first in range(0, len(starts), _BLOCKS):
        window = np.concatenate(
            [
                np.arange(start, min(start + length, len(x)))
                for start in starts[first : first + _BLOCKS]
            ]
        )
        generator.shuffle(window)
        rows[place : place + len(window)] = window
        place += len(window)


def _by_windows(x):
    return x.nbytes > WINDOW and is_mapped(x)
