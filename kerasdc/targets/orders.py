"""The order in which Keras takes samples, without its global seed."""

import keras
import numpy as np


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
