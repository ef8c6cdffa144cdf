import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc
from kerasdc import losses
from kerasdc.models import EmbeddingNetwork

COMPILE = ("optimizer", "similarity_weight", "conditional", "summed")


def make_model(num_clusters=3, shape=(6,), compiled=True, **kwargs):
    arguments = {n: kwargs.pop(n) for n in COMPILE if n in kwargs}
    keras.utils.set_random_seed(5)
    networks = kerasdc.networks
    model = EmbeddingNetwork(
        num_clusters,
        networks.mlp_encoder(shape, (16,), 3),
        networks.mlp_decoder(shape, (16,), 3),
        networks.embedding_mlp(3, (16,)),
        **{"seed": 1, **kwargs},
    )
    if compiled:
        adam = keras.optimizers.Adam(0.01)
        model.compile(**{"pretrain_optimizer": adam, **arguments})
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 30, "verbose": 0, **kwargs})


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_model()
    model.pretrain(blobs[0], epochs=30, batch_size=16, verbose=0)
    fit(model, blobs[0], epochs=10)
    return model


# === Clusters ===


def test_blobs_are_recovered(fitted, blobs):
    x, y = blobs
    assert kerasdc.metrics.clustering_accuracy(y, fitted.assign(x)) == 1
    np.testing.assert_allclose(
        fitted.predict(x, verbose=0).sum(axis=1), 1, 1e-5
    )


def test_default_networks_are_the_papers(blobs):
    model = EmbeddingNetwork(3)
    model.compile()
    model.build((None, 6))
    widths = [
        layer.units
        for layer in model.embedding.layers
        if isinstance(layer, keras.layers.Dense)
    ]
    assert widths == [2000, 500, 500, 500, 10]


def test_one_call_equals_two(blobs):
    models = [make_model() for _ in range(2)]
    keras.utils.set_random_seed(3)
    fit(models[0], blobs[0], epochs=2)
    keras.utils.set_random_seed(3)
    models[1].pretrain(blobs[0], batch_size=30, verbose=0)
    fit(models[1], blobs[0], epochs=2)
    assert_same(*map(state, models))


def test_labels_change_nothing(blobs):
    x, y = blobs
    results = []
    for labels in (y, y[::-1]):
        model = make_model()
        callback = kerasdc.ClusteringMetrics(x, labels)
        keras.utils.set_random_seed(3)
        history = fit(model, x, epochs=2, callbacks=[callback]).history
        assert len(history["accuracy"]) == 2
        results.append(state(model))
    assert_same(*results)


# === The loss ===


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("summed", [False, True])
def test_loss_by_hand(conditional, summed, blobs):
    x = blobs[0][:20]
    model = make_model(conditional=conditional, summed=summed)
    model.pretrain(x, epochs=1, verbose=0)
    features = ops.convert_to_numpy(model.features(x))
    z = ops.convert_to_numpy(model.encoder(features))
    squared = np.sum((features - model.decoder(z)) ** 2, axis=1)
    reconstruction = squared.mean() + 3 * np.log(np.pi)
    p = losses.student_t_similarities(z, 6.0, conditional)
    h = model.embedding(z)
    log_q = losses.log_student_t_similarities(h, 1.0, conditional)
    similarity = float(losses.similarity_cross_entropy(p, log_q))
    if conditional and not summed:
        similarity /= 20
    loss = float(model.compute_loss(x, training=False))
    assert loss == pytest.approx(reconstruction + similarity, rel=1e-4)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes TensorFlow's tape"
)
def test_gradients_go_where_the_paper_sends_them(blobs):
    import tensorflow as tf

    x = blobs[0]
    found = {}
    for weight in (0.0, 0.01, 1.0):
        model = make_model(similarity_weight=weight)
        model.build((None, 6))
        model.preprocessor.adapt(x)
        parts = (model.encoder, model.decoder, model.embedding)
        variables = [[w.value for w in p.trainable_weights] for p in parts]
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x)
        found[weight] = tape.gradient(loss, variables)
    none, little, full = found.values()
    encoder = zip(none[0], little[0], full[0], strict=True)
    for a, b, c in encoder:  # linear in the weight
        np.testing.assert_allclose(b - a, 0.01 * (c - a), 1e-2, 1e-6)
        assert np.abs(c - a).max() > 0
    for part in (1, 2):  # decoder and embedding: whatever the weight
        for a, c in zip(none[part], full[part], strict=True):
            np.testing.assert_allclose(a, c, 1e-4, 1e-7)
            assert np.abs(a).max() > 0


def test_history_holds_each_term(blobs):
    history = fit(make_model(), blobs[0], epochs=2).history
    total = np.add(history["reconstruction"], history["similarity"])
    np.testing.assert_allclose(history["loss"], total, 1e-4)


def test_similarity_falls(blobs):
    model = make_model()
    model.pretrain(blobs[0], epochs=5, batch_size=16, verbose=0)
    history = fit(model, blobs[0], epochs=10).history
    assert history["similarity"][-1] < history["similarity"][0]


def test_objective_is_the_loss_of_clean_samples(fitted, blobs):
    x = blobs[0]
    whole = fitted.evaluate(x, batch_size=90, verbose=0)[0]
    assert fitted.objective(x) == pytest.approx(whole, rel=1e-4)


def test_validation(blobs):
    history = fit(make_model(), blobs[0], epochs=1, validation_data=blobs[0])
    assert np.isfinite(history.history["val_loss"]).all()


# === Embedding, latent, reconstruction ===


def test_embedding_and_latent(fitted, blobs):
    x = blobs[0]
    z, h = fitted.latent(x), fitted.embed(x)
    assert z.shape == h.shape == (90, 3)
    np.testing.assert_allclose(fitted.embedding(z), h, 1e-4, 1e-5)
    reconstruction = fitted.reconstruct(x)
    expected = fitted.decoder(z) / fitted.preprocessor.state[0]
    expected = np.clip(expected, blobs[0].min(), blobs[0].max())
    np.testing.assert_allclose(reconstruction, expected, 1e-3, 1e-3)


# === Saving, serving ===


def test_round_trip(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again) is EmbeddingNetwork
    assert again.adapted and again.pretrained and again.compiled
    x = blobs[0]
    np.testing.assert_allclose(again.embed(x), fitted.embed(x), 1e-4, 1e-5)
    np.testing.assert_array_equal(again.assign(x), fitted.assign(x))


def test_compile_arguments_survive(blobs, tmp_path):
    model = make_model(similarity_weight=0.5, conditional=True, summed=True)
    fit(model, blobs[0], epochs=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again._settings == model._settings


def test_resumed_equals_uninterrupted(blobs, tmp_path):
    x = blobs[0]
    whole, half = make_model(), make_model()
    for model in (whole, half):
        keras.utils.set_random_seed(3)
        model.pretrain(x, epochs=2, verbose=0)
    fit(whole, x, epochs=4)
    fit(half, x, epochs=2)
    half.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    fit(again, x, epochs=4, initial_epoch=2)
    for a, b in zip(state(whole), state(again), strict=True):
        np.testing.assert_allclose(a, b, 1e-3, 1e-4)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)
def test_served(fitted, blobs, tmp_path):
    import tensorflow as tf

    path = kerasdc.export_saved_model(fitted, tmp_path / "served")
    served = tf.saved_model.load(str(path)).signatures
    assert set(served) == {"serving_default", "embed", "reconstruct"}
    x = tf.constant(blobs[0].astype("float32"))
    received = {
        **served["serving_default"](inputs=x),
        **served["embed"](inputs=x),
        **served["reconstruct"](inputs=x),
    }
    expected = {
        "cluster": fitted.assign(blobs[0]),
        "embedding": fitted.embed(blobs[0]),
        "reconstruction": fitted.reconstruct(blobs[0]),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(received[name], value, 1e-4, 1e-3)


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_clusters": 0}, "Received: num_clusters=0"),
        ({"seed": -1}, "Received: seed=-1"),
        ({"similarity_weight": -1.0}, "Received: similarity_weight=-1.0"),
        ({"preprocessor": "none"}, "Received: preprocessor='none'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_model(**arguments)


def test_an_encoder_alone_is_refused():
    encoder = kerasdc.networks.mlp_encoder((6,), (4,), 2)
    with pytest.raises(ValueError, match="Received: decoder=None"):
        EmbeddingNetwork(3, encoder)


def test_networks_of_different_widths(blobs):
    embedding = kerasdc.networks.embedding_mlp(4, (8,))
    networks = kerasdc.networks
    model = EmbeddingNetwork(
        3,
        networks.mlp_encoder((6,), (16,), 3),
        networks.mlp_decoder((6,), (16,), 3),
        embedding,
    )
    model.compile()
    with pytest.raises(ValueError, match="input of `embedding`.*Received:"):
        model.fit(blobs[0])
    assert not model.built


def test_a_bernoulli_decoder_gives_back_pixels(blobs):
    model = make_model(likelihood="bernoulli")
    fit(model, blobs[0], epochs=1)
    found = model.reconstruct(blobs[0])
    assert 0 <= found.min() < found.max() <= 255
    assert model.get_config()["likelihood"] == "bernoulli"
    model = make_model(likelihood="bernoulli", preprocessor=None)
    with pytest.raises(ValueError, match="Received: features from"):
        fit(model, blobs[0])


def test_batches_of_one(blobs):
    with pytest.raises(ValueError, match="Received: batch_size=1"):
        fit(make_model(), blobs[0], batch_size=1)


@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_bad_data_changes_nothing(verb, blobs):
    model = make_model()
    with pytest.raises(ValueError, match="Received: 2 samples"):
        getattr(model, verb)(blobs[0][:2])
    assert not model.built and not model.preprocessor.adapted


def test_labels_are_refused(blobs):
    with pytest.raises(ValueError, match="Received: y of type"):
        make_model().fit(*blobs)


def test_duplicates_stay_finite():
    x = np.repeat(np.eye(3), 20, axis=0)
    model = make_model(shape=(3,))
    history = fit(model, x, epochs=2).history
    assert np.isfinite(history["loss"]).all()
