"""Samples of one mean and one power."""

import keras
from keras import ops

_TINY = 1e-30
_FLAT = 1e-12  # no more than rounding errors of the mean


@keras.saving.register_keras_serializable(package="kerasdc")
class ContrastNormalization(keras.layers.Layer):
    """Subtracts each sample's mean, and scales its mean square to 1.

    Two images of one scene are then equal, however bright the light and
    however strong the contrast. A sample whose features are all the same
    becomes zeros. Nothing is learned from other samples.

    Reference:

    - [Coates et al., 2011](https://proceedings.mlr.press/v15/coates11a.html),
      An Analysis of Single-Layer Networks in Unsupervised Feature Learning,
      section 3.1.1.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, ...)`, of any numeric dtype.

    Output shape:
        The same, of the layer's compute dtype.

    Example:

    >>> layer = kerasdc.layers.ContrastNormalization()
    >>> layer(np.array([[1.0, 3.0]])).numpy().round(3).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # half precision would round before centering

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        axes = tuple(range(1, len(x.shape)))
        # Scaled first: squares of large numbers would overflow.
        largest = ops.max(ops.abs(x), axis=axes, keepdims=True)
        x = x / ops.maximum(largest, _TINY)
        x = x - ops.mean(x, axis=axes, keepdims=True)
        power = ops.mean(ops.square(x), axis=axes, keepdims=True)
        flat = power < _FLAT
        x = ops.where(flat, 0.0, x / ops.sqrt(ops.where(flat, 1.0, power)))
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
