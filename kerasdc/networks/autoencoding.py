"""Encoders, and decoders that mirror them.

Every encoder maps samples of any shape, such as vectors or `(28, 28)` images,
to a linear latent vector of `latent_dim`; every decoder maps it back.
"""

import math

import keras
from keras import layers

from kerasdc.networks.shapes import LAST
from kerasdc.networks.shapes import check_image
from kerasdc.networks.shapes import checked_activation
from kerasdc.networks.shapes import checked_image_shape
from kerasdc.networks.shapes import checked_model_name
from kerasdc.networks.shapes import checked_shape
from kerasdc.networks.shapes import checked_widths
from kerasdc.networks.shapes import cropped
from kerasdc.networks.shapes import fresh
from kerasdc.networks.shapes import halved_sizes
from kerasdc.utils.arguments import checked_count

MLP_UNITS = (500, 500, 2000)
CONV_FILTERS = (32, 64, 128)
CONV_KERNELS = (5, 5, 3)


def mlp_encoder(
    input_shape,
    units=MLP_UNITS,
    latent_dim=10,
    kernel_initializer="glorot_uniform",
    activation="relu",
    name="encoder",
):
    """The fully connected encoder of DEC: d-500-500-2000-10, ReLU.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), 4.3.

    Args:
        input_shape: Tuple, one sample's shape; it is flattened.
        units: Widths of the hidden layers.
        latent_dim: Integer, width of the linear output.
        kernel_initializer: Keras initializer of every kernel.
        activation: Keras activation of the hidden layers.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to
        `(batch, latent_dim)`.
    """
    shape = checked_shape(input_shape)
    inputs = keras.Input(shape)
    x = layers.Flatten(**LAST)(inputs) if len(shape) > 1 else inputs
    widths = enumerate(checked_widths("units", units), 1)
    x = _hidden_layers(x, widths, activation, kernel_initializer)
    outputs = layers.Dense(
        checked_count("latent_dim", latent_dim),
        kernel_initializer=fresh(kernel_initializer),
        dtype="float32",  # under a mixed precision policy too
        name="latent",
    )(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))


def mlp_decoder(
    output_shape,
    units=MLP_UNITS,
    latent_dim=10,
    kernel_initializer="glorot_uniform",
    activation="relu",
    name="decoder",
):
    """The mirror image of `mlp_encoder`.

    Args:
        output_shape: Tuple, one sample's shape.
        units: Widths of the **encoder's** hidden layers, in its order.
        latent_dim: Integer, width of the input.
        kernel_initializer: Keras initializer of every kernel.
        activation: Keras activation of the hidden layers.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, latent_dim)` to
        `(batch, *output_shape)`, linear at the end.
    """
    shape = checked_shape(output_shape, "output_shape")
    inputs = keras.Input((checked_count("latent_dim", latent_dim),))
    widths = list(enumerate(checked_widths("units", units), 1))
    x = _hidden_layers(inputs, widths[::-1], activation, kernel_initializer)
    x = layers.Dense(
        math.prod(shape),
        kernel_initializer=fresh(kernel_initializer),
        name="reconstruction",
    )(x)
    if len(shape) > 1:
        x = layers.Reshape(shape)(x)
    return keras.Model(inputs, x, name=checked_model_name(name))


def _hidden_layers(x, widths, activation, kernel_initializer):
    activation = checked_activation(activation)
    for number, width in widths:
        x = layers.Dense(
            width,
            activation=activation,
            kernel_initializer=fresh(kernel_initializer),
            name=f"hidden_{number}",
        )(x)
    return x


def conv_encoder(
    input_shape,
    filters=CONV_FILTERS,
    kernel_sizes=CONV_KERNELS,
    latent_dim=10,
    name="encoder",
):
    """Convolutions of stride 2, then a linear latent.

    Reference: ConvDEC of [Guo et al., 2018](
    https://proceedings.mlr.press/v95/guo18b.html).

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
    halving = {"strides": 2, "padding": "same", "activation": "relu", **LAST}
    for num_filters, size in zip(filters, kernel_sizes, strict=True):
        x = layers.Conv2D(num_filters, size, **halving)(x)
    x = layers.Flatten(**LAST)(x)
    outputs = layers.Dense(latent_dim, dtype="float32", name="latent")(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))


def conv_decoder(
    output_shape,
    filters=CONV_FILTERS,
    kernel_sizes=CONV_KERNELS,
    latent_dim=10,
    name="decoder",
):
    """The mirror image of `conv_encoder`, with transposed convolutions.

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
    x = layers.Dense(math.prod(sizes[-1]) * filters[-1], activation="relu")(
        inputs
    )
    x = layers.Reshape((*sizes[-1], filters[-1]))(x)
    outputs = (channels, *filters)
    for i in reversed(range(len(filters))):
        x = layers.Conv2DTranspose(
            outputs[i],
            kernel_sizes[i],
            strides=2,
            padding="same",
            activation="relu" if i else None,
            **LAST,
        )(x)
        x = cropped(x, sizes[i])
    if len(output_shape) == 2:
        x = layers.Reshape(output_shape)(x)
    return keras.Model(inputs, x, name=checked_model_name(name))


def embedding_mlp(
    latent_dim=10,
    units=(2000, 500, 500, 500),
    kernel_initializer="glorot_uniform",
    name="embedding",
):
    """Maps an autoencoder's latent to an embedding of the same dimension.

    Reference: Dahal, 2018, Learning Embedding Space for Clustering From Deep
    Representations.

    Args:
        latent_dim: Integer, width of input and output.
        units: Widths of the hidden layers.
        kernel_initializer: Keras initializer of every kernel. With the
            original's `"identity"`, the first `latent_dim` units copy what is
            not negative, and all others stay 0.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, latent_dim)` to `(batch, latent_dim)`,
        linear at the end.
    """
    latent_dim = checked_count("latent_dim", latent_dim)
    inputs = x = keras.Input((latent_dim,))
    for width in checked_widths("units", units):
        x = layers.Dense(
            width,
            activation="relu",
            kernel_initializer=fresh(kernel_initializer),
        )(x)
    outputs = layers.Dense(
        checked_count("latent_dim", latent_dim),
        kernel_initializer=fresh(kernel_initializer),
        dtype="float32",  # under a mixed precision policy too
    )(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))
