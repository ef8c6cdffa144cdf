import keras
import numpy as np
import pytest

from kerasdc.targets import keras_order


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
