"""Helpers of the networks: checks of shapes, copies of initializers."""

import keras

from kerasdc.utils.arguments import checked_count


def fresh(initializer):
    """A copy of an initializer, for one layer.

    An initializer object draws the same values every time it is used.

    Args:
        initializer: Keras initializer, or its name.

    Returns:
        A `keras.initializers.Initializer`.
    """
    initializer = keras.initializers.get(initializer)
    return initializer.__class__.from_config(initializer.get_config())


def checked_shape(shape):
    """The shape of one sample, or raises.

    Args:
        shape: Sequence of integers.

    Returns:
        Tuple.

    Raises:
        ValueError: If it is not a sequence, is empty, or has an unknown or 0
            side.
    """
    try:
        shape = tuple(shape)
    except TypeError as error:
        raise ValueError(
            f"A sample's shape must be a tuple of integers. Received: {shape!r}"
        ) from error
    if len(shape) == 0 or not all(shape):
        raise ValueError(
            f"A sample's shape must be known and not empty. Received: {shape}"
        )
    return shape


def checked_image_shape(shape):
    """The shape of one image, or raises.

    Args:
        shape: `(height, width)` or `(height, width, channels)`.

    Returns:
        Tuple `(height, width, channels)`.

    Raises:
        ValueError: If it is not the shape of an image.
    """
    shape = checked_shape(shape)
    if len(shape) not in (2, 3):
        raise ValueError(
            "A convolutional network needs samples of shape (height, width) "
            f"or (height, width, channels). Received: {tuple(shape)}"
        )
    return shape if len(shape) == 3 else (*shape, 1)


def checked_widths(name, widths):
    """Sizes of several layers, or raises.

    Args:
        name: String, the argument's name.
        widths: Sequence of integers, each at least 1.

    Returns:
        Tuple.

    Raises:
        ValueError: If it is not such a sequence.
    """
    if not isinstance(widths, (tuple, list)):
        raise ValueError(
            f"`{name}` must be a sequence of integers, one for each layer. "
            f"Received: {name}={widths!r}"
        )
    return tuple(checked_count(name, width) for width in widths)


def check_kernels(filters, kernel_sizes):
    """Raises unless every convolution has a kernel size.

    Args:
        filters: Filters of each convolution, at least one.
        kernel_sizes: Sides of each convolution's kernel.

    Raises:
        ValueError: If lengths differ, or a value is not a positive integer.
    """
    if not checked_widths("filters", filters):
        raise ValueError(
            "There must be at least one convolution. "
            f"Received: filters={filters!r}"
        )
    checked_widths("kernel_sizes", kernel_sizes)
    if len(filters) != len(kernel_sizes):
        raise ValueError(
            "`filters` and `kernel_sizes` must have the same length. "
            f"Received: filters={filters}, kernel_sizes={kernel_sizes}"
        )
