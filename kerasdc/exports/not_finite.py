"""Samples that are not finite, in signatures of served models."""

import keras
import numpy as np
from keras import ops

_HIGHEST = float(np.finfo("float32").max)
NO_CLUSTER = -1


def marking_nan(function):
    """A signature that marks what it returns of samples with NaN.

    Without it, layers such as ReLU would make a number of NaN, and a broken
    sample would get an ordinary cluster.

    Args:
        function: Function of a batch of raw samples that returns a dict of
            tensors `(batch, ...)`.

    Returns:
        Such a function. Where a sample holds NaN or infinity, floats are NaN
        and integers are -1.
    """

    def marked(inputs):
        # Comparisons with NaN are false. LiteRT has no `isfinite`.
        axes = tuple(range(1, len(inputs.shape)))
        finite = ops.all(ops.abs(inputs) <= _HIGHEST, axis=axes)
        return {
            name: _mark(value, finite)
            for name, value in function(inputs).items()
        }

    return marked


def _mark(value, finite):
    is_integer = keras.backend.is_int_dtype(value.dtype)
    mark = NO_CLUSTER if is_integer else np.nan
    shape = (-1,) + (1,) * (len(value.shape) - 1)
    return ops.where(
        ops.reshape(finite, shape), value, ops.cast(mark, value.dtype)
    )
