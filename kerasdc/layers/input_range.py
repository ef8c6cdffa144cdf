"""How large the samples were that a model was fitted on."""

import math

import keras
import numpy as np

from kerasdc.layers.adaptable import NewerState
from kerasdc.layers.adaptable import add_state
from kerasdc.utils.inputs import evenly_spaced
from kerasdc.utils.scratch import taken

_TOLERANCE = 4.0  # times as large, or as small
_CHECKED_SAMPLES = 1000
_BLOCK = 2**18  # numbers that are looked at at once


@keras.saving.register_keras_serializable(package="kerasdc")
class InputRange(NewerState):
    """Remembers the size of training samples; tells of others.

    A sample's size is its root mean square. Pixels from 0 to 1 given to a
    model of pixels from 0 to 255 all look black to it: they fall into one
    cluster, and nothing fails.
    """

    def build(self, input_shape=None):
        self.sizes = add_state(self, "sizes", "zeros", (2,))
        self.add_adapted_flag()

    def adapt(self, x):
        """Keeps the 1 % and 99 % quantiles of the samples' sizes.

        Args:
            x: Array of raw samples `(n, ...)`.
        """
        sizes = _sizes(x, 10 * _CHECKED_SAMPLES)
        self.sizes.assign(np.quantile(sizes, [0.01, 0.99]))
        self.mark_adapted()

    def difference(self, x):
        """What to tell the user of samples on another scale.

        Args:
            x: Array of raw samples `(n, ...)`.

        Returns:
            String, or `None` if half of the samples are not more than 4
            times as large, or as small, as those of `adapt`, or if it was
            not called.
        """
        if not self.adapted:
            return None
        lowest, highest = (float(size) for size in self.sizes.numpy())
        found = float(np.median(_sizes(x, _CHECKED_SAMPLES)))
        if lowest / _TOLERANCE <= found <= highest * _TOLERANCE:
            return None
        return (
            "These samples are on another scale than those that the model "
            "was fitted on, and may all fall into one cluster. Pass raw "
            "values, as in `fit`. Expected: root mean squares of a sample "
            f"from {lowest:.3g} to {highest:.3g}. Received: a median of "
            f"{found:.3g}"
        )


def _sizes(x, most):
    """Root mean squares of at most so many samples, evenly spaced."""
    axes = tuple(range(1, x.ndim))
    rows = evenly_spaced(np.arange(len(x)), most)
    # By blocks, for a float copy of images would be 8 times their size.
    block = max(1, _BLOCK // max(1, math.prod(x.shape[1:])))
    squares = []
    for i in range(0, len(rows), block):
        part = taken(x, rows[i : i + block])
        # In float64, where no square of a float32 number overflows.
        squares.append(np.square(part, dtype="float64").mean(axis=axes))
    return np.sqrt(np.concatenate(squares))
