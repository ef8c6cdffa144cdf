"""Convolutions whose inputs are noisy in training, as in DEPICT."""

import math

import keras
from keras import layers

from kerasdc.networks.shapes import LAST
from kerasdc.networks.shapes import check_image
from kerasdc.networks.shapes import checked_image_shape
from kerasdc.networks.shapes import checked_model_name
from kerasdc.networks.shapes import cropped
from kerasdc.networks.shapes import halved_sizes
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number

NOISY_FILTERS = (50, 50)
NOISY_KERNELS = (4, 5)
_LEAK = 0.01  # slope below 0


def noisy_encoder(
    input_shape,
    filters=NOISY_FILTERS,
    kernel_sizes=NOISY_KERNELS,
    latent_dim=10,
    dropout=0.1,
    name="encoder",
):
    """Dropout, a convolution of stride 2, and so on; an output by tanh.

    Reference: [Dizaji et al., 2017](https://arxiv.org/abs/1704.06327), and
    the authors' code.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        filters: Filters of each convolution.
        kernel_sizes: Sides of each convolution's kernel.
        latent_dim: Integer, width of the output.
        dropout: Float from 0, below 1: the share of what each layer takes
            that is set to 0 in training.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to
        `(batch, latent_dim)`, values from -1 to 1.
    """
    shape = checked_image_shape(input_shape)
    check_image(input_shape, filters, kernel_sizes)
    latent_dim = checked_count("latent_dim", latent_dim)
    checked_number("dropout", dropout, 0, 1, below=True)
    inputs = x = keras.Input(input_shape)
    if len(input_shape) == 2:
        x = layers.Reshape(shape)(x)
    halving = {"strides": 2, "padding": "same", **LAST}
    for num_filters, size in zip(filters, kernel_sizes, strict=True):
        x = layers.Dropout(dropout)(x)
        x = layers.Conv2D(num_filters, size, **halving)(x)
        x = layers.LeakyReLU(_LEAK)(x)
    x = layers.Dropout(dropout)(layers.Flatten(**LAST)(x))
    outputs = layers.Dense(
        latent_dim, activation="tanh", dtype="float32", name="latent"
    )(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))


def noisy_decoder(
    output_shape,
    filters=NOISY_FILTERS,
    kernel_sizes=NOISY_KERNELS,
    latent_dim=10,
    name="decoder",
):
    """The mirror image of `noisy_encoder`, without noise.

    Args:
        output_shape: `(height, width)` or `(height, width, channels)`.
        filters: Filters of the **encoder's** convolutions, in its order.
        kernel_sizes: Sides of the **encoder's** kernels, in its order.
        latent_dim: Integer, width of the input.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, latent_dim)` to
        `(batch, *output_shape)`, linear at the end.
    """
    height, width, channels = checked_image_shape(output_shape, "output_shape")
    check_image(output_shape, filters, kernel_sizes)
    sizes = halved_sizes((height, width), len(filters))
    inputs = keras.Input((checked_count("latent_dim", latent_dim),))
    x = layers.Dense(math.prod(sizes[-1]) * filters[-1])(inputs)
    x = layers.LeakyReLU(_LEAK)(x)
    x = layers.Reshape((*sizes[-1], filters[-1]))(x)
    outputs = (channels, *filters)
    doubling = {"strides": 2, "padding": "same", **LAST}
    for i in reversed(range(len(filters))):
        x = layers.Conv2DTranspose(outputs[i], kernel_sizes[i], **doubling)(x)
        x = cropped(x, sizes[i])
        if i:
            x = layers.LeakyReLU(_LEAK)(x)
    if len(output_shape) == 2:
        x = layers.Reshape(output_shape)(x)
    return keras.Model(inputs, x, name=checked_model_name(name))
