import keras
import numpy as np
import pytest
from keras import ops

import kerasdc
from kerasdc import losses
from kerasdc import recipes
from kerasdc.callbacks import LabelChangeStopping
from kerasdc.layers import ClusteringLayer
from kerasdc.metrics import ari
from kerasdc.models import EmbeddingNetwork
from kerasdc.runs import building
from kerasdc.targets import WholePass

pytestmark = pytest.mark.usefixtures("eagerly")

COMPILE = (
    "optimizer",
    "similarity_weight",
    "conditional",
    "summed",
    "method",
    "pretrain_optimizer",
    "reconstruction_loss",
)


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
    return model.fit(x, **{"batch_size": 45, "verbose": 0, **kwargs})


def train(model, x, **kwargs):
    """Both stages; `fit` alone would pretrain for 50 epochs."""
    model.pretrain(x, epochs=1, verbose=0)
    return fit(model, x, **kwargs)


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_model()
    model.pretrain(blobs[0], epochs=4, batch_size=45, verbose=0)
    fit(model, blobs[0], epochs=3)
    return model


# === Clusters ===


def widths(network):
    dense = keras.layers.Dense
    return [v.units for v in network.layers if isinstance(v, dense)]


def test_default_networks_are_the_papers():
    model = EmbeddingNetwork(3)
    model.compile()
    model.build((None, 6))
    assert widths(model.embedding) == [2000, 500, 500, 500, 10]
    assert model.similarity_weight == 0.01
    assert (model.conditional, model.summed) == (True, True)
    assert model.method == "kmeans"
    again = EmbeddingNetwork.from_config(model.get_config())
    again.build((None, 6))
    # Published weights have no names: their order must survive.
    assert [w.path.split("/")[-2:] for w in again.weights] == [
        w.path.split("/")[-2:] for w in model.weights
    ]


def test_the_papers_recipe_is_the_authors_code():
    x = np.random.default_rng(0).integers(0, 256, (40, 28, 28), "uint8")
    recipe = recipes.get_recipe("embedding", "mnist", "paper")
    model = building.build_model("embedding", recipe, x, 10, seed=0)
    assert widths(model.encoder) == [500, 500, 2000, 10]
    assert widths(model.embedding) == [2000, 500, 500, 500, 10]
    for layer in model.embedding.layers[1:]:
        np.testing.assert_array_equal(layer.kernel, np.eye(*layer.kernel.shape))
    assert model.similarity_weight == 0.01
    assert (model.conditional, model.summed) == (True, True)
    assert model.method == "kmeans"
    for optimizer in (model.optimizer, model.pretrain_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
        assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)
    assert model.reconstruction_loss is losses.summed_binary_crossentropy
    assert model.likelihood_name == "bernoulli"
    assert (recipe["batch_size"], recipe["fit"]["epochs"]) == (100, 50)
    assert recipe["pretrain"]["epochs"] == 10
    assert np.allclose(model.features(np.full((1, 28, 28), 255)), 1)


def test_deviations_name_the_original_weight():
    weights = {"mnist": "0.01", "usps": "0.001", "reuters21578": "0.001"}
    for dataset, weight in weights.items():
        recipe = recipes.get_recipe("embedding", dataset, "best")
        assert recipe["compile"]["summed"] is False
        text = " ".join(recipe["deviations"])
        assert f"(original: sums, of weight {weight})" in text


def test_rectangular_identities_hand_on_what_is_not_negative():
    network = kerasdc.networks.embedding_mlp(kernel_initializer="identity")
    z = np.random.default_rng(0).normal(size=(5, 10)).astype("float32")
    np.testing.assert_allclose(network(z), np.maximum(z, 0), 1e-6)


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


class Halved(keras.Layer):
    """An augmentation without chance."""

    def call(self, x, training=False):
        return 0.5 * x


def loss_in_training(model, x):
    return model.compute_loss(x, y_pred=model(x, training=True), training=True)


def gradients(model, value):
    """Of encoder, decoder and embedding, each a list of arrays."""
    import tensorflow as tf

    parts = (model.encoder, model.decoder, model.embedding)
    variables = [[w.value for w in part.trainable_weights] for part in parts]
    with tf.GradientTape() as tape:
        loss = value()
    found = tape.gradient(loss, variables, unconnected_gradients="zero")
    return [[np.array(value) for value in part] for part in found]


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes TensorFlow's tape"
)
@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.01, 1.0])
def test_gradients_go_where_the_paper_sends_them(weight, augmented, blobs):
    x = blobs[0]
    augmentation = Halved() if augmented else None
    model = make_model(similarity_weight=weight, augmentation=augmentation)
    model.build((None, 6))
    model.preprocessor.adapt(x)
    clean = model.features(x)
    features = 0.5 * clean if augmented else clean

    def reconstruction():
        outputs = model.decoder(model.encoder(features))
        return ops.mean(-model.likelihood.log_prob(features, outputs))

    def similarity():
        z = model.encoder(features)
        log_q = losses.log_student_t_similarities(
            model.embedding(z), conditional=True
        )
        if augmented:  # what is to be learned
            z = ops.stop_gradient(model.encoder(clean))
        p = losses.student_t_similarities(z, 6.0, conditional=True)
        return losses.similarity_cross_entropy(p, log_q)

    received = gradients(model, lambda: loss_in_training(model, x))
    first, second = (
        gradients(model, reconstruction),
        gradients(model, similarity),
    )
    for part, share in enumerate((weight, 0.0, 1.0)):
        largest = max(abs(a).max() for a in received[part])
        assert largest > 0
        for a, b, c in zip(received[part], first[part], second[part]):
            expected = b + share * c
            np.testing.assert_allclose(a, expected, 1e-3, 1e-4 * largest)
    assert max(abs(c).max() for c in second[0]) > 0
    assert not any(b.any() for b in first[2] + second[1])


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes TensorFlow's tape"
)
def test_duplicates_alone_stay_finite():
    x = np.ones((30, 3))
    model = make_model(num_clusters=1, shape=(3,))
    model.prepare(x)
    found = gradients(model, lambda: loss_in_training(model, x))
    assert all(np.isfinite(a).all() for part in found for a in part)
    assert np.isfinite(model.objective(x))


@pytest.mark.parametrize(
    ("likelihood", "loss", "constant"),
    [
        ("bernoulli", losses.summed_binary_crossentropy, 0.0),
        ("gaussian", losses.summed_squared_error, 3 * np.log(np.pi)),
    ],
)
def test_both_stages_reconstruct_alike(likelihood, loss, constant, blobs):
    model = make_model(
        likelihood=likelihood,
        reconstruction_loss=loss,
        pretrain_optimizer=keras.optimizers.SGD(0.0),
    )
    x = blobs[0]
    history = model.pretrain(x, epochs=1, batch_size=90, verbose=0).history
    found = model.evaluate(x, batch_size=90, verbose=0, return_dict=True)
    expected = found["reconstruction"] - constant
    assert history["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_history_holds_each_term(blobs):
    history = train(make_model(), blobs[0], epochs=2).history
    total = np.add(history["reconstruction"], history["similarity"])
    np.testing.assert_allclose(history["loss"], total, 1e-4)


def test_similarity_falls(fitted):
    history = fitted.history.history
    assert history["similarity"][-1] < history["similarity"][0]


def test_objective_is_the_loss_of_clean_samples(fitted, blobs):
    x = blobs[0]
    whole = fitted.evaluate(x, batch_size=90, verbose=0)[0]
    assert fitted.objective(x) == pytest.approx(whole, rel=1e-4)


def test_batches_count_by_their_size(fitted, blobs):
    x = blobs[0]
    for n, sizes in ((90, [40, 40, 10]), (81, [40, 41])):
        batches = WholePass(x[:n], x[:n], 40)
        parts = [batches[i][0] for i in range(len(batches))]
        assert [len(part) for part in parts] == sizes
        values = [float(fitted.compute_loss(p, training=False)) for p in parts]
        expected = np.average(values, weights=[len(p) for p in parts])
        found = fitted.evaluate(
            x[:n], batch_size=40, verbose=0, return_dict=True
        )
        assert found["loss"] == pytest.approx(expected, rel=1e-4)
        terms = found["reconstruction"] + found["similarity"]
        assert found["loss"] == pytest.approx(terms, rel=1e-4)
        assert fitted.objective(x[:n], 40) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("num", "batch_size"), [(9, 4), (10, 3), (13, 6)])
def test_no_sample_is_left_alone(num, batch_size, fitted, blobs):
    batches = WholePass(blobs[0][:num], None, batch_size)
    sizes = [len(batches.rows(i)) for i in range(len(batches))]
    assert sum(sizes) == num and min(sizes) > 1
    assert np.isfinite(fitted.objective(blobs[0][:num], batch_size))


def test_validation(blobs):
    x = blobs[0]
    model = make_model()
    model.pretrain(x, epochs=1, verbose=0)
    history = fit(
        model, x, epochs=2, validation_data=x[:50], validation_freq=2
    ).history
    expected = model.evaluate(x[:50], batch_size=45, verbose=0)[0]
    assert history["val_loss"] == [pytest.approx(expected, rel=1e-4)]


# === Numbers of clusters ===


class Stopping(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_a_fit_that_ends_early_looks_for_clusters_with_care(blobs):
    model = make_model()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    calls = []
    adapt = model.adapt

    def spy(x, **kwargs):
        calls.append(kwargs)
        return adapt(x, **kwargs)

    model.adapt = spy
    fit(model, blobs[0], epochs=5, callbacks=[Stopping()])
    first, last = calls
    assert first["num_restarts"] == 3
    assert "num_restarts" not in last  # the layer's 20
    assert len(last["previous"]) == 90


@pytest.mark.parametrize("arguments", [{"epochs": 0}, {"initial_epoch": 2}])
def test_a_fit_without_an_epoch_keeps_the_numbers(arguments, fitted, blobs):
    model = EmbeddingNetwork.from_config(fitted.get_config())
    model.compile()
    model.build((None, 6))
    model.set_weights(fitted.get_weights())
    model.seed = 8
    before = model.assign(blobs[0])
    fit(model, blobs[0], **{"epochs": 2, **arguments})
    np.testing.assert_array_equal(model.assign(blobs[0]), before)


@pytest.mark.parametrize("shuffle", [True, False])
def test_passes_are_whole_batches_in_the_order_asked_for(shuffle, blobs):
    x = np.concatenate([blobs[0], blobs[0][:1]])
    model = make_model()
    model.pretrain(x, epochs=1, verbose=0)
    seen = []
    original = model._fit_batches

    def spy(batches, *args, **kwargs):
        seen.extend(batches.rows(i) for i in range(len(batches)))
        return original(batches, *args, **kwargs)

    model._fit_batches = spy
    fit(model, x, epochs=1, batch_size=30, shuffle=shuffle)
    rows = np.concatenate(seen)
    assert [len(batch) for batch in seen] == [30, 30, 30]
    assert (rows == np.arange(90)).all() == (not shuffle)


def test_the_embedding_knows_that_it_trains(blobs):
    model = make_model()
    layers = [keras.Input((3,)), keras.layers.BatchNormalization()]
    model.embedding = keras.Sequential(layers)
    model.build((None, 6))
    model.preprocessor.adapt(blobs[0])
    moving = model.embedding.layers[-1].moving_mean
    model.compute_loss(blobs[0][:30], training=False)
    assert (moving.numpy() == 0).all()
    loss_in_training(model, blobs[0][:30])
    assert (moving.numpy() != 0).all()


@pytest.mark.slow
def test_clusters_keep_their_numbers(blobs):
    x, y = blobs
    model = make_model(seed=None)
    model.pretrain(x, epochs=6, batch_size=30, verbose=0)
    callbacks = [LabelChangeStopping(0)]
    history = fit(model, x, epochs=3, callbacks=callbacks).history
    np.testing.assert_array_equal(history["label_change"], [np.nan, 0, 0])
    before = model.training_assignments
    np.testing.assert_array_equal(model.assign(x), before)
    fit(model, x, epochs=1, initial_epoch=0, callbacks=callbacks)
    np.testing.assert_array_equal(model.training_assignments, before)
    for seed in range(3):
        found = model.adapt(x, seed=seed, num_restarts=2, previous=before)
        np.testing.assert_array_equal(found, before)


@pytest.mark.parametrize(
    "method", ["merged_kmeans", pytest.param("kmeans", marks=pytest.mark.slow)]
)
def test_clusters_are_found_by_the_method_compiled(method, blobs):
    x = blobs[0]
    model = make_model(num_clusters=5, method=method)
    train(model, x, epochs=1)
    h = model.embed(x)
    for name in ("kmeans", "merged_kmeans"):
        expected = ClusteringLayer(5).adapt(h, method=name, seed=1)
        same = ari(expected, model.assign(x)) == pytest.approx(1)
        assert same == (name == method)
    # Of one call only.
    found = model.adapt(x, method="kmeans")
    assert ari(found, ClusteringLayer(5).adapt(h, seed=1)) == pytest.approx(1)


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


def test_a_loss_without_compile(fitted, blobs, tmp_path):
    """By the defaults."""
    fitted.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", compile=False)
    assert np.isfinite(again.objective(blobs[0]))
    with pytest.raises(ValueError, match="before `evaluate`"):
        again.evaluate(blobs[0])


def test_a_loss_that_is_a_sum_survives(blobs, tmp_path):
    loss = losses.summed_squared_error
    model = make_model(reconstruction_loss=loss)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.reconstruction_loss is loss


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"similarity_weight": -1.0}, "Received: similarity_weight=-1.0"),
        ({"method": "means"}, "Received: method='means'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_model(**arguments)


def test_an_encoder_alone_is_refused():
    encoder = kerasdc.networks.mlp_encoder((6,), (4,), 2)
    with pytest.raises(ValueError, match="`encoder` needs its `decoder`"):
        EmbeddingNetwork(3, encoder)


def test_an_embedding_alone_is_refused():
    embedding = kerasdc.networks.embedding_mlp(10, (4,))
    with pytest.raises(ValueError, match="`embedding` needs its `encoder`"):
        EmbeddingNetwork(3, embedding=embedding)


@pytest.mark.parametrize("embedding", [keras.layers.Dense(3), 5])
def test_an_embedding_must_tell_its_shapes(embedding, blobs):
    networks = kerasdc.networks
    coders = networks.mlp_encoder((6,)), networks.mlp_decoder((6,))
    model = EmbeddingNetwork(3, *coders, embedding)
    model.compile()
    with pytest.raises(ValueError, match="keras.Input.*Received: embedding="):
        fit(model, blobs[0])
    unbuilt = keras.Sequential([keras.layers.Dense(3)])
    model = EmbeddingNetwork(3, *coders, unbuilt)
    model.build((None, 6))
    assert unbuilt.output_shape == (None, 3)


def test_networks_take_the_shapes_that_preprocessing_leaves():
    dense = keras.layers.Dense
    model = EmbeddingNetwork(
        3,
        keras.Sequential([dense(4)]),
        keras.Sequential([dense(6)]),
        keras.Sequential([dense(2)]),
        preprocessor=keras.layers.Flatten(),
    )
    model.build((None, 2, 3))
    assert model.encoder.input_shape == (None, 6)
    assert model.embedding.input_shape == (None, 4)
    assert model.decoder.input_shape == (None, 4)


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
    train(model, blobs[0], epochs=1)
    found = model.reconstruct(blobs[0])
    assert 0 <= found.min() < found.max() <= 255
    assert model.get_config()["likelihood"] == "bernoulli"
    model = make_model(likelihood="bernoulli", preprocessor=None)
    with pytest.raises(ValueError, match="Received: features from"):
        fit(model, blobs[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 1}, "Received: batch_size=1"),
        ({"validation_data": np.full((1, 6), 80)}, "Received: 1 samples"),
    ],
)
def test_bad_arguments_are_met_early(arguments, message, blobs):
    model = make_model()
    with pytest.raises(ValueError, match=message):
        fit(model, blobs[0], **arguments)
    assert not model.pretrained


def test_a_sample_alone_has_no_similarities(fitted, blobs):
    x = blobs[0]
    for call in (
        lambda: fitted.evaluate(x[:1]),
        lambda: fitted.objective(x[:1]),
        lambda: make_model(num_clusters=1).fit(x[:1]),
    ):
        with pytest.raises(ValueError, match="Received: 1 samples"):
            call()
    for call in (fitted.evaluate, fitted.objective):
        with pytest.raises(ValueError, match="Received: batch_size=1"):
            call(x, batch_size=1)


def test_before_any_data(blobs):
    model = make_model()
    for built in (False, True):
        for call in (model.evaluate, model.objective):
            with pytest.raises(ValueError, match="no data yet"):
                call(blobs[0])
        if not built:
            model.build((None, 6))
    assert not model.preprocessor.adapted
    for call in (model.predict, model.assign):
        with pytest.raises(ValueError, match="no clusters yet"):
            call(blobs[0])
