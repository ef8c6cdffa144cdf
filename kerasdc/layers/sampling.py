"""Sampling from a Gaussian, differentiably."""

import keras
from keras import ops

from kerasdc.layers.seeded import Seeded
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import shown


@keras.saving.register_keras_serializable(package="kerasdc")
class Sampling(Seeded, keras.layers.Layer):
    """Draws z = mean + exp(log_variance / 2) * noise.

    The reparametrization trick: gradients reach mean and log-variance.

    Reference:

    - [Kingma and Welling, 2014](https://arxiv.org/abs/1312.6114), section
      2.4.

    Args:
        seed: Optional integer for repeatable draws.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Call arguments:
        inputs: Tuple `(mean, log_variance)` of tensors of the same shape.

    Input shape:
        Two tensors of any shape.

    Output shape:
        The same.

    Example:

    >>> layer = kerasdc.layers.Sampling(seed=0)
    >>> layer((np.zeros((4, 2)), np.zeros((4, 2)))).shape
    (4, 2)
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = checked_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        shapes = tuple(input_shape)
        if len(shapes) != 2 or tuple(shapes[0]) != tuple(shapes[1]):
            raise ValueError(
                "`inputs` must be two tensors of the same shape, mean and "
                f"log_variance. Received: shapes {shown(input_shape)}"
            )

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(
            ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator
        )
        return mean + ops.exp(0.5 * log_variance) * noise

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
