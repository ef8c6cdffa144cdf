"""Preprocessed inputs, by batches or all at once."""

import math

import keras

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.scratch import filled


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
        Float array `(n, ...)`, on disk if it is large.
    """
    batches = FeatureBatches(x, preprocessor, batch_size=8192)
    return filled(x, (batch for (batch,) in batches))
