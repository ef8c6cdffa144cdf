import keras
import numpy as np
import pytest

from kerasdc.layers.moving_statistics import kept_statistics


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(3), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model(np.ones((1, 2)))
    return model


def moving(model):
    return [np.array(w) for w in model.layers[-1].non_trainable_weights]


def test_statistics_are_those_of_clean_passes_only(model):
    generator = np.random.default_rng(0)
    clean, distorted = generator.normal(3, 2, (2, 8, 2)).astype("float32")
    before = moving(model)
    with kept_statistics(model):
        model(distorted, training=True)
    for a, b in zip(before, moving(model), strict=True):
        np.testing.assert_array_equal(a, b)
    model(clean, training=True)
    # By hand: momentum 0.99 from mean 0 and variance 1.
    codes = clean @ np.asarray(model.layers[0].kernel)
    np.testing.assert_allclose(
        moving(model)[0], 0.01 * codes.mean(0), rtol=1e-5
    )
    np.testing.assert_allclose(
        moving(model)[1], 0.99 + 0.01 * codes.var(0), rtol=1e-5
    )


def test_normalizes_by_the_batch_all_the_same(model):
    x = np.random.default_rng(0).normal(3, 2, (8, 2)).astype("float32")
    with kept_statistics(model):
        outputs = np.asarray(model(x, training=True))
    assert abs(outputs.mean(0)).max() < 1e-5


def test_compiled(model):
    import tensorflow as tf

    x = np.random.default_rng(0).normal(3, 2, (8, 2)).astype("float32")

    @tf.function
    def step(x):
        with kept_statistics(model):
            outputs = model(x, training=True)
        return outputs

    before = moving(model)
    step(x)
    for a, b in zip(before, moving(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_kept_when_the_pass_fails(model):
    before = moving(model)
    with pytest.raises(RuntimeError, match="stop"), kept_statistics(model):
        model(np.full((4, 2), 5.0), training=True)
        raise RuntimeError("stop")
    for a, b in zip(before, moving(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_layers_that_are_not_built_are_refused():
    layer = keras.layers.BatchNormalization(name="late")
    with pytest.raises(
        ValueError, match="Received: 'late', which is not built"
    ):
        with kept_statistics(layer):
            layer(np.ones((2, 3)), training=True)
    assert not layer.built
