import keras
import numpy as np
import pytest

from kerasdc.utils import scratch
from kerasdc.utils.inputs import to_array
from kerasdc.utils.mapped import is_mapped
from kerasdc.utils.streams import is_stream

X = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")


class Batches:
    """What loaders of other libraries are to us: iterated again and again."""

    def __init__(self, x, size=20, changes=False):
        self.x, self.size, self.changes = x, size, changes
        self.read = 0

    def __iter__(self):
        self.read += 1
        x = self.x[::-1] if self.changes and self.read > 1 else self.x
        for start in range(0, len(x), self.size):
            yield x[start : start + self.size]


class Sliced:
    """What datasets of h5py and zarr are: a shape and slices."""

    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __getitem__(self, key):
        assert isinstance(key, slice)
        return self._x[key]


@pytest.fixture
def small_memory(monkeypatch):
    monkeypatch.setattr(scratch, "LARGE", 400)
    monkeypatch.setattr("kerasdc.utils.streams.BLOCK", 160)


def tensorflow_dataset(x):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(x).batch(16)


@pytest.mark.parametrize("make", [Batches, Sliced, tensorflow_dataset])
def test_large_data_are_read_to_disk(small_memory, make):
    found = to_array(make(X))
    assert is_mapped(found)
    assert np.array_equal(found, X)


@pytest.mark.parametrize("make", [Batches, Sliced, tensorflow_dataset])
def test_small_data_are_read_to_memory(make):
    found = to_array(make(X))
    assert not is_mapped(found)
    assert np.array_equal(found, X)


def test_h5py(tmp_path, small_memory):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        data = file.create_dataset("x", data=X.astype("float64"), chunks=True)
        found = to_array(data)
    assert np.array_equal(found, X)


def test_a_path_of_a_npy_stays_on_disk(tmp_path):
    np.save(tmp_path / "x.npy", X)
    for path in (tmp_path / "x.npy", str(tmp_path / "x.npy")):
        found = to_array(path)
        assert is_mapped(found)
        assert np.array_equal(found, X)


def test_a_truncated_npy_is_named(tmp_path):
    path = tmp_path / "cut.npy"
    np.save(path, X)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="cut.npy is no array on disk"):
        to_array(path)


def test_other_dtypes_of_files_become_float32(tmp_path, small_memory):
    np.save(tmp_path / "x.npy", X.astype("float64"))
    found = to_array(tmp_path / "x.npy")
    assert is_mapped(found)
    assert found.dtype == "float32"
    assert np.array_equal(found, X)


@pytest.mark.parametrize("large", [False, True])
def test_nan_is_named_by_its_row(monkeypatch, large):
    if large:
        monkeypatch.setattr(scratch, "LARGE", 400)
    spoiled = X.copy()
    spoiled[77, 2] = np.nan
    for data in (Batches(spoiled), Sliced(spoiled), spoiled):
        with pytest.raises(ValueError, match="Received: nan in row 77"):
            to_array(data)


def test_other_samples_on_the_second_reading_are_told():
    with pytest.warns(UserWarning, match="another sample in row 0"):
        to_array(Batches(X, changes=True))


def test_batches_must_be_alike():
    class Uneven(Batches):
        def __iter__(self):
            yield self.x[:20]
            yield self.x[20:, :3]

    with pytest.raises(ValueError, match=r"shape \(70, 3\) after 20 samples"):
        to_array(Uneven(X))


def test_what_is_used_up_is_refused():
    with pytest.raises(ValueError, match="read again"):
        to_array(iter(Batches(X)))


def test_arrays_lists_and_texts_are_no_streams():
    for data in (X, X.tolist(), ["a", "b"], "x.npy", {"a": X}, Sliced(X)):
        assert not is_stream(data)
    assert is_stream(Batches(X))
    assert is_stream(keras.utils.PyDataset())
