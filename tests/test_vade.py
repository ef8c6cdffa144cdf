import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc
from kerasdc.models import VaDE

UNITS = (16,)


def make_vade(num_clusters=3, shape=(6,), dim=2, compiled=True, **kwargs):
    arguments = {
        name: kwargs.pop(name)
        for name in ("optimizer", "decay", "log_weight_factor", "fixed_weights")
        if name in kwargs
    }
    keras.utils.set_random_seed(5)
    model = VaDE(
        num_clusters,
        kerasdc.networks.mlp_encoder(shape, UNITS, dim),
        kerasdc.networks.mlp_decoder(shape, UNITS, dim),
        **{"seed": 1, **kwargs},
    )
    if compiled:
        model.compile(
            pretrain_optimizer=keras.optimizers.Adam(0.01), **arguments
        )
    return model


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_vade(optimizer=keras.optimizers.Adam(0.005))
    model.pretrain(blobs[0], epochs=60, batch_size=16, verbose=0)
    model.fit(blobs[0], batch_size=16, epochs=30, verbose=0)
    return model


# === The ELBO ===


def test_loss_is_minus_the_elbo_by_hand(blobs):
    """Every term from its definition, in NumPy, at the z that is drawn."""
    x = blobs[0][:20]
    model = make_vade()
    model.pretrain(x, epochs=1, verbose=0)
    model.adapt(x)
    prior = model.prior
    prior.logits.assign([0.3, -0.4, 1.0])
    prior.log_variances.assign([[0.5, 2.0], [1.0, -0.5], [1.5, 0.2]])
    features = ops.convert_to_numpy(model.features(x)).astype("float64")
    mean, log_variance = (
        ops.convert_to_numpy(part).astype("float64")
        for part in model.posterior(features.astype("float32"))
    )
    noise = np.random.default_rng(0).normal(size=mean.shape)
    z = mean + np.exp(log_variance / 2) * noise
    model.sampling = lambda inputs: ops.convert_to_tensor(z.astype("float32"))
    logits = ops.convert_to_numpy(model.decoder(z.astype("float32")))
    p = 1 / (1 + np.exp(-logits.astype("float64")))
    pi = np.exp(prior.logits.numpy()) / np.exp(prior.logits.numpy()).sum()
    means, variances = prior.means.numpy(), np.exp(prior.log_variances.numpy())
    squares = (z[:, None] - means) ** 2 / variances
    density = np.exp(-0.5 * squares.sum(2)) / np.sqrt(variances.prod(1))
    gamma = pi * density / (pi * density).sum(1, keepdims=True)
    kl = 0.5 * (
        np.log(variances)
        - log_variance[:, None]
        + (np.exp(log_variance)[:, None] + (mean[:, None] - means) ** 2)
        / variances
        - 1
    ).sum(2)
    expected = {
        "reconstruction": -(
            features * np.log(p) + (1 - features) * np.log(1 - p)
        ).sum(1),
        "latent": (gamma * kl).sum(1),
        "assignment": (gamma * np.log((gamma + 1e-300) / pi)).sum(1),
    }
    received = model._elbo_terms(features.astype("float32"), training=False)
    for name, value in expected.items():
        np.testing.assert_allclose(received[name], value, 1e-3, 1e-3)
    loss = float(model.compute_loss(x, training=False))
    np.testing.assert_allclose(loss, sum(expected.values()).mean(), 1e-4)


def test_history_holds_each_term(fitted, blobs):
    history = make_vade().fit(blobs[0], epochs=2, verbose=0).history
    names = ("reconstruction", "latent", "assignment")
    assert set(names) | {"loss"} <= set(history)
    total = np.sum([history[name] for name in names], axis=0)
    np.testing.assert_allclose(history["loss"], total, 1e-4)


def test_fit_lowers_the_objective(blobs):
    model = make_vade(optimizer=keras.optimizers.Adam(0.005))
    model.pretrain(blobs[0], epochs=20, batch_size=16, verbose=0)
    model.adapt(blobs[0])
    before = model.objective(blobs[0])
    model.fit(blobs[0], batch_size=16, epochs=10, verbose=0)
    assert model.objective(blobs[0]) < before - 1


def test_every_weight_is_trained(blobs):
    model = make_vade()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    before = [weight.numpy() for weight in model.trainable_weights]
    model.fit(blobs[0], epochs=1, verbose=0)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert (weight.numpy() != old).any(), weight.path


@pytest.mark.parametrize("fixed", [False, True])
def test_fixed_weights(fixed, blobs):
    model = make_vade(fixed_weights=fixed)
    model.fit(blobs[0][:50], epochs=2, verbose=0)  # unequal clusters
    weights = ops.convert_to_numpy(ops.softmax(model.prior.logits.value))
    assert np.allclose(weights, 1 / 3) == fixed


def test_weight_of_log_pi(blobs):
    features = (blobs[0] / 255).astype("float32")
    plain, heavy = make_vade(), make_vade(log_weight_factor=10.0)
    for model in (plain, heavy):
        model.pretrain(blobs[0], epochs=1, verbose=0)
        model.adapt(blobs[0])
        model.fit(blobs[0], epochs=0, verbose=0)
    terms = [m._elbo_terms(features, False) for m in (plain, heavy)]
    # Equal clusters: nine times log 3 more.
    difference = terms[1]["assignment"] - terms[0]["assignment"]
    np.testing.assert_allclose(difference, 9 * np.log(3), 1e-3)


# === Clusters ===


def test_blobs_are_recovered(fitted, blobs):
    x, y = blobs
    assert kerasdc.metrics.clustering_accuracy(y, fitted.assign(x)) == 1
    q = fitted.predict(x, verbose=0)
    np.testing.assert_allclose(q.sum(axis=1), 1, 1e-5)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_one_call_equals_three(likelihood, blobs):
    x = blobs[0]
    models = [make_vade(likelihood=likelihood) for _ in range(2)]
    keras.utils.set_random_seed(3)
    models[0].fit(x, batch_size=32, epochs=2, verbose=0)
    keras.utils.set_random_seed(3)
    models[1].pretrain(x, batch_size=32, verbose=0)
    models[1].adapt(x)
    models[1].fit(x, batch_size=32, epochs=2, verbose=0)
    assert_same(state(models[0]), state(models[1]))


def self_training(**kwargs):
    return {"epochs": 2, "optimizer": "sgd", "batch_size": 16, **kwargs}


def test_self_training_gives_the_first_partition(blobs):
    x, y = blobs
    model = make_vade()
    model.pretrain(x, epochs=60, batch_size=16, verbose=0)
    encoder = model.encoder.get_weights()
    decoder = model.decoder.get_weights()
    training = self_training(decoder_epochs=0)
    assignments = model.adapt(x, self_training=training, num_restarts=2)
    assert kerasdc.metrics.clustering_accuracy(y, assignments) == 1
    assert any(
        (a != b).any()
        for a, b in zip(encoder, model.encoder.get_weights(), strict=True)
    )
    assert_same(decoder, model.decoder.get_weights())
    assert model.adapted and model.decoder.trainable


def test_the_decoder_follows_self_training(blobs):
    """Reconstruction is better for it, and the encoder the same."""
    x, encoders, losses = blobs[0], [], []
    for decoder_epochs in (0, 30):
        model = make_vade()
        keras.utils.set_random_seed(3)
        model.pretrain(x, epochs=1, batch_size=16, verbose=0)
        training = self_training(decoder_epochs=decoder_epochs)
        model.adapt(x, seed=0, self_training=training, num_restarts=2)
        encoders.append(model.encoder.get_weights())
        losses.append(model.objective(x))
        assert model.encoder.trainable and model.decoder.trainable
    assert_same(*encoders)
    assert losses[1] < losses[0] - 0.1


def test_labels_change_nothing(blobs):
    x, y = blobs
    results = []
    for labels in (y, y[::-1]):
        model = make_vade()
        callback = kerasdc.ClusteringMetrics(x, labels)
        keras.utils.set_random_seed(3)
        model.fit(x, epochs=2, verbose=0, callbacks=[callback])
        results.append(state(model))
    assert_same(*results)


def test_pretraining_keeps_the_decoder_trainable(fitted):
    assert fitted.decoder.trainable
    names = {weight.path for weight in fitted.decoder.trainable_weights}
    assert names <= {weight.path for weight in fitted.trainable_weights}


# === Generation and scores ===


def test_generated_samples_belong_to_their_cluster(fitted, blobs):
    for cluster in range(3):
        samples = fitted.generate(100, cluster, seed=0)
        assert samples.shape == (100, 6)
        assert np.mean(fitted.assign(samples) == cluster) >= 0.95
        real = blobs[0][fitted.assign(blobs[0]) == cluster].mean(axis=0)
        np.testing.assert_allclose(samples.mean(axis=0), real, atol=15)


def test_generation_is_repeatable_and_in_the_raw_scale(fitted):
    first = fitted.generate(8, seed=3)
    np.testing.assert_array_equal(first, fitted.generate(8, seed=3))
    assert (first != fitted.generate(8, seed=4)).any()
    assert 5 < first.max() <= 255
    mixed = fitted.generate(4, np.array([0, 1, 2, 0]), seed=0)
    assert fitted.assign(mixed).tolist() == [0, 1, 2, 0]


def test_interpolation_begins_and_ends_at_the_reconstructions(fitted, blobs):
    x1, x2 = blobs[0][:4], blobs[0][1:5]
    way = fitted.interpolate(x1, x2, steps=5)
    assert way.shape == (4, 5, 6)
    np.testing.assert_allclose(way[:, 0], fitted.reconstruct(x1), 1e-4, 1e-3)
    np.testing.assert_allclose(way[:, -1], fitted.reconstruct(x2), 1e-4, 1e-3)


def test_log_prob_rises_with_samples_and_falls_for_outliers(fitted, blobs):
    x = blobs[0]
    few = fitted.log_prob(x, num_samples=1)
    many = fitted.log_prob(x, num_samples=200, batch_size=7)
    assert few.shape == many.shape == (90,)
    assert many.mean() > few.mean()
    noise = np.random.default_rng(0).integers(0, 256, (90, 6))
    assert np.median(fitted.log_prob(noise)) < np.quantile(many, 0.05)


def test_log_prob_equals_the_integral(blobs):
    """One latent dimension: the integral over z on a fine grid."""
    model = make_vade(dim=1)
    model.pretrain(blobs[0], epochs=3, batch_size=16, verbose=0)
    model.fit(blobs[0], batch_size=16, epochs=20, verbose=0)
    # As wide as the prior, whose every part then counts: a tight bound.
    prior = model.prior.sample(1000, seed=0)
    model.log_variance.kernel.assign(np.zeros((16, 1)))
    model.log_variance.bias.assign([np.log(4 * prior.var())])
    x = blobs[0][:6]
    features = ops.convert_to_numpy(model.features(x))
    z = np.linspace(-60, 60, 60_001, dtype="float32")[:, None]
    outputs = model.decoder.predict(z, batch_size=4096, verbose=0)
    prior = ops.convert_to_numpy(model.prior.log_prob(z)).astype("float64")
    assert prior[0] < -50 and prior[-1] < -50  # the grid holds it all
    for row, received in zip(
        features, model.log_prob(x, num_samples=1500), strict=True
    ):
        rows = np.broadcast_to(row, outputs.shape)
        likelihood = model.likelihood.log_prob(rows, outputs)
        log_joint = prior + ops.convert_to_numpy(likelihood)
        largest = log_joint.max()
        integral = np.exp(log_joint - largest).sum() * (z[1, 0] - z[0, 0])
        assert received == pytest.approx(largest + np.log(integral), abs=0.1)


# === Saving, serving ===


def test_round_trip(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again) is VaDE
    assert again.adapted and again.pretrained and again.compiled
    x = blobs[0]
    np.testing.assert_allclose(
        again.predict(x, verbose=0), fitted.predict(x, verbose=0), 1e-5, 1e-6
    )
    np.testing.assert_allclose(
        again.generate(5, seed=0), fitted.generate(5, seed=0), 1e-4, 1e-4
    )
    np.testing.assert_allclose(again.log_prob(x), fitted.log_prob(x), 1e-4)
    steps = int(fitted.optimizer.iterations)
    again.fit(x, epochs=1, batch_size=90, verbose=0)
    assert int(again.optimizer.iterations) == steps + 1


def test_compile_arguments_survive(blobs, tmp_path):
    model = make_vade(decay=0.5, log_weight_factor=10.0, fixed_weights=True)
    model.fit(blobs[0], epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert (again.decay, again.log_weight_factor) == (0.5, 10.0)
    assert again.fixed_weights and not again.prior.logits.trainable


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)
def test_served_generation_and_scores(fitted, blobs, tmp_path):
    import tensorflow as tf

    path = kerasdc.export_saved_model(fitted, tmp_path / "served")
    served = tf.saved_model.load(str(path)).signatures
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


# === Errors ===


@pytest.mark.parametrize(
    ("make_x", "message"),
    [
        (lambda x: x.astype("float32") - 100, "features from -"),
        (lambda x: x[:2], "Received: 2 samples"),
        (lambda x: x[:, :5], "Received: "),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_bad_data_changes_nothing(verb, make_x, message, blobs):
    model = make_vade()
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(make_x(blobs[0]))
    assert not model.built and not model.preprocessor.adapted
    assert_same(before, model.encoder.get_weights())


def test_pixels_above_one(blobs):
    model = make_vade(preprocessor=None)
    with pytest.raises(ValueError, match=r"from 0 to 1.*Received: .* 2\d\d$"):
        model.fit(blobs[0])
    model = make_vade(preprocessor=kerasdc.layers.Scaling(1 / 100))
    with pytest.raises(ValueError, match="Received: features from"):
        model.fit(blobs[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"likelihood": "poisson"}, "Received: likelihood='poisson'"),
        ({"decoder": None}, "Received: decoder=None"),
        ({"encoder": None}, "Received: encoder=None"),
        ({"preprocessor": "none"}, "Received: preprocessor='none'"),
        ({"seed": -1}, "Received: seed=-1"),
    ],
)
def test_bad_constructors(arguments, message):
    networks = {
        "encoder": kerasdc.networks.mlp_encoder((6,), UNITS, 2),
        "decoder": kerasdc.networks.mlp_decoder((6,), UNITS, 2),
    }
    with pytest.raises(ValueError, match=message):
        VaDE(3, **{**networks, **arguments})


def test_labels_are_refused(blobs):
    with pytest.raises(ValueError, match="Received: .*y"):
        make_vade().fit(*blobs)


def test_before_each_stage(blobs):
    model = make_vade(compiled=False)
    with pytest.raises(ValueError, match="before `fit`. Received: compiled"):
        model.fit(blobs[0])
    for call in (
        lambda: model.generate(3),
        lambda: model.log_prob(blobs[0]),
        lambda: model.predict(blobs[0]),
    ):
        with pytest.raises(ValueError, match="Received: adapted=False"):
            call()


@pytest.mark.parametrize("cluster", [3, -1, [0, 3]])
def test_a_cluster_that_does_not_exist(cluster, fitted):
    with pytest.raises(ValueError, match="Received: cluster="):
        fitted.generate(2, cluster)


def test_bad_requests(fitted, blobs):
    x = blobs[0]
    with pytest.raises(ValueError, match="Received: num_samples=0"):
        fitted.log_prob(x, num_samples=0)
    with pytest.raises(ValueError, match="Received: steps=1"):
        fitted.interpolate(x, x, steps=1)
    with pytest.raises(ValueError, match="Received: 90 and 3 samples"):
        fitted.interpolate(x, x[:3])
    with pytest.raises(ValueError, match="num=0"):
        fitted.generate(0)


def test_a_component_that_loses_its_weight(blobs):
    model = make_vade()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    model.prior.logits.assign([0.0, 0.0, -30.0])
    with pytest.warns(UserWarning, match="Component 2 .* lost its weight"):
        history = model.fit(blobs[0], epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.isfinite(model.predict(blobs[0], verbose=0)).all()


def test_decay(blobs):
    model = make_vade(optimizer=keras.optimizers.Adam(0.001), decay=0.5)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.fit(blobs[0], batch_size=90, epochs=21, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.00025)
    model.fit(blobs[0], batch_size=90, epochs=40, initial_epoch=29, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.0002)
