"""What Keras finds by a name, or an error that names the argument."""

import keras

from kerasdc.utils.arguments import shown


def looked_up(name, value, get, expected, kind=None):
    """What one of Keras' `get` functions returns for a value, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        get: Function, such as `keras.losses.get`.
        expected: String, what it should be.
        kind: Class that it must be of. `None`: it must be callable.

    Returns:
        The object that Keras found.

    Raises:
        ValueError: If it found none.
    """
    try:
        found = get(value)
    except Exception:  # which depends on what was passed
        found = None
    suits = callable(found) if kind is None else isinstance(found, kind)
    if not suits:
        raise ValueError(
            f"`{name}` must be {expected}. Received: {name}={shown(value)}"
        )
    return found


def checked_optimizer(name, value):
    """A Keras optimizer, or raises.

    Args:
        name: String, the argument's name.
        value: Optimizer, its name or its configuration.

    Returns:
        A `keras.optimizers.Optimizer`.

    Raises:
        ValueError: If it is something else.
    """
    expected = "a Keras optimizer or its name"
    kind = keras.optimizers.Optimizer
    return looked_up(name, value, keras.optimizers.get, expected, kind)


def checked_loss(name, value):
    """A Keras loss, or raises.

    Args:
        name: String, the argument's name.
        value: Loss, function, or their name.

    Returns:
        Loss or function.

    Raises:
        ValueError: If it is something else.
    """
    expected = "a Keras loss or its name"
    return looked_up(name, value, keras.losses.get, expected)


def is_auto(value):
    """Whether an argument is `"auto"`; other values may be arrays.

    Args:
        value: What the caller passed.
    """
    return isinstance(value, str) and value == "auto"
