"""Public functions with odd arguments: a right result, or our own error.

What is not finite must not come out as a confident finite answer.
"""

import re
import traceback
import warnings

import fuzz_calls
import keras
import numpy as np
import pytest

FEW, MANY = 12, 350


def violation(name, seed):
    """What is wrong with one call, or `None`."""
    function, draw = fuzz_calls.CALLS[name]
    call = draw(fuzz_calls.Draws(seed))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            result = function(**call.arguments)
    except (ValueError, TypeError) as error:
        return fault_of_error(error, call.arguments)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return fault_of_result(result, call)


def fault_of_error(error, arguments):
    names = [*arguments, "inputs", "Input"]
    text = str(error)
    named = any(re.search(rf"\b{name}\b", text) for name in names)
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1].filename
    # Keras repeats errors of layers, and checks their inputs itself.
    ours = "/kerasdc/" in last or re.search("Input 0 .*of layer", text)
    ours = ours or "Received: " in text
    if not named or not ours:
        return f"{type(error).__name__} in {last}: {text[:300]}"
    return None


def fault_of_result(result, call):
    if call.result == "any":
        return None
    arrays = [np.asarray(part) for part in parts(result)]
    arrays = [array for array in arrays if array.dtype.kind in "fiub"]
    given = [as_floats(value) for value in call.arguments.values()]
    given = [value for value in given if value is not None]
    all_finite = all(np.isfinite(value).all() for value in given)
    if all_finite:
        half = any(value.dtype == "float16" for value in given)
        given = [value.astype("float64") for value in given]
        limit = 1e2 if half else 1e15
        far = any(np.abs(value).max(initial=0) > limit for value in given)
        return fault_of_finite(arrays, call.unbounded and far)
    if call.result == "finite":
        return "NaN or infinity was accepted"
    return fault_of_rows(arrays, given, call.result)


def fault_of_finite(arrays, infinity_allowed):
    for array in arrays:
        if np.isnan(array).any():
            return "NaN from finite arguments"
        if not infinity_allowed and not np.isfinite(array).all():
            return "infinity from finite arguments"
    return None


def fault_of_rows(arrays, given, result):
    if result == "whole":
        finite = all(np.isfinite(array).all() for array in arrays)
        return "NaN was hidden" if finite else None
    rows = np.zeros(len(arrays[0]), bool)
    for value in given:
        if value.ndim and len(value) == len(rows):
            rows |= ~np.isfinite(value.reshape(len(value), -1)).all(axis=1)
    (array,) = arrays
    if result == "flags":
        return "NaN was hidden" if array[rows].any() else None
    hidden = np.isfinite(array.reshape(len(array), -1)).all(axis=1) & rows
    return "NaN was hidden" if hidden.any() else None


def parts(result):
    if isinstance(result, dict):
        return list(result.values())
    if hasattr(result, "toarray"):
        return [result.toarray()]
    return list(result) if isinstance(result, tuple) else [result]


def as_floats(value):
    """Arrays of numbers; what is odd in another way is `None`."""
    if not isinstance(value, (np.ndarray, np.generic, float)):
        return None
    value = np.asarray(value)
    return value if value.dtype.kind in "fiub" else None


def violations(name, seeds):
    found = {}
    for seed in seeds:
        fault = violation(name, seed)
        if fault is not None:
            found[seed] = fault
        keras.backend.clear_session(free_memory=False)
    return found


@pytest.mark.parametrize("name", fuzz_calls.CALLS)
def test_few_calls(name):
    assert violations(name, range(FEW)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzz_calls.CALLS)
def test_many_calls(name):
    assert violations(name, range(FEW, MANY)) == {}
