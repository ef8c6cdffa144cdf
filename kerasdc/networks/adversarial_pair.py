"""A generator of samples, and the network that judges them."""

import math

import keras
from keras import layers

from kerasdc.networks.shapes import LAST
from kerasdc.networks.shapes import checked_model_name
from kerasdc.networks.shapes import checked_shape
from kerasdc.networks.shapes import checked_widths
from kerasdc.networks.shapes import cropped
from kerasdc.networks.shapes import halved_sizes
from kerasdc.networks.shapes import is_image
from kerasdc.utils.arguments import checked_count

FILTERS = (64, 128)
UNITS = 1024
_KERNEL = 4
_LEAK = 0.1  # slope below 0
_MOMENTUM = 0.9  # of the statistics: both networks change all the time


def infogan_encoder(input_shape, filters=FILTERS, units=UNITS, name="encoder"):
    """The trunk of InfoGAN's discriminator.

    Convolutions of stride 2, all but the first normalized, then a dense
    layer; of samples that are no images, two dense layers.

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657), appendix
    C.1.

    Args:
        input_shape: Tuple, one sample's shape.
        filters: Filters of each convolution.
        units: Integer, width of the dense layers.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to `(batch, units)`.
    """
    shape = checked_shape(input_shape)
    units = checked_count("units", units)
    inputs = x = keras.Input(shape)
    if is_image(shape):
        x = layers.Reshape((*shape, 1))(x) if len(shape) == 2 else x
        for i, num_filters in enumerate(checked_widths("filters", filters)):
            halving = {"strides": 2, "padding": "same", **LAST}
            x = layers.Conv2D(num_filters, _KERNEL, **halving)(x)
            x = _leaky(_normalized(x) if i else x)
        x = layers.Flatten(**LAST)(x)
    else:
        x = layers.Flatten(**LAST)(x) if len(shape) > 1 else x
        x = _leaky(layers.Dense(units)(x))
    outputs = _leaky(_normalized(layers.Dense(units)(x)))
    return keras.Model(inputs, outputs, name=checked_model_name(name))


def infogan_generator(
    output_shape, code_dim, filters=FILTERS, units=UNITS, name="generator"
):
    """InfoGAN's generator: dense layers, then transposed convolutions.

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657), appendix
    C.1.

    Args:
        output_shape: Tuple, one sample's shape.
        code_dim: Integer, width of the input: noise and codes.
        filters: Filters of the **encoder's** convolutions, in its order.
        units: Integer, width of the first dense layer.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, code_dim)` to
        `(batch, *output_shape)`, values from 0 to 1.
    """
    shape = checked_shape(output_shape, "output_shape")
    units = checked_count("units", units)
    inputs = keras.Input((checked_count("code_dim", code_dim),))
    x = layers.ReLU()(_normalized(layers.Dense(units)(inputs)))
    if not is_image(shape):
        x = layers.ReLU()(_normalized(layers.Dense(units)(x)))
        x = layers.Dense(math.prod(shape), activation="sigmoid")(x)
        x = layers.Reshape(shape)(x) if len(shape) > 1 else x
        return keras.Model(inputs, x, name=checked_model_name(name))
    filters = checked_widths("filters", filters)
    channels = shape[2] if len(shape) == 3 else 1
    sizes = halved_sizes(shape[:2], len(filters))
    x = layers.Dense(math.prod(sizes[-1]) * filters[-1])(x)
    x = layers.ReLU()(_normalized(x))
    x = layers.Reshape((*sizes[-1], filters[-1]))(x)
    outputs = (channels, *filters)
    doubling = {"strides": 2, "padding": "same", **LAST}
    for i in reversed(range(len(filters))):
        x = layers.Conv2DTranspose(outputs[i], _KERNEL, **doubling)(x)
        x = cropped(x, sizes[i])
        x = layers.ReLU()(_normalized(x)) if i else x
    x = layers.Activation("sigmoid", dtype="float32")(x)
    x = layers.Reshape(shape)(x) if len(shape) == 2 else x
    return keras.Model(inputs, x, name=checked_model_name(name))


def _normalized(x):
    return layers.BatchNormalization(momentum=_MOMENTUM)(x)


def _leaky(x):
    return layers.LeakyReLU(_LEAK)(x)
