"""Encoders with batch normalization, trained without a decoder.

They map samples of any shape to features `(batch, dim)`, the inputs of a
softmax over clusters.
"""

import keras
from keras import layers

from kerasdc.networks.shapes import LAST
from kerasdc.networks.shapes import check_image
from kerasdc.networks.shapes import checked_image_shape
from kerasdc.networks.shapes import checked_model_name
from kerasdc.networks.shapes import checked_shape
from kerasdc.networks.shapes import checked_widths
from kerasdc.networks.shapes import fresh
from kerasdc.utils.arguments import checked_count

# The small initial weights give variances of about 0.03; Keras' default
# epsilon of 0.001 would be too large for them.
_CHAINER_EPSILON = 2e-5


def normalized_mlp_encoder(
    input_shape, units=(1200, 1200), kernel_initializer="auto", name="encoder"
):
    """The hidden layers of IMSAT: d-1200-1200, each normalized, then ReLU.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720), section
    4.1.

    Args:
        input_shape: Tuple, one sample's shape; it is flattened.
        units: Widths of the layers.
        kernel_initializer: Keras initializer of every kernel. `"auto"` is a
            Gaussian of standard deviation `sqrt(0.1 / fan_in)`, as in the
            authors' code (its `wscale=0.1` scales the variance).
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to `(batch, units[-1])`.
    """
    if isinstance(kernel_initializer, str) and kernel_initializer == "auto":
        kernel_initializer = keras.initializers.VarianceScaling(
            0.1, "fan_in", "untruncated_normal"
        )
    inputs = x = keras.Input(checked_shape(input_shape))
    if len(input_shape) > 1:
        x = layers.Flatten(**LAST)(x)
    for width in checked_widths("units", units):
        # The normalization would remove a bias.
        x = layers.Dense(
            width,
            use_bias=False,
            kernel_initializer=fresh(kernel_initializer),
        )(x)
        x = _normalized_relu(x, epsilon=_CHAINER_EPSILON)
    return keras.Model(inputs, x, name=checked_model_name(name))


def normalized_conv_encoder(
    input_shape,
    filters=(32, 64, 128),
    kernel_sizes=(5, 5, 3),
    num_features=None,
    name="encoder",
):
    """Convolutions of stride 2, each normalized, then ReLU; flattened.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        filters: Filters of each convolution.
        kernel_sizes: Sides of each convolution's kernel.
        num_features: Optional integer. Instead of flattening, one 1 x 1
            convolution with that many filters and its mean over the image,
            normalized: the last layers of `dac_encoder`.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to `(batch, dim)`.
    """
    inputs, x = _image_input(input_shape)
    check_image(input_shape, filters, kernel_sizes)
    for num_filters, size in zip(filters, kernel_sizes, strict=True):
        x = _convolution(x, num_filters, size, strides=2, padding="same")
    if num_features is None:
        x = layers.Flatten(**LAST)(x)
        return keras.Model(inputs, x, name=checked_model_name(name))
    x = _features(x, num_features)
    x = _normalization()(layers.GlobalAveragePooling2D(**LAST)(x))
    return keras.Model(inputs, x, name=checked_model_name(name))


def dac_encoder(
    input_shape, filters=(64, 128), num_features=10, name="encoder"
):
    """DAC's network for MNIST, up to its label features.

    For every number in `filters`, three 3 x 3 convolutions and a 2 x 2 maximum
    pooling; then one 1 x 1 convolution and a 2 x 2 average pooling. Each is
    followed by a batch normalization.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html)
    and the authors' code.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`. There
            is no padding: two `filters` need sides of at least 26 pixels.
        filters: Filters of each group of convolutions.
        num_features: Integer, filters of the last convolution; in the paper,
            the number of clusters.
        name: Name of the model.

    Returns:
        A `keras.Model` from `(batch, *input_shape)` to `(batch, dim)`.

    Raises:
        ValueError: If the images are too small.
    """
    height, width, _ = checked_image_shape(input_shape)
    for _ in checked_widths("filters", filters):
        height, width = (height - 6) // 2, (width - 6) // 2
    if min(height, width) < 2:
        raise ValueError(
            f"The images are too small for {len(filters)} groups of "
            "convolutions without padding; see `normalized_conv_encoder`. "
            f"Received: input_shape={tuple(input_shape)}"
        )
    inputs, x = _image_input(input_shape)
    for num_filters in filters:
        for _ in range(3):
            x = _convolution(x, num_filters, 3, kernel_initializer="he_normal")
        x = _normalization()(layers.MaxPooling2D(2, **LAST)(x))
    x = _features(x, num_features)
    x = _normalization()(layers.AveragePooling2D(2, **LAST)(x))
    x = layers.Flatten(**LAST)(x)
    return keras.Model(inputs, x, name=checked_model_name(name))


def _image_input(input_shape):
    shape = checked_image_shape(input_shape)
    inputs = x = keras.Input(input_shape)
    if len(input_shape) == 2:
        x = layers.Reshape(shape)(x)
    return inputs, x


def _features(x, num_features):
    num_features = checked_count("num_features", num_features)
    return _convolution(x, num_features, 1, kernel_initializer="he_normal")


def _convolution(x, num_filters, size, **kwargs):
    x = layers.Conv2D(num_filters, size, use_bias=False, **LAST, **kwargs)(x)
    return _normalized_relu(x)


def _normalized_relu(x, **kwargs):
    return layers.ReLU()(_normalization(**kwargs)(x))


def _normalization(epsilon=1e-3):
    # Chainer's momentum: statistics must converge in short trainings, too.
    return layers.BatchNormalization(momentum=0.9, epsilon=epsilon)
