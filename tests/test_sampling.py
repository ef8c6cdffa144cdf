import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.layers import Sampling


def draw(layer, mean, log_variance):
    inputs = (np.asarray(mean, "float32"), np.asarray(log_variance, "float32"))
    return ops.convert_to_numpy(layer(inputs))


def test_without_variance_it_is_the_mean():
    mean = [[1.0, -2.0], [0.5, 3.0]]
    np.testing.assert_allclose(
        draw(Sampling(seed=0), mean, np.full((2, 2), -200)), mean
    )


def test_moments_of_the_draws():
    num, mean, log_variance = 20_000, np.array([3.0, -1]), np.log([4.0, 0.25])
    shape = (num, 2)
    z = draw(
        Sampling(seed=0),
        np.broadcast_to(mean, shape),
        np.broadcast_to(log_variance, shape),
    )
    variance = np.exp(log_variance)
    errors = np.abs(z.mean(axis=0) - mean)
    assert (errors < 4 * np.sqrt(variance / num)).all()
    errors = np.abs(z.var(axis=0) - variance)
    assert (errors < 4 * variance * np.sqrt(2 / num)).all()
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / np.sqrt(num)


def test_same_seed_same_draws():
    zeros = np.zeros((5, 3))
    layers = [Sampling(seed=seed) for seed in (1, 1, 2)]
    first, same, other = (draw(layer, zeros, zeros) for layer in layers)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    assert (first != draw(layers[0], zeros, zeros)).any()


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes TensorFlow's tape"
)
def test_gradients_by_hand():
    """With z = mean + exp(l / 2) eps: dz/dmean = 1, dz/dl = (z - mean) / 2."""
    import tensorflow as tf

    mean, log_variance = tf.constant([[1.0, 2.0]]), tf.constant([[0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch((mean, log_variance))
        z = Sampling(seed=0)((mean, log_variance))
    of_mean, of_log_variance = tape.gradient(z, (mean, log_variance))
    np.testing.assert_array_equal(of_mean, [[1, 1]])
    np.testing.assert_allclose(of_log_variance, (z - mean) / 2, 1e-5)


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(Sampling(seed=3, name="z"))
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again, Sampling)
    assert (again.seed, again.name) == (3, "z")
    assert Sampling.from_config(Sampling().get_config()).seed is None


def test_keras_file_round_trip(tmp_path):
    inputs = keras.Input((4,))
    dense = keras.layers.Dense
    z = Sampling(seed=0)((dense(2)(inputs), dense(2)(inputs)))
    assert z.shape == (None, 2)
    model = keras.Model(inputs, z)
    x = np.ones((3, 4), "float32")
    first = ops.convert_to_numpy(model(x))
    model.save(tmp_path / "m.keras")
    second = ops.convert_to_numpy(model(x))
    again = keras.models.load_model(tmp_path / "m.keras")
    # The draws go on where they were.
    np.testing.assert_allclose(again(x), second, 1e-5, 1e-6)
    assert abs(second - first).max() > 0.1


def test_files_without_the_state_of_the_draws(tmp_path):
    model = keras.Sequential([keras.layers.Dense(2), Sampling(seed=0)])
    layer = model.layers[1]
    layer.load_own_variables({})
    assert layer.seed_generator.state.numpy().tolist() == [0, 0]


def test_output_shape():
    shapes = [(None, 7), (None, 7)]
    assert Sampling().compute_output_shape(shapes) == (None, 7)


@pytest.mark.parametrize("policy", ["float16", "mixed_bfloat16"])
def test_dtype_follows_the_policy(policy):
    layer = Sampling(seed=0, dtype=policy)
    z = layer((np.zeros((2, 3)), np.zeros((2, 3))))
    assert keras.backend.standardize_dtype(z.dtype) == layer.compute_dtype


@pytest.mark.parametrize("seed", [1.5, "3", -1])
def test_seed_must_be_an_integer(seed):
    with pytest.raises(ValueError, match=f"Received: seed={seed!r}$"):
        Sampling(seed)
