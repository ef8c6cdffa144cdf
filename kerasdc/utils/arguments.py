"""Checks of arguments other than data."""

import difflib
import math
import numbers
import re

import numpy as np

_HIGHEST_SEED = 2**32 - 1
_HIGHEST_COUNT = 2**31 - 1  # TensorFlow's sizes are int32
_HIGHEST = float(np.finfo("float32").max)
_EXACT = 2**53  # integers up to here are floats, too


def shown(value, most=200):
    """A value as the text of an error: `repr`, shortened and `masked`.

    Args:
        value: What the caller passed.
        most: Integer, the largest length.

    Returns:
        String.
    """
    try:
        text = masked(repr(value)[:10_000])
    except Exception:  # such as that of an integer of 5,000 digits
        return f"a {type(value).__name__} that cannot be printed"
    return text if len(text) <= most else f"{text[:most]}..."


def masked(text):
    """A text without the passwords and tokens of the addresses in it.

    Args:
        text: String.

    Returns:
        String.
    """
    # Rather too much than too little: a password may hold any character.
    start, end = text.find("://"), text.rfind("@")
    if 0 <= start < end:
        text = f"{text[:start]}://***{text[end:]}"
    words = re.split(r"([\s'\"])", text)
    return "".join(_without_query(word) for word in words)


def _without_query(word):
    address, *rest = re.split(r"[?#]", word, maxsplit=1)
    return f"{address}?***" if rest and "://" in address else word


def checked_count(name, value, minimum=1, maximum=_HIGHEST_COUNT):
    """Returns `value` as an `int`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        minimum: Integer, the smallest allowed value.
        maximum: Integer, the largest allowed value.

    Raises:
        ValueError: If `value` is not an integer in this range.
    """
    is_integer = isinstance(value, (int, np.integer))
    if not is_integer or isinstance(value, bool) or value < minimum:
        raise ValueError(
            f"`{name}` must be an integer of at least {minimum}. "
            f"Received: {name}={shown(value)}"
        )
    if value > maximum:
        raise ValueError(
            f"`{name}` must be an integer of at most {maximum}. "
            f"Received: {name}={shown(value)}"
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
    return checked_count("seed", seed, 0, _HIGHEST_SEED)


def checked_number(
    name, value, minimum=0, maximum=math.inf, above=False, below=False
):
    """Returns `value`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        minimum: Number, the smallest allowed value.
        maximum: Number, the largest allowed value. By default, any finite
            number of float32 is allowed.
        above: Boolean. Whether `minimum` itself is excluded.
        below: Boolean. Whether `maximum` itself is excluded.

    Returns:
        `value`, as a float if it is a fraction or an integer above 2**53.

    Raises:
        ValueError: If `value` is not a finite number in this range. Numbers
            that float32 rounds to an excluded limit are excluded, too.
    """
    number = _as_float(value)
    rounded = np.float32(number)
    at_limit = (above and rounded == minimum) or (below and rounded == maximum)
    if at_limit or not minimum <= number <= maximum:
        expected = _range_in_words(minimum, maximum, above, below)
        raise ValueError(
            f"`{name}` must be {expected}. Received: {name}={shown(value)}"
        )
    is_plain = isinstance(value, (float, np.number))
    is_small = isinstance(value, int) and abs(value) <= _EXACT
    return value if is_plain or is_small else number


def _as_float(value):
    """A real number as a float; NaN if it is none, or not one of float32."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return math.nan
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return math.nan
    return number if abs(number) <= _HIGHEST else math.nan


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
            f"Received: {name}={shown(value)}"
        )
    return shares


def as_floats(value):
    """Converts to a float64 array; to an empty one if that fails.

    Args:
        value: What the caller passed.
    """
    try:
        return np.asarray(value, "float64")
    except (TypeError, ValueError, OverflowError):
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
            f"`{name}` must be True or False. Received: {name}={shown(value)}"
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
            f"Received: {name}={shown(value)}"
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
    close = _close_names(value, choices)
    listed = ", ".join(map(repr, close or choices)) or "none at all"
    raise ValueError(
        f"Unknown {kind or name}; {'the closest' if close else 'known'} names "
        f"are {listed}. Received: {name}={shown(value)}"
    )


def _close_names(value, choices):
    """Names that begin with a text, or else those that differ by a typo."""
    text = (value if isinstance(value, str) else shown(value)).lower()
    longer = [choice for choice in choices if choice.startswith(text)]
    return (text and longer) or difflib.get_close_matches(text, choices)
