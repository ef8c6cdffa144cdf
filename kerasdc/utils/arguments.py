"""Checks of arguments other than data."""

import difflib
import math
import numbers

import numpy as np

_HIGHEST_SEED = 2**32 - 1


def checked_count(name, value, minimum=1):
    """Returns `value` as an `int`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        minimum: Integer, the smallest allowed value.

    Raises:
        ValueError: If `value` is not an integer of at least `minimum`.
    """
    is_integer = isinstance(value, (int, np.integer))
    if not is_integer or isinstance(value, bool) or value < minimum:
        raise ValueError(
            f"`{name}` must be an integer of at least {minimum}. "
            f"Received: {name}={value!r}"
        )
    return int(value)


def checked_seed(seed):
    """Returns `seed` as an `int`, or `None`, or raises.

    Args:
        seed: What the caller passed.

    Raises:
        ValueError: If it is neither `None` nor an integer from 0 to
            2**32 - 1, the largest seed that scikit-learn accepts.
    """
    if seed is None:
        return None
    seed = checked_count("seed", seed, minimum=0)
    return checked_number("seed", seed, 0, _HIGHEST_SEED)


def checked_number(
    name, value, minimum=0, maximum=math.inf, above=False, below=False
):
    """Returns `value`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        minimum: Number, the smallest allowed value.
        maximum: Number, the largest allowed value. By default, any finite
            number is allowed.
        above: Boolean. Whether `minimum` itself is excluded.
        below: Boolean. Whether `maximum` itself is excluded.

    Raises:
        ValueError: If `value` is not a finite number in this range.
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    in_range = is_number and minimum <= value <= maximum
    at_limit = (above and value == minimum) or (below and value == maximum)
    if not in_range or at_limit or math.isinf(value):
        expected = _range_in_words(minimum, maximum, above, below)
        raise ValueError(
            f"`{name}` must be {expected}. Received: {name}={value!r}"
        )
    return value


def checked_shares(name, value, size):
    """Returns `value` as an array of shares, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        size: Integer, the number of shares.

    Returns:
        Float64 array `(size,)`.

    Raises:
        ValueError: If `value` is not `size` numbers above 0 whose sum is 1.
    """
    shares = as_floats(value)
    is_valid = shares.shape == (size,) and (shares > 0).all()
    if not is_valid or abs(shares.sum() - 1) > 1e-6:
        raise ValueError(
            f"`{name}` must be {size} numbers above 0 whose sum is 1. "
            f"Received: {name}={value!r}"
        )
    return shares


def as_floats(value):
    """Converts to a float64 array; to an empty one if that fails.

    Args:
        value: What the caller passed.
    """
    try:
        return np.asarray(value, "float64")
    except (TypeError, ValueError):
        return np.empty(0)


def _range_in_words(minimum, maximum, above, below):
    if maximum == math.inf:
        bound = "above" if above else "of at least"
        return f"a finite number {bound} {minimum:g}"
    end = f"below {maximum:g}" if below else f"{maximum:g}"
    if above:
        return f"a number above {minimum:g}, up to {end}"
    return f"a number from {minimum:g} to {end}"


def checked_flag(name, value):
    """Returns `value` as a `bool`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.

    Raises:
        ValueError: If `value` is not a boolean.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(
            f"`{name}` must be True or False. Received: {name}={value!r}"
        )
    return bool(value)


def checked_choice(name, value, choices):
    """Returns `value`, or raises and lists all choices.

    For short lists of choices; for long ones, see `checked_name`.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        choices: Allowed strings, in a tuple or as keys.

    Returns:
        `value`.

    Raises:
        ValueError: If it is not one of `choices`.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"`{name}` must be one of {', '.join(choices)}. "
            f"Received: {name}={value!r}"
        )
    return value


def checked_name(name, value, choices, kind=None):
    """Returns `value`, or raises and lists the closest choices.

    For long lists of choices; for short ones, see `checked_choice`.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        choices: Allowed strings, in a list or as keys.
        kind: String, what is named. `None` takes `name`.

    Returns:
        `value`.

    Raises:
        ValueError: If it is not one of `choices`.
    """
    if isinstance(value, str) and value in choices:
        return value
    close = difflib.get_close_matches(str(value), choices, cutoff=0.4)
    listed = ", ".join(map(repr, close or choices)) or "none at all"
    raise ValueError(
        f"Unknown {kind or name}; {'the closest' if close else 'known'} names "
        f"are {listed}. Received: {name}={value!r}"
    )
