import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc
from kerasdc.models import VaDE
from kerasdc.models.parts import check_range

UNITS = (16,)
COMPILE = (
    "optimizer",
    "decay",
    "decay_interval",
    "decay_minimum",
    "log_weight_factor",
    "fixed_weights",
    "run_eagerly",
    "augmented",
)
LOWEST = np.finfo("float32").min

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)


def make_vade(num_clusters=3, shape=(6,), dim=2, compiled=True, **kwargs):
    arguments = {name: kwargs.pop(name) for name in COMPILE if name in kwargs}
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


@pytest.mark.parametrize("augmented", [True, False])
def test_the_elbo_may_be_of_samples_as_they_are(augmented, blobs, tmp_path):
    black = keras.layers.Rescaling(0.0)
    model = make_vade(augmentation=black, augmented=augmented)
    model.pretrain(blobs[0], epochs=0, verbose=0)
    before = model.encoder.trainable_weights[0].numpy()
    model.fit(blobs[0], epochs=1, verbose=0)
    after = model.encoder.trainable_weights[0].numpy()
    # Of black images alone, the first layer learns nothing.
    assert (before == after).all() == augmented
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.augmented == augmented


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
    received = model._elbo_terms(features.astype("float32"), training=True)
    for name, value in expected.items():
        np.testing.assert_allclose(received[name], value, 1e-3, 1e-3)
    loss = float(model.compute_loss(x, training=True))
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
    """It stands in the responsibilities alone, and in training alone."""
    x = blobs[0][:20]
    model = make_vade(log_weight_factor=10.0)
    model.adapt(x, num_restarts=1)
    model.prior.logits.assign([0.3, -0.4, 1.0])
    model.prior.log_variances.assign(np.full((3, 2), 5.0))  # overlapping
    features = ops.convert_to_numpy(model.features(x))
    mean, log_variance = model.posterior(features)
    z = ops.convert_to_numpy(mean)
    model.sampling = lambda inputs: inputs[0]
    pi = np.exp([0.3, -0.4, 1.0]) / np.exp([0.3, -0.4, 1.0]).sum()
    squares = ((z[:, None] - model.prior.means.numpy()) ** 2).sum(2)
    density = np.exp(-0.5 * (squares - squares.min()) / np.exp(5.0))
    for training, factor in ((True, 10), (False, 1)):
        gamma = pi**factor * density
        gamma /= gamma.sum(1, keepdims=True)
        latent, assignment = model.prior.divergence(mean, log_variance, gamma)
        noise = None if training else np.zeros((20, 2), "float32")
        terms = model._elbo_terms(features, noise, training)
        np.testing.assert_allclose(terms["latent"], latent, 1e-3)
        np.testing.assert_allclose(terms["assignment"], assignment, 1e-3, 1e-4)
        # log pi once in the loss itself.
        expected = (gamma * np.log(gamma / pi)).sum(1)
        np.testing.assert_allclose(assignment, expected, 1e-3, 1e-4)


def test_objective_is_the_elbo_whatever_the_factor(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    heavy = keras.models.load_model(tmp_path / "m.keras")
    heavy.compile(log_weight_factor=10.0)
    for model in (heavy, fitted):
        model.prior.logits.assign([0.0, 0.5, -0.5])
    try:
        assert heavy.objective(blobs[0]) == fitted.objective(blobs[0])
    finally:
        fitted.prior.logits.assign(np.zeros(3))


def test_objective_repeats_itself_and_leaves_the_generator(fitted, blobs):
    before = ops.convert_to_numpy(fitted.sampling.seed_generator.state)
    first = fitted.objective(blobs[0])
    assert fitted.objective(blobs[0]) == first
    assert fitted.objective(blobs[0], batch_size=7) == pytest.approx(first)
    scores = [fitted.evaluate(blobs[0], verbose=0) for _ in range(2)]
    assert scores[0] == scores[1]
    after = ops.convert_to_numpy(fitted.sampling.seed_generator.state)
    np.testing.assert_array_equal(before, after)


def test_evaluate_reports_the_loss_and_its_terms(fitted, blobs):
    x = blobs[0]
    scores = fitted.evaluate(x, verbose=0, return_dict=True)
    names = ("reconstruction", "latent", "assignment")
    assert set(scores) == {"loss", *names}
    total = sum(scores[name] for name in names)
    assert scores["loss"] == pytest.approx(total, rel=1e-4)
    assert scores["loss"] == pytest.approx(fitted.objective(x), abs=1)


def test_losses_of_layers_are_added_once(blobs):
    """Kernels of the networks, and what a hidden layer gives out."""
    dense = keras.layers.Dense
    hidden = dense(8, "relu", activity_regularizer=keras.regularizers.L2(0.01))
    encoder = keras.Sequential(
        [keras.Input((6,)), hidden, dense(2, kernel_regularizer="l2")]
    )
    decoder = keras.Sequential(
        [keras.Input((2,)), dense(6, kernel_regularizer="l2")]
    )
    model = VaDE(3, encoder, decoder, seed=0)
    model.compile(run_eagerly=True)
    model.adapt(blobs[0], num_restarts=1)
    outputs = hidden(model.features(blobs[0]))
    # Keras divides what outputs cost by the number of samples.
    expected = 0.01 * np.square(ops.convert_to_numpy(outputs)).sum() / 90
    for layer in (encoder.layers[-1], decoder.layers[-1]):
        expected += 0.01 * np.square(layer.kernel.numpy()).sum()
    scores = model.evaluate(
        blobs[0], batch_size=90, verbose=0, return_dict=True
    )
    terms = ("reconstruction", "latent", "assignment")
    received = scores["loss"] - sum(scores[name] for name in terms)
    assert expected > 0.01
    assert received == pytest.approx(expected, rel=1e-2)


# === Encoders ===


def test_sequential_encoder(blobs, tmp_path):
    """It was never called, so that it has no `input`."""
    dense = keras.layers.Dense
    encoder = keras.Sequential([keras.Input((6,)), dense(16, "relu"), dense(2)])
    decoder = kerasdc.networks.mlp_decoder((6,), UNITS, 2)
    model = VaDE(3, encoder, decoder, seed=0)
    model.compile(run_eagerly=True)
    model.pretrain(blobs[0], epochs=0, verbose=0)
    model.fit(blobs[0], epochs=1, verbose=0)
    assert model.log_variance.kernel.shape == (16, 2)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        again.log_prob(blobs[0]), model.log_prob(blobs[0]), 1e-4
    )


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
        scores, model.log_prob(blobs[0], num_samples=10), 1e-4
    )


@pytest.mark.parametrize("head", ["Add", "Concatenate"])
def test_a_last_layer_of_several_inputs_is_refused(head, blobs):
    inputs = keras.Input((6,))
    parts = [keras.layers.Dense(1)(inputs) for _ in range(2)]
    encoder = keras.Model(inputs, getattr(keras.layers, head)()(parts))
    dim = encoder.output_shape[-1]
    decoder = kerasdc.networks.mlp_decoder((6,), UNITS, dim)
    model = VaDE(3, encoder, decoder)
    model.compile()
    with pytest.raises(ValueError, match=f"Received: {head} of 2 inputs$"):
        model.fit(blobs[0])
    assert not model.built and not model.preprocessor.built


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


def test_adapt_returns_what_equal_weights_assign():
    """Overlapping groups of unequal size, whose borders the weights move."""
    generator = np.random.default_rng(0)
    x = generator.normal(0.5, 0.1, (300, 6))
    x[:60] += 0.15
    x = np.clip(x, 0, 1)
    found = []
    for fixed in (False, True):
        model = make_vade(fixed_weights=fixed)
        assignments = model.adapt(x, num_restarts=1)
        np.testing.assert_array_equal(assignments, model.assign(x))
        found.append(assignments)
    assert (found[0] != found[1]).any()


def test_frozen_layers_stay_frozen(blobs):
    model = make_vade()
    model.build((None, 6))
    hidden, head = model.encoder.layers[-2:]
    hidden.trainable = False
    hidden_before, head_before = hidden.get_weights(), head.get_weights()
    training = self_training(decoder_epochs=1)
    model.adapt(blobs[0], self_training=training, num_restarts=2)
    assert_same(hidden_before, hidden.get_weights())
    assert (head_before[0] != head.get_weights()[0]).any()
    assert not hidden.trainable and not hidden.kernel.trainable
    assert model.encoder.trainable and head.trainable and head.kernel.trainable


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
    noise = np.random.default_rng(0).integers(0, x.max() + 1, (90, 6))
    assert np.median(fitted.log_prob(noise)) < np.quantile(many, 0.05)


@pytest.fixture(scope="module")
def gaussian(blobs):
    model = make_vade(
        likelihood="gaussian", optimizer=keras.optimizers.Adam(0.005)
    )
    model.pretrain(blobs[0], epochs=20, batch_size=16, verbose=0)
    model.fit(blobs[0], batch_size=16, epochs=3, verbose=0)
    return model


def test_far_outliers_have_a_finite_low_score(gaussian, blobs):
    real = gaussian.log_prob(blobs[0])
    x = blobs[0][:1].astype("float32")
    far = np.concatenate([s * x for s in (1e2, -1e3, 1e4, 1e9, 1e18, 1e36)])
    scores = gaussian.log_prob(far)
    assert np.isfinite(scores).all()
    assert scores.max() < real.min()
    served = gaussian.export_signatures()["log_prob"](far)["log_prob"]
    assert np.isfinite(served).all()


def test_a_head_that_overflows_has_a_finite_low_score(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    real = model.log_prob(blobs[0])
    for value in (500.0, -500.0, np.nan):
        model.log_variance.bias.assign(np.full(2, value))
        scores = model.log_prob(blobs[0])
        assert np.isfinite(scores).all()
        assert scores.max() < real.min()


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
    model = make_vade(
        decay=0.5,
        decay_interval=5,
        decay_minimum=0.0,
        log_weight_factor=10.0,
        fixed_weights=True,
    )
    model.adapt(blobs[0], num_restarts=1)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert (again.decay, again.log_weight_factor) == (0.5, 10.0)
    assert (again.decay_interval, again.decay_minimum) == (5, 0.0)
    assert again.fixed_weights and not again.prior.logits.trainable


def test_auto_is_the_papers_optimizer():
    model = make_vade(compiled=False)
    for arguments in ({}, {"optimizer": "auto"}):
        model.compile(**arguments)
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert float(model.optimizer.learning_rate) == pytest.approx(2e-3)
        assert model.optimizer.epsilon == 1e-4
        assert model.decay == 0.9
        assert (model.decay_interval, model.decay_minimum) == (10, 2e-4)
    model.compile("adam")
    assert model.decay is None


# A user's process: no class of this library is named.
LOAD = """
import sys
import keras
import kerasdc
import numpy as np

folder = sys.argv[1]
model = keras.models.load_model(folder + "/m.keras")
x = np.load(folder + "/x.npy")
np.savez(
    folder + "/out.npz",
    predict=model.predict(x, verbose=0),
    log_prob=model.log_prob(x),
    generate=model.generate(4, seed=0),
)
"""

# A server's: no Keras, no kerasdc.
SERVE = """
import sys
import numpy as np
import tensorflow as tf

folder = sys.argv[1]
served = tf.saved_model.load(folder + "/1").signatures
x = tf.constant(np.load(folder + "/x.npy"))
outputs = {}
for name, signature in served.items():
    if name != "generate":
        outputs |= {k: v.numpy() for k, v in signature(inputs=x).items()}
generate = served["generate"]
found = generate(cluster=tf.constant([2, 0, 1]), seed=tf.constant(3))
np.savez(folder + "/out.npz", **found, **outputs)
if "kerasdc" in sys.modules:
    sys.exit("kerasdc was imported")
"""


def test_keras_file_in_a_fresh_process(fitted, blobs, run_python, tmp_path):
    x = blobs[0].astype("float32")
    fitted.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", x)
    run_python(LOAD, str(tmp_path))
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_allclose(
            found["predict"], fitted.predict(x, verbose=0), 1e-5, 1e-6
        )
        np.testing.assert_allclose(found["log_prob"], fitted.log_prob(x), 1e-4)
        np.testing.assert_allclose(
            found["generate"], fitted.generate(4, seed=0), 1e-4, 1e-4
        )


@tensorflow_only
def test_saved_model_in_a_fresh_process(fitted, blobs, run_python, tmp_path):
    x = blobs[0].astype("float32")
    kerasdc.export_saved_model(fitted, tmp_path)
    np.save(tmp_path / "x.npy", x)
    run_python(SERVE, str(tmp_path))
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_array_equal(found["cluster"], fitted.assign(x))
        np.testing.assert_allclose(
            found["soft_assignment"], fitted.predict(x, verbose=0), 1e-5, 1e-6
        )
        np.testing.assert_allclose(
            found["embedding"], fitted.embed(x), 1e-4, 1e-5
        )
        np.testing.assert_allclose(
            found["reconstruction"], fitted.reconstruct(x), 1e-4, 1e-3
        )
        np.testing.assert_allclose(
            found["log_prob"], fitted.log_prob(x, num_samples=10), 1e-4, 1e-3
        )
        assert fitted.assign(found["samples"]).tolist() == [2, 0, 1]


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
        scores[[0, 3]], fitted.log_prob(x[[0, 3]], num_samples=10), 1e-4
    )


@pytest.fixture(scope="module")
def served(fitted, tmp_path_factory):
    import tensorflow as tf

    path = tmp_path_factory.mktemp("served")
    path = kerasdc.export_saved_model(fitted, path)
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


# === Inputs ===


class Batches(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x[index * 50 : (index + 1) * 50],)


FORMS = {
    "list": np.ndarray.tolist,
    "float64": lambda x: x.astype("float64"),
    "frame": lambda x: pytest.importorskip("pandas").DataFrame(x),
    "sparse": lambda x: pytest.importorskip("scipy.sparse").csr_matrix(x),
    "PyDataset": Batches,
}


def train_briefly(x):
    """In batches of 32, the last one of which is short."""
    model = make_vade(run_eagerly=True)
    model.pretrain(x, epochs=0, verbose=0)
    model.fit(x, epochs=1, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="module")
def trained_on_array(blobs):
    return train_briefly(blobs[0])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_gives_the_same(form, blobs, trained_on_array):
    x = FORMS[form](blobs[0])
    model = train_briefly(x)
    assert_same(state(trained_on_array), state(model))
    assert_same([model.log_prob(blobs[0])], [model.log_prob(x)])


def test_one_sample_and_a_short_last_batch(fitted, blobs):
    x = blobs[0]
    scores = fitted.log_prob(x)
    for few in (x[:1], x[:2].tolist()):
        np.testing.assert_allclose(
            fitted.log_prob(few), scores[: len(few)], 1e-4
        )
    np.testing.assert_allclose(fitted.log_prob(x, batch_size=40), scores, 1e-4)
    assert fitted.assign(x[:1]).shape == (1,)
    assert fitted.generate(1, seed=0).shape == (1, 6)
    assert fitted.interpolate(x[:1], x[1:2], steps=2).shape == (1, 2, 6)
    assert np.isfinite(fitted.objective(x[:1]))
    assert np.isfinite(fitted.evaluate(x[:1], verbose=0)).all()


# === Errors ===


def with_nan(x, value=np.nan):
    x = x.astype("float32")
    x[3, 2] = value
    return x


@pytest.mark.parametrize(
    ("make_x", "message"),
    [
        (lambda x: x.astype("float32") - 100, "features from -"),
        (lambda x: x[:2], "Received: 2 samples"),
        (lambda x: x[[0, 1] * 9], "Received: 18 samples, 2 of them distinct"),
        (lambda x: x[:0], r"Received: a ndarray of shape \(0, 6\)"),
        (with_nan, "Received: nan in row 3"),
        (lambda x: with_nan(x, np.inf), "Received: inf in row 3"),
        (lambda x: x[..., None], "Received: input shape"),
        (lambda x: x[0], r"Received: x of shape \(6,\)"),
        (lambda x: x.astype(str), "Received: x of dtype <U3"),
        (lambda x: x.astype(object), "Received: x of dtype object"),
        (lambda x: None, "Received: a NoneType"),
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


@pytest.mark.parametrize("value", [0, 1.5, True, -3])
def test_num_clusters_is_checked(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value}$"):
        VaDE(value)


def test_wrong_width_after_build(fitted, blobs):
    before = state(fitted)
    for verb in ("pretrain", "adapt", "fit", "predict", "log_prob", "evaluate"):
        with pytest.raises(ValueError, match=r"shape \(n, 6\).*\(90, 5\)$"):
            getattr(fitted, verb)(blobs[0][:, :5])
    assert_same(before, state(fitted))


@pytest.mark.parametrize(
    "call",
    [
        lambda model, x: model.log_prob(x),
        lambda model, x: model.objective(x),
        lambda model, x: model.evaluate(x, verbose=0),
        lambda model, x: model.fit(x / 10, validation_data=x, verbose=0),
        lambda model, x: model.pretrain(x / 10, validation_data=x, verbose=0),
    ],
)
@pytest.mark.parametrize("factor", [10, -1])
def test_features_out_of_range_outside_training(call, factor, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match="from 0 to 1.*Received: features"):
        call(fitted, factor * blobs[0].astype("float32"))
    assert_same(before, state(fitted))


def negated():
    return kerasdc.layers.Scaling(-1 / 255)


@pytest.mark.parametrize(
    ("make_preprocessor", "message"),
    [
        (lambda: keras.layers.Rescaling(1 / 100), "from 0.*to 2"),
        (lambda: keras.layers.Rescaling(1 / 127.5, offset=-1), "from -"),
        (keras.layers.Normalization, "from -"),
        (negated, "from -0.* to -?0"),
    ],
)
def test_preprocessors_that_leave_the_range(make_preprocessor, message, blobs):
    model = make_vade(preprocessor=make_preprocessor())
    before = [variable.numpy() for variable in model.preprocessor.variables]
    with pytest.raises(ValueError, match=f"Received: features {message}"):
        model.fit(blobs[0])
    assert not model.built
    built = isinstance(model.preprocessor, keras.layers.Rescaling)
    assert built or not model.preprocessor.built
    assert_same(before, [v.numpy() for v in model.preprocessor.variables])


def test_preprocessors_that_keep_the_range(blobs):
    x = blobs[0].astype("float32")
    for layer, data in (
        (keras.layers.Rescaling(1 / 255), blobs[0]),
        (negated(), -x),
        (kerasdc.layers.Scaling(target="maximum", dtype="bfloat16"), x),
        (keras.layers.Rescaling(1 / 255, dtype="bfloat16"), x),
        (None, x / 255),
    ):
        check_range(data, layer)


def test_texts_are_no_probabilities():
    texts = ["cat dog", "dog cat cat", "bond price", "price of bond"]
    model = VaDE(2, preprocessor=kerasdc.layers.TfIdf(9))
    model.compile()
    with pytest.raises(ValueError, match="Received: features from 0 to "):
        model.fit(texts)
    assert not model.built and not model.preprocessor.adapted


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


@pytest.mark.parametrize(
    "arguments",
    [
        {"decay": 5},
        {"decay": 0.0},
        {"decay": "0.9"},
        {"decay": float("nan")},
        {"decay_interval": 0},
        {"decay_interval": 2.5},
        {"decay_minimum": -1e-4},
        {"decay_minimum": None},
        {"log_weight_factor": "x"},
        {"log_weight_factor": float("nan")},
        {"log_weight_factor": -1.0},
        {"log_weight_factor": True},
    ],
)
def test_bad_compile_arguments(arguments):
    ((name, value),) = arguments.items()
    model = make_vade(compiled=False)
    with pytest.raises(ValueError, match=f"Received: {name}={value!r}$"):
        model.compile(**arguments)
    assert not model.compiled


def test_labels_are_refused(fitted, blobs):
    before = state(fitted)
    for call in (fitted.fit, fitted.evaluate):
        with pytest.raises(ValueError, match="never trains on labels.*Receiv"):
            call(*blobs)
    assert_same(before, state(fitted))


def test_before_each_stage(blobs):
    model = make_vade(compiled=False)
    with pytest.raises(ValueError, match="before `fit`. Received: compiled"):
        model.fit(blobs[0])
    with pytest.raises(ValueError, match="`evaluate`. Received: compiled"):
        model.evaluate(blobs[0])
    model.compile()
    for call in (
        lambda: model.generate(3),
        lambda: model.log_prob(blobs[0]),
        lambda: model.objective(blobs[0]),
        lambda: model.evaluate(blobs[0]),
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


def test_decay_of_another_interval_and_floor(blobs):
    model = make_vade(
        optimizer=keras.optimizers.Adam(0.001),
        decay=0.5,
        decay_interval=2,
        decay_minimum=0.0,
        run_eagerly=True,
    )
    model.pretrain(blobs[0], epochs=0, verbose=0)
    model.fit(blobs[0], batch_size=90, epochs=9, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.001 / 16)


def test_paper_recipe_of_texts_is_the_authors_code():
    recipe = kerasdc.recipes.get_recipe("vade", "reuters21578", "paper")
    model = make_vade(compiled=False)
    model.compile(**recipe["compile"])
    assert (model.decay, model.decay_interval) == (0.5, 5)
    assert model.decay_minimum == 0
    assert recipe["fit"]["epochs"] == 15
    assert any("variances of 1" in text for text in recipe["deviations"])
    assert any("start equal" in text for text in recipe["deviations"])
