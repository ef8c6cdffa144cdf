import tracemalloc

import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.layers import Scaling


def test_adapt_makes_the_mean_square_one():
    # (0 + 4 + 16 + 4) / 4 = 6
    layer = Scaling()
    x = np.array([[0, 2], [-4, 2]])
    layer.adapt(x)
    features = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(features, x / np.sqrt(6), 1e-6)
    assert np.mean(features**2) == pytest.approx(1)


def test_invert_goes_back_and_stays_in_range():
    layer = Scaling(0.5)
    x = np.array([[0, 100], [255, 7]], "uint8")
    layer.adapt(x)
    features = ops.convert_to_numpy(layer(x))
    assert features.tolist() == [[0, 50], [127.5, 3.5]]
    back = ops.convert_to_numpy(layer.invert(features))
    assert back.tolist() == x.tolist()
    beyond = ops.convert_to_numpy(layer.invert(np.array([-9.0, 400.0])))
    assert beyond.tolist() == [0, 255]


def test_data_far_from_the_origin_are_centered():
    # Means 1e5 and 3; deviations 1 and 2, of mean square 2.5.
    x = np.array([[1e5 - 1, 1], [1e5 + 1, 5]], "float32")
    layer = Scaling()
    assert layer.limits_of(x) == pytest.approx((-2 / 2.5**0.5, 2 / 2.5**0.5))
    layer.adapt(x)
    features = ops.convert_to_numpy(layer(x))
    expected = np.array([[-1, -2], [1, 2]]) / np.sqrt(2.5)
    np.testing.assert_allclose(features, expected, 1e-6)
    np.testing.assert_allclose(layer.invert(features), x, 1e-6)
    half = Scaling(dtype="bfloat16")
    half.adapt(x)
    rounded = ops.convert_to_numpy(ops.cast(half(x), "float32"))
    np.testing.assert_allclose(rounded, expected, 0.01)


def test_data_near_the_origin_are_not():
    layer = Scaling()
    layer.adapt(np.array([[3.0, 0.0], [5.0, 0.0]]))  # mean 4, deviation 1
    assert layer.center.numpy().tolist() == [0, 0]
    layer.adapt(np.array([[6.0, 0.0], [8.0, 0.0]]))  # mean 7, deviation 1
    assert layer.center.numpy().tolist() == [7, 0]


def test_images_of_any_size_are_centered_by_one_number():
    layer = Scaling()
    layer.build((None, None, None, 1))
    x = 1000 + np.random.default_rng(0).normal(size=(20, 4, 4, 1))
    layer.adapt(x)
    assert layer.center.shape == ()
    assert np.abs(ops.convert_to_numpy(layer(x))).max() < 6


def test_constant_zero_is_left():
    layer = Scaling()
    layer.adapt(np.zeros((3, 2)))
    assert float(layer.state[0]) == 1


def test_extreme_values_do_not_overflow():
    layer = Scaling()
    layer.adapt(np.full((3, 2), 1e30, "float32"))
    assert float(layer.state[0]) == pytest.approx(1e-30)


def test_maximum_becomes_one():
    layer = Scaling(target="maximum")
    x = np.array([[0, 50], [200, 7]], "uint8")
    assert layer.limits_of(x) == (0, 1)
    layer.adapt(x)
    features = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(features, x / 200, 1e-6)
    # Adapted, it stays as it is.
    assert layer.limits_of(x * 0 + 1) == pytest.approx((1 / 200, 1 / 200))
    again = Scaling.from_config(layer.get_config())
    assert again.target == "maximum"


def test_scale_that_was_given_stays():
    layer = Scaling(0.5, target="maximum")
    assert layer.limits_of(np.array([[-2, 1], [1, 3]])) == (-1, 1.5)


def test_nothing_above_zero_is_left():
    layer = Scaling(target="maximum")
    layer.adapt(np.zeros((3, 2)))
    assert float(layer.state[0]) == 1


def test_refuses_target():
    with pytest.raises(ValueError, match="maximum. Received: target='max'$"):
        Scaling(target="max")


@pytest.mark.parametrize("scale", [0, np.nan, np.inf, "a", True])
def test_refuses_scale(scale):
    with pytest.raises(ValueError, match=f"Received: scale={scale!r}$"):
        Scaling(scale)


@pytest.mark.parametrize(
    "x", [[[np.nan]], [[np.inf]], np.empty((0, 3)), ["a"], [None], [1j]]
)
def test_adapt_refuses(x):
    layer = Scaling()
    with pytest.raises(ValueError, match="`x` must .*Received: x"):
        layer.adapt(x)
    assert not layer.adapted


def test_keras_file_round_trip(tmp_path):
    layer = Scaling()
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.adapt(np.array([[3.0, 4.0]]))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras").layers[0]
    assert again.adapted
    assert again.scale is None
    np.testing.assert_array_equal(again.state, layer.state)


def test_adapt_copies_no_images():
    x = np.full((20_000, 500), 2, "uint8")
    layer = Scaling()
    layer.build((None, 500))
    tracemalloc.start()
    layer.adapt(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes
    assert float(layer.state[0]) == 0.5


@pytest.mark.parametrize("target", ["mean_square", "maximum"])
@pytest.mark.parametrize("size", [1e-45, 1e-38, 2e37])
def test_adapt_refuses_what_float32_cannot_scale(size, target):
    layer = Scaling(target=target)
    x = np.full((2, 2), size, "float32")
    with pytest.raises(ValueError, match="of `x` must be 0, or from 1e-37 to"):
        layer.adapt(x)
    assert not layer.built
    Scaling(1.0, target=target).adapt(x)  # nothing is to be found


@pytest.mark.parametrize("scale", [1e-40, 1e39, 10**400, -1e300])
def test_refuses_scale_that_float32_cannot_invert(scale):
    with pytest.raises(ValueError, match="`scale` must be None, or .*scale="):
        Scaling(scale)


def test_invert_before_adapt():
    with pytest.raises(ValueError, match=r"call `adapt\(x\)`"):
        Scaling().invert(np.ones((2, 2)))
