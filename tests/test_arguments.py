import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import checked_shares


def test_checked_flag():
    assert checked_flag("n", np.bool_(True)) is True
    for value in ("no", 1, None):
        with pytest.raises(ValueError, match=f"Received: n={value!r}$"):
            checked_flag("n", value)


def test_checked_count():
    assert checked_count("n", np.uint8(3)) == 3
    assert type(checked_count("n", np.int64(3))) is int
    assert checked_count("n", 0, minimum=0) == 0
    for value in (0, 2.0, True, "2", None, np.nan):
        with pytest.raises(ValueError, match=f"Received: n={value!r}$"):
            checked_count("n", value)


HUGE = [10**400, 10**5000, -(10**5000), Fraction(10**400), Decimal(10**400)]


@pytest.mark.parametrize("value", HUGE, ids=range(len(HUGE)))
def test_numbers_too_large_for_floats_are_refused(value):
    for check in (checked_count, checked_number):
        with pytest.raises(
            ValueError, match="`n` must be .* Received: n="
        ) as e:
            check("n", value)
        assert len(str(e.value)) < 400
    with pytest.raises(ValueError, match="`n` must be True or False"):
        checked_flag("n", value)
    with pytest.raises(ValueError, match="`n` must be one of a, b"):
        checked_choice("n", value, ("a", "b"))
    with pytest.raises(ValueError, match="Unknown n"):
        checked_name("n", value, ["a"])
    with pytest.raises(ValueError, match="`n` must be 1 numbers above 0"):
        checked_shares("n", [value], 1)
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        checked_seed(value)


def test_counts_and_seeds_have_an_end():
    assert checked_count("n", 2**31 - 1) == 2**31 - 1
    with pytest.raises(ValueError, match="at most 2147483647. Received: n=2"):
        checked_count("n", 2**31)
    assert checked_seed(2**32 - 1) == 2**32 - 1
    with pytest.raises(ValueError, match="at most 4294967295. Received: seed"):
        checked_seed(2**32)


def test_numbers_are_those_of_float32():
    assert checked_number("r", Fraction(1, 4)) == 0.25
    assert checked_number("r", 10**30) == 1e30
    assert checked_number("r", 1e-300) == 1e-300
    for value in (1e39, 10**39, 1e-50):
        with pytest.raises(ValueError, match="`r` must be a finite number"):
            checked_number("r", value, above=True)
    with pytest.raises(ValueError, match="below 1. Received: r=0.999999999999"):
        checked_number("r", 0.999999999999, maximum=1, below=True)


def test_checked_number():
    for value in (0, 2.5, np.float32(0.5), np.int64(3)):
        assert checked_number("r", value) is value
    assert checked_number("r", 0.0, 0, 1) == 0
    assert checked_number("r", 1, 0, 1, above=True) == 1


@pytest.mark.parametrize(
    ("limits", "values", "expected"),
    [
        ({}, (-1e-9, np.inf), "a finite number of at least 0"),
        ({"minimum": 1}, (0.5, np.inf), "a finite number of at least 1"),
        ({"above": True}, (0, np.inf), "a finite number above 0"),
        ({"maximum": 0.5}, (-1, 0.6, np.inf), "a number from 0 to 0.5"),
        ({"maximum": 1, "above": True}, (0.0, 2), "a number above 0, up to 1"),
        ({"maximum": 9, "below": True}, (9.0,), "a number from 0 to below 9"),
    ],
)
def test_a_number_out_of_its_range(limits, values, expected):
    for value in (*values, -np.inf, np.nan, True, "0.5", None):
        message = re.escape(f"`r` must be {expected}. Received: r={value!r}")
        with pytest.raises(ValueError, match=f"{message}$"):
            checked_number("r", value, **limits)


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        ("minst", "the closest names are 'mnist'"),
        ("usps_2", "the closest names are 'usps'"),
        ("zzz", "known names are 'mnist', 'usps', 'digits'"),
        (None, "known names are 'mnist', 'usps', 'digits'"),
        (["mnist"], "the closest names are 'mnist'"),
        ("US", "the closest names are 'usps'"),
        ("", "known names are 'mnist', 'usps', 'digits'"),
        ("medium", "known names are 'mnist', 'usps', 'digits'"),
    ],
)
def test_unknown_name_lists_the_closest(value, listed):
    choices = ["mnist", "usps", "digits"]
    for known in (choices, dict.fromkeys(choices)):
        assert checked_name("n", "usps", known, "dataset") == "usps"
        with pytest.raises(ValueError) as error:
            checked_name("n", value, known, "dataset")
        message = f"Unknown dataset; {listed}. Received: n={value!r}"
        assert str(error.value) == message


def test_unknown_name_of_an_argument_without_any_choices():
    message = "Unknown n; known names are none at all. Received: n='a'$"
    with pytest.raises(ValueError, match=message):
        checked_name("n", "a", [])
