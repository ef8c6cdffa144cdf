import keras
import numpy as np
import pytest

from kerasdc.layers import CodeSampling


def test_what_is_drawn():
    layer = CodeSampling(3, num_codes=2, noise_dim=4, seed=0)
    drawn = keras.ops.convert_to_numpy(layer(np.zeros((6000, 2))))
    assert drawn.shape == (6000, 9) and drawn.dtype == "float32"
    clusters, codes = layer.parts(drawn)
    assert set(np.unique(clusters)) == {0, 1}
    np.testing.assert_array_equal(clusters.sum(axis=1), 1)
    np.testing.assert_allclose(clusters.mean(axis=0), 1 / 3, atol=0.03)
    for uniform in (drawn[:, :4], codes):
        assert -1 <= uniform.min() < -0.99 and 0.99 < uniform.max() <= 1
        np.testing.assert_allclose(uniform.mean(axis=0), 0, atol=0.05)
    again = keras.ops.convert_to_numpy(layer(np.zeros((6000, 2))))
    assert (again != drawn).any()


def test_what_is_chosen():
    layer = CodeSampling(3, noise_dim=4)
    drawn = layer.chosen(5, cluster=2, codes=[0.5, -0.5], seed=0)
    np.testing.assert_array_equal(drawn, layer.chosen(5, 2, [0.5, -0.5], 0))
    clusters, codes = layer.parts(drawn)
    np.testing.assert_array_equal(clusters, np.eye(3)[[2] * 5])
    np.testing.assert_array_equal(codes, [[0.5, -0.5]] * 5)
    clusters, _ = layer.parts(layer.chosen(3, cluster=[0, 2, 1]))
    np.testing.assert_array_equal(clusters.argmax(axis=1), [0, 2, 1])
    _, codes = layer.parts(layer.chosen(300, seed=1))
    assert -1 <= codes.min() < -0.9 and 0.9 < codes.max() <= 1


@pytest.mark.parametrize(
    "arguments, match",
    [
        ({"num": 0}, "num=0"),
        ({"num": 2, "cluster": 3}, "cluster="),
        ({"num": 2, "cluster": [0, 1, 2]}, "cluster="),
        ({"num": 2, "codes": [0.0]}, r"shape \(2,\) or \(2, 2\)"),
        ({"num": 2, "codes": [0.0, np.nan]}, "finite"),
        ({"num": 2, "codes": "ab"}, "codes of shape"),
    ],
)
def test_bad_choices(arguments, match):
    with pytest.raises(ValueError, match=match):
        CodeSampling(3).chosen(**arguments)


def test_config():
    layer = CodeSampling(3, num_codes=0, noise_dim=5, seed=7)
    again = CodeSampling.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    first, second = (each(np.zeros((4, 1))) for each in (layer, again))
    np.testing.assert_array_equal(first, second)
    assert layer.dim == 8
