import os

import numpy as np
import pytest

from kerasdc.utils import scratch
from kerasdc.utils.mapped import is_mapped
from kerasdc.utils.scratch import GrowingRows
from kerasdc.utils.scratch import converted
from kerasdc.utils.scratch import scratch_array
from kerasdc.utils.scratch import taken

X = np.random.default_rng(0).normal(size=(50, 4))


@pytest.fixture
def small_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "LARGE", 200)
    monkeypatch.setenv(scratch.FOLDER, str(tmp_path))
    return tmp_path


def test_small_arrays_are_in_memory(small_memory):
    assert not is_mapped(scratch_array((10, 5), "float32"))


def test_large_arrays_are_files_without_a_name(small_memory):
    array = scratch_array((10, 6), "float32")
    array[:] = 3
    assert is_mapped(array)
    assert array.shape == (10, 6) and array.dtype == "float32"
    assert (array == 3).all()
    if os.name == "posix":
        assert list(small_memory.iterdir()) == []


def test_the_disk_must_have_room():
    with pytest.raises(OSError, match="KERASDC_SCRATCH"):
        scratch_array((2**50,), "uint8")


def test_the_folder_must_exist(monkeypatch):
    monkeypatch.setenv(scratch.FOLDER, "nowhere")
    with pytest.raises(NotADirectoryError, match="'nowhere'"):
        scratch_array((2**30,), "uint8")


@pytest.mark.parametrize("rows", [2, 50])
def test_rows_of_unknown_number(small_memory, rows):
    """In memory up to the limit, and then on disk: the same array."""
    growing = GrowingRows()
    for start in range(0, rows, 2):
        growing.append(X[start : start + 2])
    array = growing.array()
    assert is_mapped(array) == (rows == 50)
    assert np.array_equal(array, X[:rows])
    assert len(growing) == rows


def test_other_dtypes_and_some_rows(small_memory):
    found = converted(X, "float32")
    assert is_mapped(found)
    assert np.array_equal(found, X.astype("float32"))
    assert converted(X, X.dtype) is X
    rows = np.array([1, 4, 40])
    assert np.array_equal(taken(X, rows), X[rows])
    rows = np.arange(0, 50, 2)
    found = taken(X, rows)
    assert is_mapped(found)
    assert np.array_equal(found, X[rows])
