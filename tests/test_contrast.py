import numpy as np
import pytest

from kerasdc.layers import ContrastNormalization


def _call(x):
    return np.asarray(ContrastNormalization()(np.asarray(x)))


def test_by_hand():
    np.testing.assert_allclose(
        _call([[1.0, 3.0], [0.0, -4.0]]), [[-1, 1], [1, -1]], atol=1e-6
    )


def test_light_and_contrast_change_nothing():
    x = np.random.default_rng(0).normal(size=(5, 6, 7, 2))
    light = np.linspace(-100, 100, 5)[:, None, None, None]
    contrast = np.array([1e-3, 0.1, 1, 10, 1e3])[:, None, None, None]
    np.testing.assert_allclose(
        _call(contrast * (x + light)), _call(x), atol=1e-3
    )


def test_mean_and_power():
    y = _call(np.random.default_rng(0).uniform(0, 255, (4, 8, 8)))
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.square(y).mean(axis=(1, 2)), 1, rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, 255.0, 3e38, -1e-38])
def test_no_contrast_is_zeros(value):
    np.testing.assert_array_equal(_call(np.full((1, 5), value)), 0.0)


def test_large_numbers_stay_finite():
    assert np.isfinite(_call([[3e38, -3e38, 0.0]])).all()
