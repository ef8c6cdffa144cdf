"""Samples on another scale than those of `fit`."""

import tracemalloc
import warnings

import keras
import numpy as np
import pytest
import systems

from kerasdc.layers.input_range import InputRange

pytestmark = pytest.mark.usefixtures("eagerly")


def test_difference_of_sizes():
    layer = InputRange()
    layer.build()
    assert layer.difference(np.ones((1, 1))) is None
    x = np.arange(1, 102).repeat(2).reshape(101, 2)  # sizes 1 to 101
    layer.adapt(x)
    np.testing.assert_allclose(layer.sizes, [2, 100])
    assert layer.difference(np.full((1, 2), 0.5)) is None
    assert "a median of 0.4" in layer.difference(np.full((1, 2), 0.4))
    assert layer.difference(np.full((1, 2), -400.0)) is None
    assert "from 2 to 100" in layer.difference(np.full((1, 2), 401.0))


def test_sizes_of_huge_numbers_are_finite():
    layer = InputRange()
    layer.build()
    layer.adapt(np.full((2, 3), 1e38, "float32"))
    np.testing.assert_allclose(layer.sizes, 1e38, 1e-6)


def test_samples_are_not_copied_as_a_whole():
    x = np.ones((400, 50_000), "uint8")
    layer = InputRange()
    layer.build()
    tracemalloc.start()
    layer.adapt(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes
    np.testing.assert_array_equal(layer.sizes, [1, 1])


def test_blank_samples_among_the_training_data():
    layer = InputRange()
    layer.build()
    x = np.ones((1000, 2, 3))
    x[0] = 0
    layer.adapt(x)
    assert "Received: a median of 0" in layer.difference(np.zeros((3, 2, 3)))
    x[:20] = 0  # 2 % of them
    layer.adapt(x)
    assert layer.difference(np.zeros((3, 2, 3))) is None


@pytest.fixture(scope="module")
def model(blobs):
    with systems.eager():
        model = systems.make("dec")
        model.pretrain(blobs[0], epochs=1, verbose=0)
        model.adapt(blobs[0])
    return model


@pytest.mark.parametrize("method", ["assign", "predict", "embed", "evaluate"])
def test_a_model_tells_once(method, model, blobs):
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model)
    )
    again.set_weights(model.get_weights())
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "These samples")
        getattr(again, method)(blobs[0])
        with pytest.warns(UserWarning, match="another scale.*Received: a med"):
            getattr(again, method)(blobs[0] / 255)
        getattr(again, method)(blobs[0] / 255)


def test_range_is_in_the_file(model, blobs, tmp_path):
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        again.input_range.sizes, model.input_range.sizes
    )
    with pytest.warns(UserWarning, match="another scale"):
        again.fit(blobs[0] / 255, epochs=0, verbose=0)
