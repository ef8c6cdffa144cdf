"""Convolutions with pooling and batch normalization, as in DBC."""

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

POOLED_FILTERS = (16, 32, 64)
POOLED_KERNELS = (3, 3, 3)
_MOMENTUM = 0.9  # of the statistics: a training may be of few steps


def pooled_encoder(
    input_shape,
    filters=POOLED_FILTERS,
    kernel_sizes=POOLED_KERNELS,
    latent_dim=10,
    name="encoder",
):
    """Convolution, batch normalization, ReLU, pooling, and so on.

    Reference: the kind of network is that of [Li et al., 2018](
    https://arxiv.org/abs/1703.07980); its sizes are our own.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        filters: Filters of each convolution.
        kernel_sizes: Sides of each convolution's kernel.
        latent_dim: Integer, width of the linear output.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to
        `(batch, latent_dim)`.
    """
    shape = checked_image_shape(input_shape)
    check_image(input_shape, filters, kernel_sizes)
    latent_dim = checked_count("latent_dim", latent_dim)
    inputs = x = keras.Input(input_shape)
    if len(input_shape) == 2:
        x = layers.Reshape(shape)(x)
    for num_filters, size in zip(filters, kernel_sizes, strict=True):
        x = _convolution(x, num_filters, size)
        x = layers.MaxPooling2D(2, padding="same", **LAST)(x)
    x = layers.Flatten(**LAST)(x)
    outputs = layers.Dense(latent_dim, dtype="float32", name="latent")(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))


def pooled_decoder(
    output_shape,
    filters=POOLED_FILTERS,
    kernel_sizes=POOLED_KERNELS,
    latent_dim=10,
    name="decoder",
):
    """The mirror image of `pooled_encoder`: pixels are repeated.

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
    x = layers.Reshape((*sizes[-1], filters[-1]))(x)
    x = _normalized(x)
    outputs = (channels, *filters)
    for i in reversed(range(len(filters))):
        x = layers.UpSampling2D(2, **LAST)(x)
        x = cropped(x, sizes[i])
        # TensorFlow forgets the sizes, which LiteRT must know.
        x = layers.Reshape((*sizes[i], x.shape[-1]))(x)
        if i:
            x = _convolution(x, outputs[i], kernel_sizes[i])
    last = {"padding": "same", "name": "reconstruction", **LAST}
    x = layers.Conv2D(channels, kernel_sizes[0], **last)(x)
    if len(output_shape) == 2:
        x = layers.Reshape(output_shape)(x)
    return keras.Model(inputs, x, name=checked_model_name(name))


def _convolution(x, filters, size):
    # The normalization has a bias of its own.
    options = {"padding": "same", "use_bias": False, **LAST}
    return _normalized(layers.Conv2D(filters, size, **options)(x))


def _normalized(x):
    return layers.ReLU()(layers.BatchNormalization(momentum=_MOMENTUM)(x))
