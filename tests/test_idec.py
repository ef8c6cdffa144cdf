import keras
import numpy as np
import pytest
from keras import ops

from kerasdc import losses
from kerasdc.models import DEC
from kerasdc.models import IDEC

pytestmark = pytest.mark.usefixtures("eagerly")


def make_idec(**kwargs):
    keras.utils.set_random_seed(5)
    model = IDEC(3, seed=1)
    model.compile(**kwargs)
    return model


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_idec()
    model.pretrain(blobs[0], epochs=3, verbose=0)
    model.fit(blobs[0], epochs=2, verbose=0)
    return model


def test_the_loss_by_hand(fitted, blobs):
    """Mean squared error, and a tenth of the divergence of DEC."""
    x = blobs[0]
    features = np.array(fitted.features(x))
    error = np.square(features - fitted.decoder(fitted.encoder(features)))
    q = fitted.predict(x, verbose=0)
    p = losses.target_distribution(q)
    divergence = ops.mean(losses.kl_divergence(p, q))
    expected = np.mean(error) + 0.1 * float(divergence)
    assert fitted.objective(x) == pytest.approx(expected, rel=1e-4)
    found = fitted.evaluate(x, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(expected, rel=1e-4)
    assert found["reconstruction"] == pytest.approx(np.mean(error), rel=1e-4)
    assert found["clustering"] == pytest.approx(
        0.1 * float(divergence), rel=1e-3
    )


def test_fit_trains_the_decoder(blobs):
    model = make_idec()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    before = model.decoder.get_weights()
    history = model.fit(blobs[0], epochs=20, verbose=0).history
    for weight, old in zip(model.decoder.get_weights(), before, strict=True):
        assert (weight != old).any()
    assert history["reconstruction"][-1] < history["reconstruction"][0]


def test_without_reconstruction_it_is_dec(blobs):
    """Of the same weights, `fit` moves the encoder as DEC's does."""
    moved = []
    for system, weights in ((DEC, {}), (IDEC, {"kld_weight": 1.0})):
        keras.utils.set_random_seed(5)
        model = system(3, seed=1)
        model.compile(
            keras.optimizers.SGD(0.01),
            reconstruction_loss=_nothing,
            **weights,
        )
        model.pretrain(blobs[0], epochs=0, verbose=0)
        model.fit(blobs[0], epochs=1, verbose=0)
        moved.append([*model.encoder.get_weights(), model.clustering.centers])
    for first, second in zip(*moved, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


@keras.saving.register_keras_serializable(package="test_idec")
def _nothing(y_true, y_pred):
    return 0.0 * ops.mean(ops.square(y_true - y_pred), axis=-1)


def test_defaults_are_the_papers():
    model = make_idec()
    assert model.kld_weight == 0.1
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert model.get_compile_config()["kld_weight"] == 0.1


@pytest.mark.parametrize("bad", [-1.0, float("nan"), "much"])
def test_bad_weight(bad):
    with pytest.raises(ValueError, match="kld_weight"):
        IDEC(3).compile(kld_weight=bad)


def test_an_encoder_needs_its_decoder(make_dec):
    encoder = make_dec().encoder
    with pytest.raises(ValueError, match="needs its `decoder`"):
        IDEC(3, encoder)


def test_after_neighbors_the_decoder_learns_alone(blobs, make_dec):
    x = blobs[0]
    dec = make_dec()
    model = IDEC(3, dec.encoder, dec.decoder, seed=1)
    model.compile(pretrain_method="neighbors")
    found = []
    for epochs in (0, 40):
        model.pretrain(
            x,
            epochs=1,
            batch_size=64,
            steps_per_epoch=3,
            decoder_epochs=epochs,
            verbose=0,
        )
        found.append(model.mean_reconstruction_error(x, 90))
    assert found[1] < 0.8 * found[0]
    assert model.encoder.trainable
    with pytest.raises(ValueError, match="decoder_epochs=-1"):
        model.pretrain(x, decoder_epochs=-1)
