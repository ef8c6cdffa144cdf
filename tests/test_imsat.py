import itertools
import json
import re

import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state
from test_dac import Reverse

import kerasdc
from kerasdc import losses
from kerasdc.algorithms.neighbors import kth_neighbor_distances
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.models import IMSAT
from kerasdc.targets import neighbor_radii

pytestmark = pytest.mark.usefixtures("eagerly")

COMPILE = (
    "optimizer",
    "information_weight",
    "marginal_weight",
    "radius_factor",
    "prior_tolerance",
    "xi",
)


@keras.saving.register_keras_serializable(package="test")
def reverse_features(features):
    return features[:, ::-1]


def make_imsat(num_clusters=3, shape=(6,), compiled=True, **kwargs):
    arguments = {n: kwargs.pop(n) for n in COMPILE if n in kwargs}
    keras.utils.set_random_seed(5)
    model = IMSAT(
        num_clusters,
        kerasdc.networks.normalized_mlp_encoder(shape, (16, 16)),
        **{"seed": 1, **kwargs},
    )
    if compiled:
        adam = keras.optimizers.Adam(0.01)
        model.compile(**{"optimizer": adam, **arguments})
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 45, "verbose": 0, **kwargs})


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_imsat()
    fit(model, blobs[0], epochs=15)
    return model


# === Clusters ===


@keras.saving.register_keras_serializable(package="test")
def shrink_features(features):
    return 0.9 * features


@pytest.mark.traced
@pytest.mark.parametrize(
    "augmentation",
    [
        pytest.param(kind, marks=pytest.mark.slow)  # the contract has "vat"
        for kind in ("rpt", None, ["vat", "rpt"], shrink_features)
    ],
)
def test_blobs_are_recovered(augmentation, blobs):
    x, y = blobs
    model = make_imsat(augmentation=augmentation)
    fit(model, x, epochs=20)
    assert kerasdc.metrics.clustering_accuracy(y, model.assign(x)) == 1
    q = model.predict(x, verbose=0)
    np.testing.assert_allclose(q.sum(axis=1), 1, 1e-5)


def test_default_network_is_the_papers(blobs):
    model = IMSAT(10)
    model.compile()
    fit(model, blobs[0], epochs=0)
    dense = [
        layer
        for layer in (*model.encoder.layers, model.head)
        if isinstance(layer, keras.layers.Dense)
    ]
    assert [layer.units for layer in dense] == [1200, 1200, 10]
    # Standard deviations: sqrt of the authors' `wscale` over fan-in.
    expected = np.sqrt([0.1 / 6, 0.1 / 1200, 1e-4 / 1200])
    received = [np.std(layer.kernel.numpy()) for layer in dense]
    np.testing.assert_allclose(received, expected, rtol=0.02)
    names = [type(layer).__name__ for layer in model.encoder.layers[1:4]]
    assert names == ["Dense", "BatchNormalization", "ReLU"]
    assert float(model.optimizer.learning_rate) == pytest.approx(0.002)
    # Undecided at the start.
    assert abs(model.predict(blobs[0], verbose=0) - 0.1).max() < 0.02


def test_restarts_on_some_samples_find_their_neighbors_once(blobs, monkeypatch):
    found = []

    def counted(x, *arguments, **options):
        found.append(len(x))
        return kth_neighbor_distances(x, *arguments, **options)

    monkeypatch.setattr(neighbor_radii, "kth_neighbor_distances", counted)
    x = blobs[0]
    model = make_imsat()
    restarts = {"num": 2, "epochs": 1, "batch_size": 60, "samples": 60}
    distances = model.adapt(x, restarts=restarts)
    assert found == [90, 60]
    assert len(distances) == 90
    fit(model, x, epochs=1)
    assert found == [90, 60]


def test_restarts_keep_the_lowest_objective(blobs):
    x = blobs[0]
    model = make_imsat()
    found = []
    original = model.sibling

    def sibling(*arguments):
        found.append(original(*arguments))
        return found[-1]

    model.sibling = sibling
    model.adapt(x, restarts={"num": 3, "epochs": 1, "batch_size": 90})
    assert len({other.seed for other in found}) == 3
    objectives = [other.objective(x) for other in found]
    assert len(set(objectives)) == 3
    best = found[int(np.argmin(objectives))]
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), best.predict(x, verbose=0)
    )
    fit(model, x, epochs=1)


# === The loss ===


def probabilities(model, features):
    logits = ops.convert_to_numpy(model.logits(features)).astype("float64")
    odds = np.exp(logits)
    return odds / odds.sum(axis=1, keepdims=True)


def entropy(p):
    return -(p * np.log(p)).sum(axis=-1)


@pytest.mark.parametrize("augmentation", [reverse_features, Reverse()])
def test_loss_by_hand(augmentation, fitted, blobs):
    """From its definition, with an augmentation that nothing draws."""
    x = blobs[0][::3] // 2 + blobs[0][1::3] // 2  # between the blobs
    model = make_imsat(augmentation=augmentation)
    model.build((None, 6))
    model.preprocessor.adapt(x)
    model.encoder.set_weights(fitted.encoder.get_weights())
    model.head.set_weights(fitted.head.get_weights())
    features = ops.convert_to_numpy(model.features(x))
    p = probabilities(model, features)
    q = probabilities(model, features[:, ::-1])
    sat = (p * np.log(p / q)).sum(axis=1).mean()
    information = 4 * entropy(p.mean(axis=0)) - entropy(p).mean()
    loss = model.compute_loss(x, np.zeros(len(x)), model(x), training=False)
    assert sat > 0.01
    np.testing.assert_allclose(float(loss), sat - 0.1 * information, 1e-4)


def test_history_holds_each_term(blobs):
    history = fit(make_imsat(), blobs[0], epochs=2).history
    expected = np.array(history["sat"]) + 0.1 * (
        np.array(history["conditional_entropy"])
        - 4 * np.array(history["marginal_entropy"])
    )
    np.testing.assert_allclose(history["loss"], expected, 1e-4)


def test_rim_has_no_penalty(blobs):
    model = make_imsat(augmentation=None)
    history = fit(model, blobs[0], epochs=2).history
    assert history["sat"] == [0, 0]
    assert model.adapt(blobs[0]) is None


def test_perturbations_are_a_quarter_of_the_distance(blobs):
    x = blobs[0]
    model = make_imsat()
    distances = model.adapt(x)
    features = ops.convert_to_numpy(model.features(x))
    np.testing.assert_allclose(distances, kth_neighbor_distances(features, 10))
    np.testing.assert_allclose(model.targets_of(x), distances / 4)
    # Other data, with the same neighbor.
    model.adapt(x, neighbor=3)
    some = model.targets_of(x[::2])
    np.testing.assert_allclose(
        4 * some, kth_neighbor_distances(features[::2], 3)
    )


def test_a_bad_neighbor_changes_nothing(blobs):
    model = make_imsat()
    known = model.adapt(blobs[0], neighbor=3)
    with pytest.raises(ValueError, match="Received: neighbor=0"):
        model.adapt(blobs[0], neighbor=0)
    np.testing.assert_array_equal(4 * model.targets_of(blobs[0]), known)
    fit(model, blobs[0], epochs=1)


def test_validation_leaves_the_distances_of_training(blobs):
    x = blobs[0]
    model = make_imsat()
    model.adapt(x, neighbor=3)
    known = model.targets_of(x)
    history = fit(model, x, epochs=1, validation_data=x[:40]).history
    assert np.isfinite(history["val_loss"]).all()
    np.testing.assert_array_equal(model.targets_of(x), known)


def test_statistics_are_those_of_clean_passes_only(blobs):
    """With weights that stand still: VAT and none gather the same."""
    x = blobs[0]
    found = []
    for augmentation in ("vat", None):
        still = keras.optimizers.SGD(0.0)
        model = make_imsat(augmentation=augmentation, optimizer=still)
        fit(model, x, epochs=2)
        found.append([w.numpy() for w in model.encoder.non_trainable_weights])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-6, 1e-6)
    assert abs(found[0][0]).max() > 0  # they moved


def loss_in_training(model, x):
    radius = model.targets_of(x)
    with kept_statistics(model.encoder):
        found = model(x, training=True)
        return float(model.compute_loss(x, radius, found))


def test_objective_is_the_loss_of_training_on_all_data(blobs):
    x = blobs[0]
    model = make_imsat()
    fit(model, x, batch_size=90, epochs=3)
    before = model.get_weights()
    whole = loss_in_training(model, x)
    assert model.objective(x) == pytest.approx(whole, abs=0.02)
    assert model.objective(x) == model.objective(x)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    plain = make_imsat(augmentation=reverse_features)
    fit(plain, x, batch_size=90, epochs=3)
    whole = loss_in_training(plain, x)
    assert plain.objective(x) == pytest.approx(whole, rel=1e-4)


def test_objective_does_not_depend_on_the_order_of_samples(blobs):
    """Batches of sorted data would each have statistics of their own."""
    x, y = blobs
    model = make_imsat(augmentation=None)
    fit(model, x, epochs=8)
    by_blob = x[np.argsort(y)]
    mixed = np.random.default_rng(0).permutation(x)
    apart = model.objective(by_blob, 30) - model.objective(mixed, 30)
    assert abs(apart) < 0.01


@pytest.mark.parametrize(
    "augmentation",
    [
        pytest.param(RandomShiftRotation(seed=3), marks=pytest.mark.slow),
        RandomShiftRotation(),
        keras.layers.RandomRotation(0.1),
    ],
)
def test_objective_with_an_image_augmentation_is_repeatable(augmentation):
    x = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 1), "uint8")
    model = make_imsat(shape=(8, 8, 1), augmentation=augmentation)
    fit(model, x, epochs=1)
    (drawn,) = (v for v in augmentation.variables if "seed" in v.name)
    before = drawn.numpy()
    assert model.objective(x, 15) == model.objective(x, 15)
    np.testing.assert_array_equal(drawn.numpy(), before)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("augmentation", "steps"),
    [("vat", [1]), ("rpt", [0]), (["vat", "rpt"], [1, 0])],
)
def test_penalty_is_that_of_virtual_adversarial(
    augmentation, steps, training, fitted, blobs
):
    """Of each sample's own radius, with one gradient or none."""
    x = blobs[0][:40]
    weights = {"information_weight": 0.3, "marginal_weight": 2.0, "xi": 3.0}
    model = make_imsat(augmentation=augmentation, **weights)
    model.prepare(blobs[0])
    model.set_weights(fitted.get_weights())
    radius = np.linspace(0.1, 4.0, 40, dtype="float32")
    q = model(x, training=training)
    before = model.seed_generator.state.numpy()
    received = model.compute_loss(x, radius, q, training=training)
    model.seed_generator.state.assign(before)
    penalties = [
        losses.virtual_adversarial(
            lambda inputs: model.logits(inputs, training),
            model.features(x),
            radius,
            xi=3.0,
            num_iterations=num_iterations,
            seed=model.seed_generator if training else model.seed,
        )
        for num_iterations in steps
    ]
    information = 2.0 * losses.marginal_entropy(q)
    information = information - losses.conditional_entropy(q)
    expected = np.mean(penalties) - 0.3 * float(information)
    assert float(received) == pytest.approx(expected, rel=1e-4)
    assert np.mean(penalties) > 0.01  # else nothing of it would count


@pytest.mark.parametrize(
    "augmentation",
    [
        ["rpt", "layer"],
        *(pytest.param(a, marks=pytest.mark.slow) for a in ("rpt", "layer")),
    ],
)
def test_validation_leaves_training_alone(augmentation, blobs):
    x = blobs[0]

    def train(**kwargs):
        layer = keras.layers.GaussianNoise(0.3, seed=3)
        kinds = keras.tree.map_structure(
            lambda kind: layer if kind == "layer" else kind, augmentation
        )
        model = make_imsat(augmentation=kinds)
        fit(model, x, batch_size=90, epochs=2, **kwargs)
        return model

    model = train(validation_data=x[:40])
    assert_same(state(train()), state(model))
    losses_of = [model.evaluate(x, batch_size=90, verbose=0) for _ in range(2)]
    assert losses_of[0] == losses_of[1]


def test_evaluate_takes_every_sample(fitted, blobs):
    x = blobs[0][:50].copy()
    before = fitted.evaluate(x, batch_size=40, verbose=0)
    found = []
    for i in (0, 40, 49):
        changed = x.copy()
        changed[i] += 9
        found.append(fitted.evaluate(changed, batch_size=40, verbose=0))
    assert before not in found


# === Clusters of known sizes ===


def test_marginal_divergence_by_hand():
    p = np.array([[1, 0, 0], [0.5, 0.5, 0]], "float32")
    expected = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.3)
    received = losses.marginal_divergence(p, [0.5, 0.3, 0.2])
    np.testing.assert_allclose(float(received), expected, 1e-5)
    even = losses.marginal_divergence(p, [1 / 3] * 3)
    marginal = losses.marginal_entropy(p)
    np.testing.assert_allclose(float(even), np.log(3) - float(marginal), 1e-5)


def test_any_order_of_the_prior_is_the_best_one():
    generator = np.random.default_rng(0)
    for p in generator.dirichlet(np.ones(4), (5, 6)).astype("float32"):
        prior = generator.dirichlet(np.ones(4))
        expected = min(
            float(losses.marginal_divergence(p, order))
            for order in itertools.permutations(prior)
        )
        received = losses.marginal_divergence(p, prior, any_order=True)
        np.testing.assert_allclose(float(received), expected, 1e-4, 1e-6)


@pytest.mark.parametrize(
    "prior", [[5.0, 5.0], [0.2, 0.3], [1.0, 0.0], [0.5], [1 / 3] * 3, "even"]
)
def test_marginal_divergence_from_what_is_no_prior(prior):
    message = re.escape("2 numbers above 0 whose sum is 1. Received: class_")
    with pytest.raises(ValueError, match=message):
        losses.marginal_divergence(np.eye(2), prior)


@pytest.mark.traced
def test_prior_makes_clusters_of_its_sizes():
    """One blob, cut as the prior says; without it, in equal parts."""
    x = np.random.default_rng(0).normal(size=(300, 6))
    sizes = {}
    for prior in (None, (0.8, 0.1, 0.1)):
        adam = keras.optimizers.Adam(0.03)
        arguments = {"class_prior": prior, "augmentation": None}
        model = make_imsat(optimizer=adam, **arguments)
        fit(model, x, epochs=8, batch_size=100)
        mean = model.predict(x, verbose=0).mean(axis=0)
        sizes[prior] = np.sort(mean)[::-1]  # in any order
    np.testing.assert_allclose(sizes[None], [1 / 3] * 3, atol=0.1)
    np.testing.assert_allclose(sizes[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], atol=0.1)


@pytest.mark.parametrize("prior", [None, (0.5, 0.3, 0.2)])
def test_tolerance_of_the_prior_costs_nothing(prior, blobs):
    x = blobs[0]
    arguments = {"class_prior": prior, "augmentation": None}
    strict = make_imsat(**arguments)
    loose = make_imsat(**arguments, prior_tolerance=1.0)
    for model in (strict, loose):
        fit(model, x, epochs=0)
    loose.set_weights(strict.get_weights())
    q = strict(x)
    found = [float(m.compute_loss(x, None, q)) for m in (strict, loose)]
    conditional = float(losses.conditional_entropy(q))
    assert found[1] == pytest.approx(0.1 * conditional, rel=1e-5)
    if prior is None:
        unequal = -float(losses.marginal_entropy(q))
    else:
        divergence = losses.marginal_divergence(q, prior, any_order=True)
        unequal = float(divergence) - 2 / (2 * len(x))
    expected = 0.1 * (conditional + 4 * unequal)
    assert found[0] == pytest.approx(expected, rel=1e-5)


def test_tolerance_grows_by_what_chance_adds():
    """Samples drawn from the prior itself are within it, on average."""
    generator = np.random.default_rng(0)
    draws = np.eye(3, dtype="float32")[generator.integers(0, 3, (400, 40))]
    divergences = [
        float(losses.marginal_divergence(p, [1 / 3] * 3)) for p in draws
    ]
    free = 2 / (2 * 40)
    assert np.mean(divergences) == pytest.approx(free, rel=0.15)
    for p, divergence in zip(draws[:9], divergences, strict=False):
        expected = max(divergence - free - 0.02, 0)
        received = float(losses.size_penalty(p, tolerance=0.02))
        assert received == pytest.approx(expected, abs=1e-6)


# === Saving, serving ===


@pytest.mark.parametrize(
    "augmentation",
    [
        reverse_features,
        RandomShiftRotation(0.2, 5.0, seed=2),
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("rpt", None)),
    ],
)
def test_arguments_survive(augmentation, tmp_path):
    x = np.random.default_rng(0).random((30, 6, 6))
    if augmentation is reverse_features:
        augmentation = [augmentation, "vat"]
    model = make_imsat(
        shape=(6, 6),
        augmentation=augmentation,
        class_prior=(0.5, 0.3, 0.2),
        marginal_weight=2.0,
        radius_factor=0.5,
    )
    fit(model, x, epochs=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    configs = [m.get_config()["augmentation"] for m in (model, again)]
    assert json.dumps(configs[0]) == json.dumps(configs[1])
    assert (again.marginal_weight, again.radius_factor) == (2.0, 0.5)
    assert again.class_prior == [0.5, 0.3, 0.2]
    fit(again, x, epochs=1)


def test_the_neighbor_survives(blobs, tmp_path):
    x = blobs[0]
    model = make_imsat()
    model.adapt(x, neighbor=3, max_references=80_000)
    known = model.targets_of(x)
    fit(model, x, epochs=1)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    fit(again, x, epochs=0)
    np.testing.assert_allclose(again.targets_of(x), known, 1e-5)
    assert tuple(again.get_config()["neighborhood"]) == (3, 80_000)


def test_older_configs_load(blobs):
    config = make_imsat().get_config()
    del config["neighborhood"]
    model = IMSAT.from_config(config)
    assert "neighborhood" not in config
    distances = model.adapt(blobs[0])  # by the default
    features = ops.convert_to_numpy(model.features(blobs[0]))
    np.testing.assert_allclose(distances, kth_neighbor_distances(features, 10))


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"augmentation": "vta"}, "Received: augmentation='vta'"),
        ({"augmentation": ["vat", 3]}, "Received: augmentation="),
        ({"augmentation": RandomShiftRotation}, "Received: augmentation="),
        ({"augmentation": np.ones(3)}, "Received: augmentation="),
        ({"class_prior": "abc"}, "3 numbers.*Received: class_prior='abc'"),
        ({"class_prior": [[0.5, 0.5], [1]]}, "Received: class_prior="),
        ({"class_prior": (0.5, 0.5)}, "3 numbers.*Received: class_prior="),
        ({"class_prior": (0.5, 0.5, 0.5)}, "sum is 1.*Received: class_prior="),
        ({"class_prior": (1.5, -1, 0.5)}, "above 0.*Received: class_prior="),
        ({"marginal_weight": -1.0}, "Received: marginal_weight=-1.0"),
        ({"radius_factor": np.nan}, "Received: radius_factor=nan"),
        ({"radius_factor": 0}, "above 0. Received: radius_factor=0$"),
        ({"xi": 0.0}, "above 0. Received: xi=0.0$"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_imsat(**arguments)


def test_images_are_needed_for_image_augmentation(blobs):
    model = make_imsat(augmentation=RandomShiftRotation())
    with pytest.raises(ValueError, match="Image augmentation needs"):
        fit(model, blobs[0])
    assert not model.built
