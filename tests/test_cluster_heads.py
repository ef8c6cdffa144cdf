import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.layers import ClusterHeads


def silu(x):
    return x / (1 + np.exp(-x))


def outputs(layer, x, **kwargs):
    return ops.convert_to_numpy(layer(np.float32(x), **kwargs))


def numbers(weights):
    return [ops.convert_to_numpy(weight) for weight in weights]


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(7, 5)).astype("float32")


def test_linear_heads_by_hand(x):
    layer = ClusterHeads(3, num_heads=2)
    found = outputs(layer, x)
    assert found.shape == (7, 2, 3) == (7, *layer.compute_output_shape(x)[1:])
    kernel, bias = numbers(layer.trained)
    for head in range(2):
        expected = x @ kernel[head] + bias[head]
        np.testing.assert_allclose(found[:, head], expected, 1e-5, 1e-6)


@pytest.mark.parametrize("shared", [True, False])
def test_hidden_layers_by_hand(shared, x):
    layer = ClusterHeads(3, num_heads=2, units=(4, 6), shared=shared)
    found = outputs(layer, x)
    weights = numbers(layer.trained)
    heads = () if shared else (2,)
    assert [w.shape for w in weights[::2]] == [
        (*heads, 5, 4),
        (*heads, 4, 6),
        (2, 6, 3),
    ]
    for head in range(2):
        own = weights[:4] if shared else [w[head] for w in weights[:4]]
        expected = silu(silu(x @ own[0] + own[1]) @ own[2] + own[3])
        expected = expected @ weights[4][head] + weights[5][head]
        np.testing.assert_allclose(found[:, head], expected, 1e-4, 1e-5)


def test_heads_start_undecided_and_apart():
    keras.utils.set_random_seed(0)
    layer = ClusterHeads(10, num_heads=4, units=(64,))
    x = np.random.default_rng(0).normal(size=(200, 100))
    found = outputs(layer, x)
    assert 0.1 < found.std() < 0.5
    assert abs(found[:, 0] - found[:, 1]).max() > 0.1


def test_averages_start_as_the_weights_and_take_no_gradient(x):
    layer = ClusterHeads(3, num_heads=2, units=(4,))
    np.testing.assert_array_equal(
        outputs(layer, x, averaged=True), outputs(layer, x)
    )
    assert len(layer.trainable_weights) == 4
    assert len(layer.non_trainable_weights) == 5
    layer.trainable = False
    layer.trainable = True
    assert len(layer.trainable_weights) == 4


def test_averages_by_hand():
    layer = ClusterHeads(1, num_heads=1)
    layer.build((None, 1))
    layer.trained[0].assign([[[1.0]]])
    layer.averages[0].assign([[[0.0]]])
    # Shares of the old: 1 / 10 at most; 0.15, below 2 / 11; 3 / 12 at most.
    for momentum, expected in ((0.15, 0.9), (0.15, 0.985), (0.5, 0.99625)):
        layer.average(momentum)
        found = ops.convert_to_numpy(layer.averages[0]).item()
        assert found == pytest.approx(expected, abs=1e-6)
    assert float(layer.num_averaged) == 3
    x = np.full((1, 1), 2.0)
    assert outputs(layer, x, averaged=True).item() == pytest.approx(1.9925)


def test_late_averages_have_the_momentum(x):
    layer = ClusterHeads(2, num_heads=3)
    layer.build((None, 5))
    layer.num_averaged.assign(1e6)
    (before, _), (weight, _) = map(numbers, (layer.averages, layer.trained))
    layer.trained[0].assign(weight + 1)
    layer.average(0.996)
    after = numbers(layer.averages)[0]
    np.testing.assert_allclose(after - before, 0.004, 1e-2)


def test_a_saved_layer_goes_on(x, tmp_path):
    inputs = keras.Input((5,))
    layer = ClusterHeads(3, 2, units=(4,), shared=False)
    model = keras.Model(inputs, layer(inputs))
    layer.average(0.5)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras").layers[-1]
    assert again.get_config() == layer.get_config()
    for averaged in (True, False):
        np.testing.assert_allclose(
            outputs(again, x, averaged=averaged),
            outputs(layer, x, averaged=averaged),
        )
    assert float(again.num_averaged) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_clusters": 0}, "num_clusters=0"),
        ({"num_clusters": 2, "num_heads": 0}, "num_heads=0"),
        ({"num_clusters": 2, "units": [0]}, "units=0"),
        ({"num_clusters": 2, "units": 5}, "units=5"),
        ({"num_clusters": 2, "shared": 1}, "shared=1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=f"Received: {message}"):
        ClusterHeads(**arguments)


def test_images_are_refused():
    with pytest.raises(ValueError, match="ndim"):
        ClusterHeads(2)(np.zeros((1, 4, 4)))
