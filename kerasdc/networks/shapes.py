"""What the networks have in common: shapes checked, initializers copied."""

import keras


def fresh(initializer):
    """A copy for each layer: one initializer object draws one tensor.

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
        ValueError: If it is empty, or a side is not known or 0.
    """
    if len(shape) == 0 or not all(shape):
        raise ValueError(
            "A sample's shape must be known and not empty. "
            f"Received: {tuple(shape)}"
        )
    return tuple(shape)


def checked_image_shape(shape):
    """The shape of one image, or raises.

    Args:
        shape: `(height, width)` or `(height, width, channels)`.

    Returns:
        Tuple `(height, width, channels)`.

    Raises:
        ValueError: If it is not the shape of an image.
    """
    if len(shape) not in (2, 3):
        raise ValueError(
            "A convolutional network needs samples of shape (height, width) "
            f"or (height, width, channels). Received: {tuple(shape)}"
        )
    shape = checked_shape(shape)
    return shape if len(shape) == 3 else (*shape, 1)


def check_kernels(filters, kernel_sizes):
    """Raises `ValueError` unless every convolution has a kernel's size.

    Args:
        filters: Filters of each convolution.
        kernel_sizes: Sides of each convolution's kernel.
    """
    if len(filters) != len(kernel_sizes):
        raise ValueError(
            "`filters` and `kernel_sizes` must be equally long. "
            f"Received: filters={filters}, kernel_sizes={kernel_sizes}"
        )
