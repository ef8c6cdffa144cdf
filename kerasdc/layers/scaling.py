"""Scaling of raw inputs, with its inverse."""

from numbers import Real

import keras
import numpy as np
from keras import ops

from kerasdc.layers.adaptable import Adaptable
from kerasdc.utils.arguments import checked_choice


@keras.saving.register_keras_serializable(package="kerasdc")
class Scaling(Adaptable):
    """Multiplies raw inputs by one number; `invert` goes back.

    Without `scale`, `adapt` chooses it such that the mean squared feature is
    1, or the largest: DEC normalizes its data in the first way, which lets
    one learning rate serve all of them; a Bernoulli decoder needs the second.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section 4.1.

    Args:
        scale: Optional float other than 0. `None` lets `adapt` choose it.
        target: `"mean_square"` or `"maximum"`: what `adapt` makes 1.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        Any, of any numeric dtype.

    Output shape:
        The same, of the layer's compute dtype.

    Example:

    >>> layer = kerasdc.layers.Scaling(1 / 255)
    >>> float(layer(np.array([255], "uint8"))[0])
    1.0
    """

    def __init__(self, scale=None, target="mean_square", **kwargs):
        super().__init__(**kwargs)
        self.scale = None if scale is None else _checked_scale(scale)
        self.target = checked_choice("target", target, _SCALES)

    def build(self, input_shape):
        # The observed range, so that `invert` never leaves it.
        self.state = self.add_weight(
            name="scale_minimum_maximum",
            shape=(3,),
            initializer=_initial_state(self.scale),
            dtype="float32",
            trainable=False,
            autocast=False,
        )
        self.add_adapted_flag()

    def adapt(self, x):
        """Records the range of `x` and, if it is free, chooses the scale.

        Args:
            x: Array of raw inputs, any shape, or SciPy sparse matrix.

        Raises:
            ValueError: If `x` is empty, or not all of it finite numbers.
        """
        x = np.asarray(x.toarray() if hasattr(x, "toarray") else x)
        is_real = x.size > 0 and x.dtype.kind in "buif"
        if not is_real or not np.isfinite([x.min(), x.max()]).all():
            raise ValueError(
                "`x` must hold real numbers, all of them finite. "
                f"Received: x of shape {x.shape} and dtype {x.dtype}"
            )
        if not self.built:
            self.build(x.shape)
        scale = self.scale or _SCALES[self.target](x)
        self.state.assign(np.array([scale, x.min(), x.max()], "float32"))
        self.mark_adapted()

    def scale_for(self, x):
        """The scale in use; before `adapt`, that which it would choose.

        Args:
            x: Array of raw inputs, any shape.

        Returns:
            Float.
        """
        if self.adapted:
            return float(self.state[0])
        return self.scale or _SCALES[self.target](np.asarray(x))

    def call(self, inputs):
        scale = ops.cast(self.state[0], self.compute_dtype)
        return ops.cast(inputs, self.compute_dtype) * scale

    def invert(self, features):
        """Maps features back to the raw scale.

        Args:
            features: Tensor or array on the scale of this layer's output.

        Returns:
            Tensor on the scale of the raw inputs, inside the range that
            `adapt` saw.
        """
        raw = ops.cast(features, "float32") / self.state[0]
        return ops.clip(raw, self.state[1], self.state[2])

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        return {**config, "scale": self.scale, "target": self.target}


def _checked_scale(scale):
    is_number = isinstance(scale, Real) and not isinstance(scale, bool)
    if not is_number or scale == 0 or not np.isfinite(scale):
        raise ValueError(
            "`scale` must be a finite number other than 0, or None. "
            f"Received: scale={scale}"
        )
    return float(scale)


def _power_scale(x):
    power = _mean_square(x)
    return 1.0 / np.sqrt(power) if power > 0 else 1.0


def _maximum_scale(x):
    largest = float(x.max())
    return 1.0 / largest if largest > 0 else 1.0


def _mean_square(x, block=1024):
    # By blocks: a float copy of uint8 images would be 8 times their size.
    x = np.atleast_1d(x)
    blocks = (x[i : i + block] for i in range(0, len(x), block))
    return sum(np.square(b, dtype="float64").sum() for b in blocks) / x.size


_SCALES = {"mean_square": _power_scale, "maximum": _maximum_scale}


def _initial_state(scale):
    values = [1.0 if scale is None else scale, -np.inf, np.inf]
    return lambda shape, dtype=None: ops.convert_to_tensor(values, dtype)
