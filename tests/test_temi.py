import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc
from kerasdc.algorithms.neighbors import cosine_neighbors
from kerasdc.models import TEMI

pytestmark = pytest.mark.usefixtures("eagerly")

COMPILE = ("optimizer", "beta", "momentum", "marginal_momentum")


def make_temi(num_clusters=3, **kwargs):
    """Of the features themselves, unless an encoder is passed."""
    arguments = {n: kwargs.pop(n) for n in COMPILE if n in kwargs}
    keras.utils.set_random_seed(5)
    model = TEMI(num_clusters, **{"seed": 1, "num_heads": 4, **kwargs})
    adam = keras.optimizers.Adam(0.003)
    model.compile(**{"optimizer": adam, **arguments})
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 45, "verbose": 0, **kwargs})


def frozen_encoder():
    """Only the last two of six columns."""
    inputs = keras.Input((6,))
    dense = keras.layers.Dense(2, use_bias=False)
    encoder = keras.Model(inputs, dense(inputs))
    dense.set_weights([np.eye(6)[:, 4:]])
    encoder.trainable = False
    return encoder


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_temi(units=())
    fit(model, blobs[0], epochs=5)
    return model


# === Clusters ===


@pytest.mark.traced
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        pytest.param({"units": ()}, marks=pytest.mark.slow),
        pytest.param({"shared": False}, marks=pytest.mark.slow),
    ],
)
def test_blobs_are_recovered(arguments, blobs):
    x, y = blobs
    model = make_temi(**arguments)
    history = fit(model, x, epochs=60).history
    assert kerasdc.metrics.clustering_accuracy(y, model.assign(x)) == 1
    assert history["agreement"][-1] > history["agreement"][0]


def test_defaults_are_those_of_the_paper(blobs):
    model = TEMI(3)
    model.compile()
    fit(model, blobs[0], epochs=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-4)
    assert model.heads.num_heads == 16 and model.num_neighbors == 50
    assert (model.beta, model.momentum, model.marginal_momentum) == (
        (0.6, 0.996, 0.9)
    )
    assert model.encoder.weights == []
    features = model.features(blobs[0])
    np.testing.assert_allclose(model.embed(blobs[0]), features)
    # Undecided at the start.
    assert abs(model.predict(blobs[0], verbose=0) - 1 / 3).max() < 0.5


def test_images_are_flattened():
    x = np.random.default_rng(0).random((20, 3, 4))
    model = make_temi(2)
    fit(model, x, epochs=1, batch_size=10)
    assert model.embed(x).shape == (20, 12)


def test_the_best_head_is_asked(fitted, blobs):
    x = blobs[0]
    teachers = fitted.heads(fitted.features(x), averaged=True)
    teachers = ops.convert_to_numpy(ops.softmax(teachers))
    before = ops.convert_to_numpy(fitted.head_losses)
    for head in range(4):
        losses = np.zeros(4)
        losses[head] = -1
        fitted.head_losses.assign(losses)
        assert fitted.best_head == head
        found = fitted.predict(x, verbose=0)
        np.testing.assert_allclose(found, teachers[:, head], 1e-4, 1e-5)
    fitted.head_losses.assign(before)
    assert not np.allclose(teachers[:, 0], teachers[:, 1], atol=0.01)


# === Encoders ===


def test_a_frozen_encoder_stays_and_gives_the_neighbors(blobs):
    x = blobs[0]
    encoder = frozen_encoder()
    model = make_temi(encoder=encoder, num_neighbors=2)
    before = state(encoder)
    fit(model, x, epochs=1)
    assert_same(state(encoder), before)
    trained = {weight.path for weight in model.trainable_weights}
    assert not trained & {weight.path for weight in encoder.weights}
    expected = cosine_neighbors(model.latent(x), 2)
    np.testing.assert_array_equal(model._neighbors_of(x), expected)


def test_a_trained_encoder_takes_the_neighbors_of_its_inputs(blobs):
    x = blobs[0]
    encoder = kerasdc.networks.mlp_encoder((6,), (8,), 4)
    model = make_temi(encoder=encoder, num_neighbors=2)
    before = state(encoder)
    fit(model, x, epochs=1)
    changed = zip(before, state(encoder), strict=True)
    assert all((old != new).any() for old, new in changed)
    expected = cosine_neighbors(model.features(x), 2)
    np.testing.assert_array_equal(model._neighbors_of(x), expected)


@pytest.mark.parametrize(
    ("num_clusters", "num_neighbors", "expected"),
    [(3, 50, 15), (3, 4, 4), (40, 50, 1), (1, 50, 45)],
)
def test_neighbors_are_at_most_half_a_cluster(
    num_clusters, num_neighbors, expected, blobs
):
    x = blobs[0]
    model = make_temi(num_clusters, num_neighbors=num_neighbors)
    model.prepare(x)
    assert model._neighbors_of(x).shape == (90, expected)


def test_validation_leaves_the_neighbors_of_training(blobs, monkeypatch):
    x, lengths = blobs[0], []

    def counted(features, num):
        lengths.append(len(features))
        return cosine_neighbors(features, num)

    monkeypatch.setattr("kerasdc.models.temi.cosine_neighbors", counted)
    model = make_temi()
    history = fit(model, x, epochs=2, validation_data=x[:40]).history
    assert np.isfinite(history["val_loss"]).all()
    model.objective(x)
    fit(model, x, epochs=1)
    assert sorted(lengths) == [40, 90]


def test_restarts_find_neighbors_once(blobs, monkeypatch):
    found = []

    def counted(features, num):
        found.append(len(features))
        return cosine_neighbors(features, num)

    monkeypatch.setattr("kerasdc.models.temi.cosine_neighbors", counted)
    model = make_temi()
    model.adapt(blobs[0], restarts={"num": 3, "epochs": 1, "batch_size": 45})
    assert found == [90]


# === The loss ===


def probabilities(model, z, averaged):
    logits = ops.convert_to_numpy(model.heads(z, averaged=averaged))
    odds = np.exp(logits.astype("float64"))
    return odds / odds.sum(axis=-1, keepdims=True)


def loss_by_hand(student, teacher, marginals, beta):
    """Of pairs by turns; `(num_heads,)`."""
    first, second = slice(None, None, 2), slice(1, None, 2)
    weight = (teacher[first] * teacher[second]).sum(axis=-1).mean(axis=1)
    total = 0
    for one, other in ((first, second), (second, first)):
        power = (student[one] * teacher[other]) ** beta
        total = total - np.log((power / marginals).sum(axis=-1))
    return (weight[:, None] * total / 2).mean(axis=0), weight.mean()


def test_loss_by_hand(blobs):
    model = make_temi(beta=0.7, marginal_momentum=0.8, momentum=0.5)
    model.prepare(blobs[0])
    model.heads.trained[0].assign_add(
        0.1 * np.ones(model.heads.trained[0].shape)
    )
    x = blobs[0][:20]
    z = model.features(x)
    y_pred = model(x, training=True)
    student = probabilities(model, z, averaged=False)
    teacher = probabilities(model, z, averaged=True)
    assert abs(student - teacher).max() > 1e-4
    marginals = 0.8 / 3 + 0.2 * teacher.mean(axis=0)
    losses, agreement = loss_by_hand(student, teacher, marginals, 0.7)
    received = float(model.compute_loss(x, None, y_pred))
    assert received == pytest.approx(losses.mean(), rel=1e-4)
    np.testing.assert_allclose(model.marginals, marginals, 1e-4)
    np.testing.assert_allclose(model.head_losses, 0.01 * losses, 1e-3)
    assert float(model._terms["agreement"].result()) == pytest.approx(
        agreement, rel=1e-4
    )


def test_evaluation_moves_nothing(fitted, blobs):
    x = blobs[0]
    before = state(fitted)
    scores = [
        fitted.evaluate(x, batch_size=40, verbose=0, return_dict=True)
        for _ in range(2)
    ]
    assert scores[0] == scores[1]
    assert_same(state(fitted), before)
    rows = fitted.scored_batches(x, 90).rows(0)
    z = fitted.features(x[rows])
    both = [probabilities(fitted, z, averaged) for averaged in (False, True)]
    marginals = ops.convert_to_numpy(fitted.marginals)
    losses, agreement = loss_by_hand(*both, marginals, 0.6)
    found = fitted.evaluate(x, batch_size=90, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(losses.mean(), rel=1e-4)
    assert found["agreement"] == pytest.approx(agreement, rel=1e-4)


def test_teachers_follow_their_students_by_steps(blobs):
    still = keras.optimizers.SGD(0.0)
    model = make_temi(optimizer=still)
    fit(model, blobs[0], epochs=3)
    assert float(model.heads.num_averaged) == 6
    pairs = zip(model.heads.averages, model.heads.trained, strict=True)
    for average, weight in pairs:
        np.testing.assert_allclose(average, weight, 1e-5, 1e-6)


@pytest.mark.parametrize("beta", [0.6, 1.0])
def test_objective_of_certain_clusters_is_minus_log_k(beta, blobs):
    x, y = blobs
    model = make_temi(beta=beta)
    fit(model, x, epochs=0)
    certain = np.eye(3, dtype="float32")[y]
    found = model.objective(x, soft_assignment=certain)
    assert found == pytest.approx(-np.log(3), abs=1e-4)
    even = np.full((90, 3), 1 / 3, "float32")
    undecided = -(2 - 2 * beta) * np.log(3) / 3
    found = model.objective(x, soft_assignment=even)
    assert found == pytest.approx(undecided, abs=1e-4)
    one = np.eye(3, dtype="float32")[np.zeros(90, int)]
    assert model.objective(x, soft_assignment=one) > -0.01


def test_labels_are_not_needed_to_prefer_the_right_clusters(blobs):
    x, y = blobs
    model = make_temi()
    fit(model, x, epochs=0)
    mixed = np.random.default_rng(0).permutation(y)
    found = [
        model.objective(x, soft_assignment=np.eye(3, dtype="float32")[labels])
        for labels in (y, mixed)
    ]
    assert found[0] < found[1]


def test_batches_are_whole(blobs):
    """The rest of a pass is in the next epoch."""
    x = blobs[0]
    model = make_temi()
    model.prepare(x)
    batches = model.training_batches(x, 40)
    assert len(batches) == 3
    assert [len(batches.rows(i)) for i in range(3)] == [80] * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beta", 0),
        ("beta", 1.1),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("marginal_momentum", 1.0),
    ],
)
def test_bad_numbers_of_compile(name, value):
    model = TEMI(3)
    with pytest.raises(ValueError, match=f"Received: {name}={value}$"):
        model.compile(**{name: value})
    assert not model.compiled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_heads", 0),
        ("num_neighbors", 0),
        ("shared", "no"),
        ("augmentation", "vat"),
    ],
)
def test_bad_constructors(name, value):
    with pytest.raises(ValueError, match=f"Received: {name}={value!r}$"):
        TEMI(3, **{name: value})


def test_few_samples_for_a_score(fitted, blobs):
    with pytest.raises(ValueError, match="at least 2 samples"):
        fitted.objective(blobs[0][:1])
