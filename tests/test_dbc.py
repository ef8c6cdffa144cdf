import keras
import numpy as np
import pytest

from kerasdc import losses
from kerasdc import networks
from kerasdc.models import DBC

pytestmark = pytest.mark.usefixtures("eagerly")


def test_targets_boost_and_do_not_balance(blobs, make_dec):
    dec = make_dec()
    model = DBC(3, dec.encoder, dec.decoder, seed=1)
    model.compile(boost=3.0)
    q = np.array([[0.2, 0.4, 0.4], [0.1, 0.9, 0.0]], "float32")
    expected = q**3 / (q**3).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.target_distribution(q), expected, 1e-5)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.fit(blobs[0], epochs=1, verbose=0)
    q = model.predict(blobs[0], verbose=0)
    p = q**3 / (q**3).sum(axis=1, keepdims=True)
    divergence = np.sum(p * np.log(p / q), axis=1).mean()
    assert model.objective(blobs[0]) == pytest.approx(divergence, rel=1e-4)


def test_images_have_pooled_convolutions():
    model = DBC(2, seed=0)
    model.compile()
    model.pretrain(np.random.default_rng(0).random((8, 9, 8)), epochs=1)
    kinds = {type(layer) for layer in model.encoder.layers}
    assert {keras.layers.MaxPooling2D, keras.layers.BatchNormalization} < kinds
    assert model.reconstruct(np.ones((2, 9, 8))).shape == (2, 9, 8)


def test_other_data_have_the_perceptron_of_dec(blobs):
    model = DBC(3)
    model.compile()
    model.pretrain(blobs[0], epochs=0)
    assert len(model.encoder.weights) == 8


def test_boost_is_kept():
    model = DBC(2)
    model.compile(boost=1.5)
    assert model.get_compile_config()["boost"] == 1.5
    with pytest.raises(ValueError, match="boost=0.5"):
        model.compile(boost=0.5)


@pytest.mark.parametrize("shape", [(8, 8), (9, 7, 3), (28, 28)])
def test_networks(shape):
    encoder = networks.pooled_encoder(shape, (4, 5), (3, 5), 6)
    decoder = networks.pooled_decoder(shape, (4, 5), (3, 5), 6)
    x = np.random.default_rng(0).random((3, *shape)).astype("float32")
    z = encoder(x)
    assert z.shape == (3, 6)
    assert decoder(z).shape == (3, *shape)
    assert np.array(decoder(z)).min() < 0  # linear at the end
    with pytest.raises(ValueError, match="same length"):
        networks.pooled_encoder(shape, (4, 5), (3,))


def test_powers_are_those_of_the_losses():
    q = np.array([[0.2, 0.8], [0.5, 0.5]], "float32")
    model = DBC(2)
    model.compile()
    np.testing.assert_array_equal(
        model.target_distribution(q), losses.target_distribution(q, 2.0, 0.0)
    )
