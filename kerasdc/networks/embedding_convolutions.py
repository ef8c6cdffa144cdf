"""Convolutions that end in a short vector, as in JULE."""

import keras
from keras import layers

from kerasdc.networks.shapes import LAST
from kerasdc.networks.shapes import checked_image_shape
from kerasdc.networks.shapes import checked_model_name
from kerasdc.networks.shapes import checked_widths
from kerasdc.utils.arguments import checked_count

_KERNEL = 5
_MOMENTUM = 0.9  # of the statistics: they must follow a changing network


def jule_encoder(input_shape, filters=(50, 50), latent_dim=160, name="encoder"):
    """Convolutions of 5 x 5 without padding, each pooled, then a dense layer.

    Each convolution is followed by a batch normalization, ReLU and, while the
    image has at least 4 pixels a side, a maximum of 2 x 2 pixels.

    Reference: [Yang et al., 2016](https://arxiv.org/abs/1604.03628) and the
    authors' code.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        filters: Filters of each convolution.
        latent_dim: Integer, width of the output, 160 in the paper.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to
        `(batch, latent_dim)`.
    """
    shape = checked_image_shape(input_shape)
    inputs = x = keras.Input(input_shape)
    if len(input_shape) == 2:
        x = layers.Reshape(shape)(x)
    for num_filters in checked_widths("filters", filters):
        # Images below 5 pixels are filled up.
        padding = "valid" if min(x.shape[1:3]) >= _KERNEL else "same"
        x = layers.Conv2D(num_filters, _KERNEL, padding=padding, **LAST)(x)
        x = layers.BatchNormalization(momentum=_MOMENTUM)(x)
        x = layers.ReLU()(x)
        if min(x.shape[1:3]) >= 4:
            x = layers.MaxPooling2D(2, padding="same", **LAST)(x)
    x = layers.Flatten(**LAST)(x)
    outputs = layers.Dense(
        checked_count("latent_dim", latent_dim), dtype="float32", name="latent"
    )(x)
    return keras.Model(inputs, outputs, name=checked_model_name(name))
