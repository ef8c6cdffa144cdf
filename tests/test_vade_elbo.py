import keras
import numpy as np
import pytest
from keras import ops
from vade_samples import make_vade

from kerasdc.models import VaDE

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def fitted(fitted_vade):
    return fitted_vade


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
    y_pred = model(x, training=True)
    received = model.loss_terms(x, None, y_pred, training=True)
    for name, value in expected.items():
        np.testing.assert_allclose(received[name], value, 1e-3, 1e-3)
    loss = float(model.compute_loss(x, y_pred=y_pred, training=True))
    np.testing.assert_allclose(loss, sum(expected.values()).mean(), 1e-4)


def test_history_holds_each_term(fitted, blobs):
    model = make_vade()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    history = model.fit(blobs[0], epochs=2, verbose=0).history
    names = ("reconstruction", "latent", "assignment")
    assert set(names) | {"loss"} <= set(history)
    total = np.sum([history[name] for name in names], axis=0)
    np.testing.assert_allclose(history["loss"], total, 1e-4)


def test_fit_lowers_the_objective(blobs):
    model = make_vade(optimizer=keras.optimizers.Adam(0.02))
    model.pretrain(blobs[0], epochs=3, batch_size=30, verbose=0)
    model.adapt(blobs[0])
    before = model.objective(blobs[0])
    model.fit(blobs[0], batch_size=45, epochs=8, verbose=0)
    assert model.objective(blobs[0]) < before - 1


@pytest.mark.parametrize("fixed", [False, True])
def test_fixed_weights(fixed, blobs):
    model = make_vade(fixed_weights=fixed)
    model.pretrain(blobs[0], epochs=1, verbose=0)
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
        y_pred = model._forward(features, training, noise)
        terms = model.loss_terms(x, None, y_pred, training)
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
