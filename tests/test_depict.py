import keras
import numpy as np
import pytest
from states import assert_same

from kerasdc import losses
from kerasdc import networks
from kerasdc.models import DEPICT
from kerasdc.models import depict
from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.mirrored_features import MirroredFeatures

pytestmark = pytest.mark.usefixtures("eagerly")


def make_depict(shape=(6,), **kwargs):
    keras.utils.set_random_seed(5)
    encoder = networks.mlp_encoder(shape, (16,), 4)
    decoder = networks.mlp_decoder(shape, (16,), 4)
    model = DEPICT(3, encoder, decoder, seed=1)
    model.compile(**kwargs)
    return model


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_depict()
    model.pretrain(blobs[0], epochs=3, verbose=0)
    model.fit(blobs[0], epochs=2, verbose=0)
    return model


def test_the_loss_by_hand(fitted, blobs):
    x = blobs[0]
    features = np.array(fitted.features(x))
    z = fitted.encoder(features)
    mirrored = MirroredFeatures(fitted.encoder, fitted.decoder)
    outputs, errors = mirrored.errors(features, z)
    error = np.square(features - outputs).mean()
    q = fitted.predict(x, verbose=0)
    p = q / np.sqrt(q.sum(axis=0))  # the paper's
    p /= p.sum(axis=1, keepdims=True)
    divergence = np.sum(p * np.log(p / q), axis=1).mean()
    found = fitted.evaluate(x, verbose=0, return_dict=True)
    assert found["clustering"] == pytest.approx(divergence, rel=1e-3, abs=1e-6)
    expected = error + 0.1 * np.mean(errors)
    assert found["reconstruction"] == pytest.approx(expected, rel=1e-4)
    assert fitted.objective(x) == pytest.approx(divergence + error, rel=1e-4)


def test_targets_of_the_paper_and_of_the_code():
    q = np.array([[0.2, 0.4, 0.4], [0.1, 0.8, 0.1]], "float32")
    model = make_depict()
    np.testing.assert_array_equal(
        model.target_distribution(q), losses.target_distribution(q, 1.0, 0.5)
    )
    model.compile(target_power=2.0, frequency_power=1.0)
    np.testing.assert_array_equal(
        model.target_distribution(q), losses.target_distribution(q)
    )
    for bad in ({"target_power": 0}, {"frequency_power": -1}):
        with pytest.raises(ValueError, match="Received: .*power"):
            model.compile(**bad)


def test_networks_of_images():
    x = np.random.default_rng(0).random((12, 9, 8))
    model = DEPICT(3, seed=0)
    model.compile()
    model.pretrain(x, epochs=1, verbose=0)
    model.fit(x, epochs=1, verbose=0)
    assert model.embed(x).shape == (12, 3)  # as many as clusters
    assert np.abs(model.embed(x)).max() <= 1
    assert model.reconstruct(x).shape == x.shape
    kinds = [type(layer) for layer in model.encoder.layers]
    assert kinds.count(keras.layers.Dropout) == 3


def test_noise_reaches_the_code_and_not_the_targets(blobs):
    x = np.random.default_rng(0).random((12, 9, 8)).astype("float32")
    model = DEPICT(3, seed=0)
    model.compile()
    model.pretrain(x, epochs=0)
    model.adapt(x)
    codes = [model(x, training=True)[1] for _ in range(2)]
    assert np.abs(codes[0] - codes[1]).max() > 1e-4
    np.testing.assert_array_equal(*(model(x, training=False) for _ in "ab"))


def test_pretraining_reconstructs_layers(blobs):
    found = {}
    for weight in (0.0, 5.0):
        adam = keras.optimizers.Adam(0.01)
        model = make_depict(layerwise_weight=weight, pretrain_optimizer=adam)
        model.pretrain(blobs[0], epochs=30, batch_size=30, verbose=0)
        features = model.features(blobs[0])
        mirrored = MirroredFeatures(model.encoder, model.decoder)
        errors = mirrored.errors(features, model.encoder(features))[1]
        size = np.mean(np.square(mirrored.of_samples(features)[1]))
        found[weight] = np.mean(errors) / size
    assert found[5.0] < 0.5 * found[0.0]


def test_networks_that_do_not_mirror(blobs):
    encoder = networks.mlp_encoder((6,), (16, 8), 4)
    decoder = networks.mlp_decoder((6,), (16,), 4)
    model = DEPICT(3, encoder, decoder)
    model.compile(layerwise_weight=0.1)
    with pytest.raises(ValueError, match="layerwise_weight=0"):
        model.pretrain(blobs[0], epochs=1)
    model.compile()
    assert model.autoencoder_class() is Autoencoder
    model.pretrain(blobs[0], epochs=1, verbose=0)
    history = model.fit(blobs[0], epochs=1, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_defaults_are_the_papers():
    model = DEPICT(3)
    model.compile()
    assert model.target_powers == (1.0, 0.5)
    config = model.get_compile_config()
    assert config["layerwise_weight"] == "auto"
    with pytest.raises(ValueError, match="layerwise_weight=-1"):
        model.compile(layerwise_weight=-1)


def test_an_autoencoder_is_followed_by_the_start_of_the_authors(
    blobs, monkeypatch
):
    """Unless there are few samples, or another start is named."""
    x = blobs[0]
    model = make_depict()
    model.pretrain(x, epochs=2, verbose=0)
    weights = model.get_weights()

    def kernel(**start):
        model.set_weights(weights)
        found = model.adapt(x, seed=0, num_restarts=1, **start)
        np.testing.assert_array_equal(found, model.assign(x))
        return model.clustering.kernel.numpy()

    gaussians = kernel(method="kmeans")
    authors = kernel(directions=True, learned_epochs=20)
    np.testing.assert_array_equal(kernel(), gaussians)
    monkeypatch.setattr(depict, "_FEWEST_LEARNED", len(x))
    np.testing.assert_array_equal(kernel(), authors)
    np.testing.assert_array_equal(kernel(method="kmeans"), gaussians)
    few = kernel(max_samples=len(x) - 1)
    lengths = np.linalg.norm(few, axis=0)
    assert np.abs(lengths - 1).max() > 0.1  # no directions
    centers = model.embed(x)[:3]
    given = kernel(initial_centers=centers)
    np.testing.assert_allclose(
        given / np.linalg.norm(given, axis=0),
        centers.T / np.linalg.norm(centers, axis=1),
        1e-4,
    )
    kernel(directions=True)  # and what the softmax assigns is returned


def test_a_start_that_is_not_trained_is_not_learned(blobs, monkeypatch):
    monkeypatch.setattr(depict, "_FEWEST_LEARNED", 1)
    model = make_depict()
    model.build((None, 6))
    model.preprocessor.adapt(blobs[0])
    before = model.encoder.get_weights()
    model.adapt(blobs[0])
    assert_same(before, model.encoder.get_weights())
