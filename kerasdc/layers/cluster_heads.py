"""Several classifiers of the same features, and averages of their weights."""

import itertools

import keras
from keras import ops

from kerasdc.layers.adaptable import add_state
from kerasdc.networks.shapes import checked_widths
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag

_UNDECIDED = 0.3  # standard deviation of the first logits
# By the axes of inputs and kernel: of one network, of the first layer of each
# head, of its further ones.
_PRODUCTS = {
    (2, 2): "bi,io->bo",
    (2, 3): "bi,hio->bho",
    (3, 3): "bhi,hio->bho",
}


@keras.saving.register_keras_serializable(package="kerasdc")
class ClusterHeads(keras.layers.Layer):
    """Several classifiers of the same features, and averages of their weights.

    All heads are computed at once. Beside each weight stands a moving average
    of it, which no gradient reaches: the teacher of self-distillation.
    `average` moves the averages, `averaged=True` computes by them.

    Reference:

    - [Adaloglou et al., 2023](https://arxiv.org/abs/2303.17896), section 3.

    Args:
        num_clusters: Integer, at least 1, outputs of each head.
        num_heads: Integer, at least 1.
        units: Widths of hidden layers of SiLU units. Without any, heads are
            linear.
        shared: Boolean. Whether hidden layers are common to all heads, or
            each has its own, which take `num_heads` times as long.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, dim)`.

    Output shape:
        `(batch_size, num_heads, num_clusters)`: logits.

    Raises:
        ValueError: If an argument is not usable.

    Example:

    >>> heads = kerasdc.layers.ClusterHeads(num_clusters=3, num_heads=4)
    >>> heads(np.zeros((2, 5))).shape
    (2, 4, 3)
    """

    def __init__(
        self, num_clusters, num_heads=16, units=(), shared=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.num_heads = checked_count("num_heads", num_heads)
        self.units = list(checked_widths("units", units))
        self.shared = checked_flag("shared", shared)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        self.trained = []  # kernel and bias of each layer
        widths = [input_shape[-1], *self.units, self.num_clusters]
        for i, (dim, width) in enumerate(itertools.pairwise(widths)):
            is_last = i == len(self.units)
            heads = (self.num_heads,) if is_last or not self.shared else ()
            scale = _UNDECIDED if is_last else 2**0.5
            noise = keras.initializers.RandomNormal(stddev=scale / dim**0.5)
            self._add(f"kernel_{i}", (*heads, dim, width), noise)
            self._add(f"bias_{i}", (*heads, width), "zeros")
        self.averages = [self._average_of(weight) for weight in self.trained]
        self.num_averaged = add_state(self, "num_averaged", "zeros")

    def _add(self, name, shape, initializer):
        weight = self.add_weight(
            name=name, shape=shape, initializer=initializer
        )
        self.trained.append(weight)

    def _average_of(self, weight):
        name = f"average_{weight.name}"
        average = add_state(self, name, "zeros", tuple(weight.shape))
        # A copy: JAX would donate the memory of both.
        average.assign(ops.copy(weight.value))
        return average

    def call(self, inputs, averaged=False):
        """The logits of all heads.

        Args:
            inputs: Tensor `(batch, dim)`.
            averaged: Boolean. Whether the averages of the weights are used.

        Returns:
            Tensor `(batch, num_heads, num_clusters)`.
        """
        x = inputs
        weights = self.averages if averaged else self.trained
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            if x is not inputs:
                x = ops.silu(x)
            product = _PRODUCTS[len(x.shape), len(kernel.shape)]
            x = ops.einsum(product, x, kernel) + bias
        return x

    def average(self, momentum=0.996):
        """Moves the averages towards the weights, once for each step.

        After t steps the share of the old ones is at most `(1 + t) / (10 + t)`:
        averages that still held the first weights would hold up a training
        of few steps.

        Args:
            momentum: Float from 0 to 1, the share of the old averages.
        """
        step = self.num_averaged
        old = ops.minimum(momentum, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.averages, self.trained, strict=True):
            new = ops.cast(ops.stop_gradient(weight), average.dtype)
            average.assign(old * average + (1.0 - old) * new)
        step.assign(step + 1.0)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_heads, self.num_clusters)

    def get_config(self):
        own = {"num_clusters": self.num_clusters, "num_heads": self.num_heads}
        own |= {"units": self.units, "shared": self.shared}
        return {**super().get_config(), **own}
