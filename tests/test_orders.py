import keras
import numpy as np
import pytest

from kerasdc.targets import fixed_order
from kerasdc.targets import keras_order
from kerasdc.targets.orders import shuffle_rows


def taken_by_keras(num_samples, seed):
    """Samples as Keras' own `fit` takes them, in two epochs."""
    taken = []

    class Taking(keras.Model):
        def call(self, x):
            return x

        def compute_loss(
            self,
            x=None,
            y=None,
            y_pred=None,
            sample_weight=None,
            training=True,
        ):
            taken.append(np.array(x).ravel())
            return keras.ops.mean(self.weight * x)

    keras.utils.set_random_seed(seed)
    model = Taking()
    model.weight = model.add_weight(shape=(), name="weight")
    model.compile("sgd", run_eagerly=True)
    rows = np.arange(num_samples, dtype="float32")[:, None]
    model.fit(rows, batch_size=16, epochs=2, verbose=0)
    return np.concatenate(taken).reshape(2, num_samples)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="as on TensorFlow"
)
@pytest.mark.parametrize("seed", [0, 7])
def test_samples_come_as_keras_takes_them_by_that_seed(seed):
    first, second = taken_by_keras(50, seed)
    keras.utils.set_random_seed(99)
    np.testing.assert_array_equal(keras_order(50, seed), first)
    np.testing.assert_array_equal(keras_order(50, seed), second)


def test_every_sample_comes_once():
    order = keras_order(20, 2**32 - 1)
    assert sorted(order.tolist()) == list(range(20))
    assert order.tolist() != keras_order(20, 1).tolist()


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """A file of 1,000 rows of a byte, read by windows of 128."""
    monkeypatch.setattr("kerasdc.targets.orders.WINDOW", 128)
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((1000, 1), "uint8"))
    return np.load(path, mmap_mode="r")


def shuffled(x, seed=0):
    rows = np.arange(len(x))
    shuffle_rows(rows, np.random.default_rng(seed), x)
    return rows


def test_windows_of_a_file_are_made_of_blocks(mapped):
    rows = shuffled(mapped)
    assert np.array_equal(np.sort(rows), np.arange(1000))
    assert not np.array_equal(rows, shuffled(mapped, 1))
    assert np.array_equal(rows, shuffled(mapped))
    # Blocks are of two rows: each is in one window, with others from afar.
    place = np.argsort(rows) // 128
    assert np.array_equal(place[::2], place[1::2])
    spread = [np.ptp(rows[i : i + 128]) for i in range(0, 896, 128)]
    assert min(spread) > 500
    assert np.abs(np.diff(rows)).mean() > 200


def test_what_fits_a_window_is_shuffled_as_in_memory(mapped, monkeypatch):
    monkeypatch.setattr("kerasdc.targets.orders.WINDOW", 1000)
    assert np.array_equal(shuffled(mapped), shuffled(np.asarray(mapped)))
    assert np.array_equal(shuffled(mapped), shuffled(np.array(mapped)))
    assert np.array_equal(fixed_order(mapped, 3), keras_order(1000, 3))


def test_a_fixed_order_of_a_file(mapped):
    order = fixed_order(mapped, 3)
    assert np.array_equal(np.sort(order), np.arange(1000))
    assert np.array_equal(order, fixed_order(mapped, 3))
