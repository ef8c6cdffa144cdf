"""Checks of tensors, by what is known of them in a graph."""

import keras
import numpy as np
from keras import ops

from kerasdc.utils.arguments import shown


def checked_tensor(name, value, ndim=None):
    """A tensor of real numbers, or raises.

    Values are not checked: NaN stays NaN.

    Args:
        name: String, the argument's name.
        value: Tensor, array or nested list. Numbers other than floats become
            float32, and so do arrays and lists of float64.
        ndim: Integer, the number of axes, or `None` for any above 0.

    Returns:
        Tensor.

    Raises:
        ValueError: If it does not hold real numbers, is empty, or has another
            number of axes.
    """
    tensor = _as_tensor(name, value)
    shape = tuple(tensor.shape)
    if 0 in shape or not shape or (ndim is not None and len(shape) != ndim):
        axes = "at least one axis" if ndim is None else f"{ndim} axes"
        raise ValueError(
            f"`{name}` must have {axes}, none of them empty. "
            f"Received: {name} of shape {shape}"
        )
    return tensor


def _as_tensor(name, value):
    if not (ops.is_tensor(value) or isinstance(value, keras.KerasTensor)):
        value = _as_numbers(name, value)
    dtype = keras.backend.standardize_dtype(value.dtype)
    if keras.backend.is_float_dtype(dtype):
        return value
    if not keras.backend.is_int_dtype(dtype) and dtype != "bool":
        raise _not_numbers(name, value)
    return ops.cast(value, "float32")


def _as_numbers(name, value):
    if isinstance(value, (keras.Variable, np.ndarray, np.generic)):
        array = value
    else:
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise _not_numbers(name, value) from error
    if isinstance(array, keras.Variable):
        return ops.convert_to_tensor(array)
    if array.dtype.kind not in "buif" and array.dtype.name != "bfloat16":
        raise _not_numbers(name, value)
    if array.dtype.kind == "f" and array.dtype.itemsize < 4:
        return ops.convert_to_tensor(array)
    with np.errstate(over="ignore"):
        return ops.convert_to_tensor(array, "float32")


def _not_numbers(name, value):
    return ValueError(
        f"`{name}` must hold real numbers. Received: {name}={shown(value)}"
    )


def check_same_shape(**tensors):
    """Raises unless two tensors have the same shape, as far as it is known.

    Args:
        **tensors: Two tensors, by the arguments' names.

    Raises:
        ValueError: If the shapes differ.
    """
    (name, first), (other, second) = tensors.items()
    shapes = tuple(first.shape), tuple(second.shape)
    sizes = zip(*shapes, strict=False)
    differ = any(a != b for a, b in sizes if None not in (a, b))
    if differ or len(shapes[0]) != len(shapes[1]):
        raise ValueError(
            f"`{name}` and `{other}` must have the same shape. "
            f"Received: shapes {shapes[0]} and {shapes[1]}"
        )


def largest_entry(tensor):
    """Largest absolute entry, as a constant.

    Args:
        tensor: Float tensor `(n, dim)`.

    Returns:
        Tensor `(n, 1)`: one for every row.
    """
    # Without `initial`, Keras refuses empty batches.
    largest = ops.max(ops.abs(tensor), axis=1, keepdims=True, initial=0.0)
    return ops.stop_gradient(largest)


def unit_rows(z):
    """Rows of length 1, in their directions.

    Args:
        z: Tensor `(n, dim)`.

    Returns:
        Float32 tensor `(n, dim)`. A row of zeros stays one.
    """
    z = ops.cast(z, "float32")
    length = ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True))
    return z / ops.maximum(length, 1e-12)
