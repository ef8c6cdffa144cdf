import keras
import numpy as np
import pytest
from vade_samples import UNITS
from vade_samples import make_vade

import kerasdc
from kerasdc.models import VaDE

pytestmark = pytest.mark.usefixtures("eagerly")

LOWEST = np.finfo("float32").min

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)


@pytest.fixture
def fitted(fitted_vade):
    return fitted_vade


def test_a_loaded_model_generates_and_scores_the_same(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        again.generate(5, seed=0), fitted.generate(5, seed=0), 1e-4, 1e-4
    )
    np.testing.assert_allclose(
        again.log_prob(blobs[0]), fitted.log_prob(blobs[0]), 1e-4, 1e-3
    )


def test_resumed_equals_uninterrupted(blobs, tmp_path):
    x = blobs[0]
    whole = make_vade(decay=0.9, decay_interval=1)
    whole.pretrain(x, epochs=1, verbose=0)
    whole.adapt(x)
    whole.save(tmp_path / "adapted.keras")
    half = keras.models.load_model(tmp_path / "adapted.keras")
    whole.fit(x, batch_size=90, epochs=3, verbose=0)
    half.fit(x, batch_size=90, epochs=2, verbose=0)
    half.save(tmp_path / "half.keras")
    again = keras.models.load_model(tmp_path / "half.keras")
    again.fit(x, batch_size=90, epochs=3, initial_epoch=2, verbose=0)
    for a, b in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


def test_fixed_weights_stay_fixed(tmp_path):
    model = make_vade(fixed_weights=True)
    model.build((None, 6))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert not again.prior.logits.trainable


def test_auto_is_the_papers_optimizer():
    model = make_vade(compiled=False)
    for arguments in ({}, {"optimizer": "auto"}):
        model.compile(**arguments)
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert float(model.optimizer.learning_rate) == pytest.approx(2e-3)
        assert model.optimizer.epsilon == 1e-4
        compiled = model.get_compile_config()
        assert compiled["decay"] == 0.9
        assert compiled["decay_interval"] == 10
        assert compiled["decay_minimum"] == 2e-4
    model.compile("adam")
    assert model.get_compile_config()["decay"] is None


# A user's process: no class of this library is named.

# A server's: no Keras, no kerasdc.


@tensorflow_only
@pytest.mark.parametrize("cluster", [-1, 3, 99])
def test_served_generation_refuses_other_clusters(cluster, served):
    import tensorflow as tf

    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=rf"(?s)from 0 to 2\. Received: cluster=.*\[0 {cluster}\]",
    ):
        served["generate"](
            cluster=tf.constant([0, cluster]), seed=tf.constant(0)
        )


@tensorflow_only
def test_served_scores_of_features_out_of_range(served, fitted, blobs):
    """Brighter than white is no normal sample."""
    import tensorflow as tf

    x = blobs[0][:4].astype("float32")
    x[1] *= 10
    x[2, 0] = -1
    scores = served["log_prob"](inputs=tf.constant(x))["log_prob"].numpy()
    np.testing.assert_array_equal(scores[1:3], LOWEST)
    np.testing.assert_allclose(
        scores[[0, 3]], fitted.log_prob(x[[0, 3]], num_samples=10), 1e-4, 1e-3
    )


@pytest.fixture(scope="module")
def served(fitted_vade, tmp_path_factory):
    import tensorflow as tf

    path = tmp_path_factory.mktemp("served")
    path = kerasdc.export_saved_model(fitted_vade, path)
    return tf.saved_model.load(str(path)).signatures


@tensorflow_only
def test_served_generation_and_scores(fitted, blobs, served):
    import tensorflow as tf

    assert set(served) == {
        "serving_default",
        "embed",
        "reconstruct",
        "generate",
        "log_prob",
    }
    cluster = tf.constant([0, 1, 2] * 20)
    draw = served["generate"]
    samples = draw(cluster=cluster, seed=tf.constant(1))["samples"].numpy()
    same = draw(cluster=cluster, seed=tf.constant(1))["samples"].numpy()
    other = draw(cluster=cluster, seed=tf.constant(2))["samples"].numpy()
    np.testing.assert_array_equal(samples, same)
    assert (samples != other).any()
    assert np.mean(fitted.assign(samples) == cluster.numpy()) >= 0.95
    x = blobs[0].astype("float32")
    scores = served["log_prob"](inputs=tf.constant(x))["log_prob"]
    np.testing.assert_allclose(
        scores, fitted.log_prob(x, num_samples=10), 1e-4, 1e-3
    )
    clusters = served["serving_default"](inputs=tf.constant(x))["cluster"]
    np.testing.assert_array_equal(clusters, fitted.assign(x))


@tensorflow_only
@pytest.mark.parametrize("sequential", [False, True])
def test_served_input_is_one_tensor(sequential, blobs, tmp_path):
    import tensorflow as tf

    inputs = keras.Input((6,))
    layers = [keras.layers.Dense(4), keras.layers.Dense(2)]
    if sequential:
        encoder = keras.Sequential([inputs, *layers])
    else:
        encoder = keras.Model(inputs, layers[1](layers[0](inputs)))
    decoder = kerasdc.networks.mlp_decoder((6,), UNITS, 2)
    model = VaDE(3, encoder, decoder, seed=0)
    model.adapt(blobs[0], num_restarts=1)
    path = kerasdc.export_saved_model(model, tmp_path)
    signature = tf.saved_model.load(str(path)).signatures["log_prob"]
    assert set(signature.structured_input_signature[1]) == {"inputs"}
    scores = signature(inputs=tf.constant(blobs[0], "float32"))["log_prob"]
    np.testing.assert_allclose(
        scores, model.log_prob(blobs[0], num_samples=10), 1e-4, 1e-3
    )
