"""Scaling of raw inputs, with its inverse."""

import keras
import numpy as np
from keras import ops

from kerasdc.layers.adaptable import Adaptable
from kerasdc.layers.adaptable import add_state
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import shown
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.mapped import blocks
from kerasdc.utils.mapped import extremes
from kerasdc.utils.tensors import checked_tensor

# Scales in whose range a float32 number and its inverse are finite.
_LEAST, _MOST = 1e-37, 1e37
_BLOCK_ROWS = 1024


@keras.saving.register_keras_serializable(package="kerasdc")
class Scaling(Adaptable):
    """Multiplies raw inputs by one number; `invert` divides by it.

    If `scale` is `None`, `adapt` sets it such that the mean squared feature
    is 1, or that the maximum is 1. DEC normalizes its data in the first way,
    so that one learning rate works for all data sets; a Bernoulli decoder
    needs the second.

    Data far from the origin are centered first, if the mean square is to
    be 1: without that, all samples would be nearly the same point. Far means
    that the features' means are 5 times as large as their standard
    deviations (both as root mean squares over the features).

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section 4.1.

    Args:
        scale: Optional float other than 0, of 1e-37 to 1e37 in size. `None`
            lets `adapt` set it.
        target: `"mean_square"` or `"maximum"`: what `adapt` scales to 1.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        Any, of any numeric dtype; but for the first axis, that of `adapt`.

    Output shape:
        The same, of the layer's compute dtype.

    Example:

    >>> layer = kerasdc.layers.Scaling(1 / 255)
    >>> float(layer(np.array([255], "uint8"))[0])
    1.0
    """

    def __init__(self, scale=None, target="mean_square", **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # see `call`
        self.scale = None if scale is None else _checked_scale(scale)
        self.target = checked_choice(
            "target", target, ("mean_square", "maximum")
        )

    def build(self, input_shape):
        # With the observed range, to which `invert` clips.
        self.state = self.add_weight(
            name="scale_minimum_maximum",
            shape=(3,),
            initializer=_initial_state(self.scale),
            dtype="float32",
            trainable=False,
            autocast=False,
        )
        self.add_adapted_flag()
        shape = tuple(input_shape[1:])
        self.center = add_state(
            self, "center", "zeros", () if None in shape else shape
        )

    def load_own_variables(self, store):
        # Version 0.1.0 has no center.
        found = {key: store[key] for key in store.keys()}
        if found and "2" not in found:
            found["2"] = np.zeros(self.center.shape, "float32")
        super().load_own_variables(found)

    def adapt(self, x):
        """Stores the range of `x` and, if `scale` is `None`, sets the scale.

        Args:
            x: Array of raw inputs, any shape, or SciPy sparse matrix.

        Raises:
            ValueError: If `x` is empty, not numeric, not finite, or too small
                or too large to be scaled in float32.
        """
        x = _checked_inputs(x)
        center, scale = self._center_and_scale(x)
        if not self.built:
            self.build(x.shape)
        self.state.assign(np.array([scale, *extremes(x)], "float32"))
        if self.center.shape == ():  # samples of several shapes
            center = np.mean(center)
        self.center.assign(np.broadcast_to(center, self.center.shape))
        self.mark_adapted()

    def limits_of(self, x):
        """The least and the largest of what the layer makes of `x`.

        Before `adapt`, of what it would make, were it adapted to `x`.

        Args:
            x: Array of raw inputs, any shape.

        Returns:
            Tuple of floats.
        """
        if self.adapted:
            center, scale = self.center.numpy(), float(self.state[0])
        else:
            center, scale = self._center_and_scale(_checked_inputs(x))
        limits = [extremes((block - center) * scale) for _, block in blocks(x)]
        return tuple(map(float, extremes(np.array(limits))))

    def _center_and_scale(self, x):
        if self.scale is not None:
            return 0.0, self.scale
        if self.target == "maximum":
            return 0.0, _maximum_scale(x)
        mean, variance = _moments(x)
        if 0 < 25 * variance.mean() < np.square(mean).mean():
            return mean, _power_scale(variance)
        return 0.0, _power_scale(variance + np.square(mean))

    def call(self, inputs):
        # In float32: far from the origin, half precision would round all
        # samples to the same number.
        centered = ops.cast(inputs, "float32") - self.center
        return ops.cast(centered * self.state[0], self.compute_dtype)

    def invert(self, features):
        """Maps features back to the raw scale.

        Args:
            features: Tensor or array on the scale of this layer's output.

        Returns:
            Tensor on the scale of the raw inputs, clipped to the range of
            the data of `adapt`.
        """
        if not self.built:
            raise ValueError("This layer has no scale yet: call `adapt(x)`.")
        features = checked_tensor("features", features)
        raw = ops.cast(features, "float32") / self.state[0] + self.center
        return ops.clip(raw, self.state[1], self.state[2])

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        return {**config, "scale": self.scale, "target": self.target}


def _checked_scale(scale):
    try:
        size = abs(checked_number("scale", scale, -_MOST, _MOST))
    except ValueError:
        size = 0
    if size < _LEAST:
        raise ValueError(
            f"`scale` must be None, or a number of {_LEAST:g} to {_MOST:g} in "
            f"size. Received: scale={shown(scale)}"
        )
    return float(scale)


def _checked_inputs(x):
    return checked_array("x", x.toarray() if hasattr(x, "toarray") else x)


def _power_scale(mean_squares):
    return _inverse(np.sqrt(np.mean(mean_squares)), "root mean square")


def _maximum_scale(x):
    return _inverse(max(float(extremes(x)[1]), 0.0), "maximum")


def _inverse(size, words):
    if size == 0:
        return 1.0
    if not _LEAST <= size <= _MOST:
        raise ValueError(
            f"The {words} of `x` must be 0, or from {_LEAST:g} to {_MOST:g}. "
            f"Received: x of {words} {size:g}"
        )
    return 1.0 / size


def _moments(x):
    """Mean and variance of each feature."""
    # In small blocks: a float64 copy of uint8 images is 8 times as large.
    size = _BLOCK_ROWS * x.nbytes // len(x)
    mean = sum(b.sum(axis=0, dtype="float64") for _, b in blocks(x, size))
    mean = mean / len(x)
    squares = sum(np.square(b - mean).sum(axis=0) for _, b in blocks(x, size))
    return mean, squares / len(x)


def _initial_state(scale):
    values = [1.0 if scale is None else scale, -np.inf, np.inf]
    return lambda shape, dtype=None: ops.convert_to_tensor(values, dtype)
