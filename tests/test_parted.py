"""Outputs of samples that are never held as a whole."""

import numpy as np
import pytest
from test_streams import Batches

import kerasdc


@pytest.fixture(scope="module")
def digits():
    return kerasdc.datasets.load("digits").x[:500]


@pytest.fixture(scope="module")
def model():
    return kerasdc.load("dec_digits")


@pytest.fixture
def small_parts(monkeypatch, digits):
    """So that the digits are several parts of samples and of outputs."""
    monkeypatch.setattr(
        "kerasdc.models.bases.parted.PART", 64 * digits[0].nbytes
    )


def test_the_same_from_batches_and_files(model, digits, small_parts, tmp_path):
    methods = (model.assign, model.predict, model.embed)
    expected = [
        method(digits, batch_size=1024, verbose=0) for method in methods
    ]
    np.save(tmp_path / "digits.npy", digits)
    path, common = tmp_path / "out.npy", {"batch_size": 32, "verbose": 0}
    for x in (digits, Batches(digits, 70), tmp_path / "digits.npy"):
        for method, b in zip(methods, expected, strict=True):
            np.testing.assert_allclose(method(x, **common), b, atol=1e-5)
            assert method(x, out=path, **common) == path
            np.testing.assert_allclose(np.load(path), b, atol=1e-5)


def test_batches_are_not_kept(model, digits, small_parts, monkeypatch):
    """A part is computed before the next is read."""
    read, seen = [], []

    class Watched(Batches):
        def __iter__(self):
            for batch in super().__iter__():
                read.append(len(batch))
                yield batch

    as_inputs = model.as_inputs

    def watched(x):
        seen.append((sum(read), len(x)))
        return as_inputs(x)

    monkeypatch.setattr(model, "as_inputs", watched)
    model.assign(Watched(digits, 50))
    assert len(seen) > 3
    assert all(num_read <= done for num_read, done in _with_sums(seen))


def _with_sums(seen):
    done = 0
    for num_read, length in seen:
        done += length
        yield num_read, done


def test_an_empty_stream_and_nan_write_nothing(model, digits, tmp_path):
    path = tmp_path / "out.npy"
    with pytest.raises(ValueError, match="at least one sample"):
        model.assign(Batches(digits[:0]), out=path)
    spoiled = digits.astype("float32")
    spoiled[321, 2, 3] = np.inf
    with pytest.raises(ValueError, match="inf in row 321"):
        model.assign(Batches(spoiled), out=path)
    assert list(tmp_path.iterdir()) == []


def test_verbose_and_many_rows_at_once(model, digits, small_parts):
    """By Keras' own `predict`, whose outputs are put together."""
    found = model.predict(digits, batch_size=32, verbose=2)
    expected = model.predict(digits, batch_size=32, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
