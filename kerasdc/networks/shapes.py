"""Helpers of the networks: checks of arguments, copies of initializers."""

import inspect
import math
import warnings

import keras

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown
from kerasdc.utils.lookups import looked_up

# Passed to every layer that has it: `keras.config.set_image_data_format` must
# not change the networks, because the data of this library are channels last.
LAST = {"data_format": "channels_last"}

# A series rather than an image, of one channel at least: so many times longer
# than it is wide, and narrow.
_SERIES, _NARROW = 4, 16
_LARGEST = 2**31 - 1  # weights of one layer; TensorFlow's sizes are int32


def fresh(initializer):
    """A copy of an initializer, for one layer.

    An initializer object draws the same values every time it is used.

    Args:
        initializer: Keras initializer, or its name.

    Returns:
        A `keras.initializers.Initializer`, or the function that was passed.

    Raises:
        ValueError: If it is not an initializer.
    """
    name, expected = "kernel_initializer", "a Keras initializer or its name"
    found = looked_up(name, initializer, _initializer, expected)
    if not isinstance(found, keras.initializers.Initializer):
        _check_draws(found)
        return found
    return found.__class__.from_config(found.get_config())


def _initializer(value):
    # Keras takes arrays, too, which fit one layer at most.
    is_array = hasattr(value, "shape")
    return None if is_array else keras.initializers.get(value)


def _check_draws(function):
    """Raises unless a function can be called as Keras calls it."""
    try:
        inspect.signature(function).bind((1, 1), dtype="float32")
    except (TypeError, ValueError) as error:
        raise ValueError(
            "A function as `kernel_initializer` must take a shape and "
            f"`dtype`. Received: kernel_initializer={shown(function)}"
        ) from error


def checked_activation(activation):
    """A Keras activation, or raises.

    Args:
        activation: Function, name, or `None` for none.

    Returns:
        `activation`.

    Raises:
        ValueError: If it is not an activation.
    """
    expected = "a Keras activation, its name, or None"
    looked_up("activation", activation, keras.activations.get, expected)
    return activation


def checked_model_name(name):
    """The name of a model, or raises.

    Args:
        name: Non-empty string without slashes, or `None` for one by Keras.

    Returns:
        `name`.

    Raises:
        ValueError: If it is something else.
    """
    is_name = isinstance(name, str) and name and "/" not in name
    if name is not None and not is_name:
        raise ValueError(
            "`name` must be a string that is not empty, without slashes. "
            f"Received: name={shown(name)}"
        )
    return name


def checked_shape(shape, name="input_shape"):
    """The shape of one sample, or raises.

    Args:
        shape: Sequence of integers, each at least 1.
        name: String, the argument's name.

    Returns:
        Tuple.

    Raises:
        ValueError: If it is not such a sequence, or too large.
    """
    is_sequence = hasattr(shape, "__iter__") and not isinstance(shape, str)
    sides = tuple(shape) if is_sequence else ()
    if not sides or None in sides or 0 in sides:
        raise ValueError(
            f"`{name}`, one sample's shape, must be a tuple of integers, "
            f"known and not empty. Received: {name}={shown(shape)}"
        )
    sides = tuple(checked_count(name, side) for side in sides)
    if math.prod(sides) > _LARGEST:
        raise ValueError(
            f"`{name}` must be of at most {_LARGEST} numbers. "
            f"Received: {name}={shown(shape)}"
        )
    return sides


def checked_image_shape(shape, name="input_shape"):
    """The shape of one image, or raises.

    Args:
        shape: `(height, width)` or `(height, width, channels)`.
        name: String, the argument's name.

    Returns:
        Tuple `(height, width, channels)`.

    Raises:
        ValueError: If it is not the shape of an image.
    """
    shape = checked_shape(shape, name)
    if len(shape) not in (2, 3):
        raise ValueError(
            f"`{name}` of a convolutional network must be (height, width) or "
            f"(height, width, channels). Received: {name}={shape}"
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
            f"Received: {name}={shown(widths)}"
        )
    return tuple(checked_count(name, width) for width in widths)


def halved_sizes(size, number):
    """The sizes of an image that is halved several times.

    Args:
        size: Tuple of its height and width.
        number: Integer, how often.

    Returns:
        List of `number + 1` tuples, the first one `size`; odd sides are
        rounded up.
    """
    sizes = [tuple(size)]
    for _ in range(number):
        sizes.append(tuple(math.ceil(side / 2) for side in sizes[-1]))
    return sizes


def cropped(x, size):
    """Removes the row and column that doubling an odd side has added.

    Args:
        x: Keras tensor `(batch, height, width, channels)`.
        size: Tuple of the height and width it is to have.

    Returns:
        Keras tensor.
    """
    extra = [x.shape[1] - size[0], x.shape[2] - size[1]]
    if not any(extra):
        return x
    crop = keras.layers.Cropping2D(((0, extra[0]), (0, extra[1])), **LAST)
    return crop(x)


def is_image(shape):
    """Whether samples of a shape are images, rather than vectors or series.

    Args:
        shape: Tuple, of one sample.

    Returns:
        Boolean.
    """
    if len(shape) not in (2, 3) or None in shape:
        return False
    return len(shape) == 3 or not _is_thin(shape)


def _is_thin(shape):
    shorter, longer = sorted(shape[:2])
    return shorter < _NARROW and longer >= _SERIES * shorter


def check_image(shape, filters, kernel_sizes):
    """Checks the arguments of a network of convolutions.

    Args:
        shape: Shape of one image, already checked.
        filters: Filters of each convolution, at least one.
        kernel_sizes: Sides of each convolution's kernel.

    Raises:
        ValueError: If lengths differ, or a value is not a positive integer.

    Warns:
        UserWarning: If `(height, width)` is rather a series.
    """
    check_kernels(filters, kernel_sizes)
    if len(shape) == 2 and _is_thin(shape):
        warnings.warn(
            "The convolutions take samples of this shape for images of one "
            f"channel, {min(shape)} pixels narrow. Series (steps, features) "
            "need an encoder of `keras.layers.Conv1D`; such images have the "
            "shape (height, width, channels). "
            f"Received: a sample of shape {tuple(shape)}",
            stacklevel=3,
        )


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
            f"Received: filters={shown(filters)}"
        )
    checked_widths("kernel_sizes", kernel_sizes)
    if len(filters) != len(kernel_sizes):
        raise ValueError(
            "`filters` and `kernel_sizes` must have the same length. Received: "
            f"filters={shown(filters)}, kernel_sizes={shown(kernel_sizes)}"
        )
