import keras
import numpy as np
import pytest

import kerasdc
from kerasdc import networks
from kerasdc.models.bases.mirrored_features import MirroredAutoencoder
from kerasdc.models.bases.mirrored_features import MirroredFeatures

pytestmark = pytest.mark.usefixtures("eagerly")


def perceptrons(units=(4, 3), encoder_units=None):
    keras.utils.set_random_seed(0)
    encoder = networks.mlp_encoder((5,), encoder_units or units, 2)
    return encoder, networks.mlp_decoder((5,), units, 2)


def test_pairs_by_hand():
    """Hidden layers of 4 and 3 units, in the other order in the decoder."""
    encoder, decoder = perceptrons()
    mirrored = MirroredFeatures(encoder, decoder)
    x = np.random.default_rng(0).random((6, 5)).astype("float32")
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    weights = [w.numpy() for w in encoder.weights]
    first = relu(x @ weights[0] + weights[1])
    second = relu(first @ weights[2] + weights[3])
    found = mirrored.of_samples(x)
    assert [tuple(each.shape) for each in found] == [(6, 5), (6, 4), (6, 3)]
    np.testing.assert_allclose(found[1], first, rtol=1e-5)
    np.testing.assert_allclose(found[2], second, rtol=1e-5)
    z = second @ weights[4] + weights[5]
    weights = [w.numpy() for w in decoder.weights]
    made = relu(z @ weights[0] + weights[1])
    made_first = relu(made @ weights[2] + weights[3])
    outputs, errors = mirrored.errors(x, z)
    np.testing.assert_allclose(outputs, decoder(z), rtol=1e-5)
    expected = np.square(made - second).mean(axis=1)
    expected += np.square(made_first - first).mean(axis=1)
    np.testing.assert_allclose(errors, expected, rtol=1e-4)


def test_convolutions_are_paired():
    encoder = networks.noisy_encoder((9, 8), (4, 3), (4, 5), 6)
    decoder = networks.noisy_decoder((9, 8), (4, 3), (4, 5), 6)
    mirrored = MirroredFeatures(encoder, decoder)
    x = np.ones((2, 9, 8), "float32")
    shapes = [tuple(each.shape) for each in mirrored.of_samples(x)]
    assert shapes == [(2, 9, 8), (2, 5, 4, 4), (2, 3 * 2 * 3)]
    outputs, errors = mirrored.errors(x, encoder(x))
    assert outputs.shape == (2, 9, 8) and errors.shape == (2,)


def test_features_are_clean_and_codes_are_noisy():
    encoder = networks.noisy_encoder((9, 8), (4,), (4,), 3, dropout=0.5)
    decoder = networks.noisy_decoder((9, 8), (4,), (4,), 3)
    x = np.ones((2, 9, 8), "float32")
    mirrored = MirroredFeatures(encoder, decoder)
    found = [mirrored.of_samples(x)[1] for _ in range(2)]
    np.testing.assert_array_equal(*found)
    noisy = [encoder(x, training=True) for _ in range(2)]
    assert abs(noisy[0] - noisy[1]).numpy().max() > 1e-4


def test_networks_that_do_not_mirror_each_other():
    with pytest.raises(ValueError, match=r"sizes \[6, 3\].*, \[4, 3\]"):
        MirroredFeatures(*perceptrons(encoder_units=(6, 3)))
    with pytest.raises(ValueError, match="layerwise_weight=0"):
        MirroredFeatures(*perceptrons(encoder_units=(4,)))


def test_only_one_layer():
    mirrored = MirroredFeatures(*perceptrons(units=()))
    outputs, errors = mirrored.errors(np.ones((2, 5)), np.ones((2, 2)))
    assert outputs.shape == (2, 5) and errors == 0.0


def test_the_autoencoder_learns_both(tmp_path):
    x = np.random.default_rng(0).random((40, 5)).astype("float32")
    plain = kerasdc.models.Autoencoder(*perceptrons())
    layered = MirroredAutoencoder(*perceptrons(), layerwise_weight=2.0)
    _, errors = MirroredFeatures(*perceptrons()).errors(x, perceptrons()[0](x))
    for model in (plain, layered):
        model.compile("adam")
    loss, larger = (
        model.evaluate(x, batch_size=40, verbose=0)
        for model in (plain, layered)
    )
    expected = loss + 2 * np.mean(errors)
    assert larger == pytest.approx(expected, rel=1e-4)
    config = layered.get_config()
    assert config["layerwise_weight"] == 2.0
