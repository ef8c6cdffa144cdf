import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc
from kerasdc.callbacks import ThresholdSchedule
from kerasdc.layers import RandomShiftRotation
from kerasdc.models.dac import DAC

pytestmark = pytest.mark.usefixtures("eagerly")

COMPILE = ("optimizer", "upper", "lower", "all_pairs")


@keras.saving.register_keras_serializable(package="test")
class Reverse(keras.layers.Layer):
    """Reverses the features, while training."""

    def call(self, inputs, training=False):
        return inputs[:, ::-1] if training else inputs


def make_dac(num_clusters=3, shape=(6,), compiled=True, **kwargs):
    arguments = {n: kwargs.pop(n) for n in COMPILE if n in kwargs}
    keras.utils.set_random_seed(5)
    networks = kerasdc.networks
    encoder = (
        networks.normalized_mlp_encoder(shape, (16,))
        if len(shape) == 1
        else networks.normalized_conv_encoder(shape, (8, 8), (3, 3))
    )
    model = DAC(num_clusters, encoder, **{"seed": 1, **kwargs})
    if compiled:
        rmsprop = keras.optimizers.RMSprop(0.01)
        model.compile(**{"optimizer": rmsprop, **arguments})
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 90, "verbose": 0, **kwargs})


@pytest.fixture(scope="module")
def fitted(blobs):
    """Fitted on the blobs. Not to be trained further."""
    model = make_dac()
    fit(model, blobs[0], batch_size=45, epochs=20)
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((40, 8, 8)).astype("float32")


# === Clusters ===


@pytest.mark.traced
def test_all_pairs_recover_blobs(blobs):
    x, y = blobs
    model = make_dac(all_pairs=True, upper=(0.9, 0.5))
    fit(model, x, batch_size=45, epochs=20)
    assert kerasdc.metrics.clustering_accuracy(y, model.assign(x)) == 1


def test_same_seed_same_result(images):
    results = []
    for _ in range(2):
        augmentation = RandomShiftRotation(seed=2)
        model = make_dac(4, (8, 8), augmentation=augmentation)
        history = fit(model, images, batch_size=20, epochs=1).history
        assert np.isfinite(history["loss"]).all()
        results.append(state(model))
    assert_same(*results)


# === Networks ===


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((6,), 1200), ((8, 8), 10), ((26, 30, 1), 10)],
)
def test_default_networks(shape, expected):
    model = DAC(10)
    model.build((None, *shape))
    assert model.encoder.output_shape == (None, expected)
    assert model(np.zeros((2, *shape), "float32")).shape == (2, 10)


@pytest.mark.parametrize("width", [3, 5])
def test_the_head_starts_as_the_identity(width):
    model = DAC(3, kerasdc.networks.normalized_mlp_encoder((6,), (width,)))
    model.build((None, 6))
    assert [type(layer).__name__ for layer in model.head] == [
        "Dense",
        "BatchNormalization",
        "ReLU",
    ] * 2
    features = np.random.default_rng(0).random((4, 6)).astype("float32")
    inputs = ops.convert_to_numpy(model.encoder(features))
    expected = np.zeros((4, 3), "float32")
    expected[:, :width] = inputs[:, :3]
    # Without statistics, each normalization divides by sqrt(1 + 0.001).
    np.testing.assert_allclose(
        model.logits(features), expected / 1.001, 1e-5, 1e-6
    )


def test_clusters_without_a_feature_are_refused(blobs):
    encoder = kerasdc.networks.normalized_mlp_encoder((6,), (2,))
    model = DAC(3, encoder)
    model.compile()
    with pytest.raises(ValueError, match="Received: 2 features, num_clusters="):
        fit(model, blobs[0])
    assert not model.built and not model.preprocessor.adapted


# === The loss ===


def cosines(rows):
    rows = ops.convert_to_numpy(rows).astype("float64")
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def thresholds_of(model, upper, lower):
    model.thresholds.assign([upper, lower])
    return model


def test_loss_by_hand(blobs):
    """Cosines 0.8 and 0.6 and 0: one pair alike, one not, one ignored."""
    model = make_dac()
    fit(model, blobs[0], epochs=0)
    thresholds_of(model, 0.7, 0.3)
    rows = ops.convert_to_tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 0.5]])
    loss = model.compute_loss(rows, y_pred=rows, training=False)
    expected = -(np.log(0.8) + np.log(1 - 0)) / 2
    np.testing.assert_allclose(loss, expected, 1e-5)
    results = model.get_metrics_result()
    assert float(results["selected_pairs"]) == pytest.approx(2 / 3)
    assert float(results["positive_pairs"]) == pytest.approx(1 / 2)
    # A lower threshold above 0.6 takes in the third pair.
    thresholds_of(model, 0.7, 0.65)
    loss = model.compute_loss(rows, y_pred=rows, training=False)
    expected = -(np.log(0.8) + np.log(1 - 0.6)) / 3
    np.testing.assert_allclose(loss, expected, 1e-5)
    # Of both batches: two positive ones of five selected pairs.
    results = model.get_metrics_result()
    assert float(results["positive_pairs"]) == pytest.approx(2 / 5)


def test_loss_of_all_pairs_by_hand(blobs):
    model = make_dac(all_pairs=True)
    fit(model, blobs[0], epochs=0)
    thresholds_of(model, 0.7, 0.3)
    rows = ops.convert_to_tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 0.5]])
    loss = model.compute_loss(rows, y_pred=rows, training=False)
    expected = (0.2**2 + 0.6**2 + 0.0**2) / 3
    np.testing.assert_allclose(loss, expected, 1e-5)
    results = model.get_metrics_result()
    assert float(results["selected_pairs"]) == pytest.approx(1)
    assert float(results["positive_pairs"]) == pytest.approx(1 / 3)


def test_clean_pairs_label_augmented_ones(blobs):
    """From its definition, with an augmentation that nothing draws."""
    x = blobs[0][:20]
    model = make_dac(augmentation=Reverse())
    fit(model, blobs[0], epochs=1)
    thresholds_of(model, 0.8, 0.6)
    features = model.features(x)
    moved = ops.softmax(model.logits(features[:, ::-1], training=True))
    y_pred = model(x, training=True)
    clean, trained = cosines(y_pred), cosines(moved)
    different = ~np.eye(len(x), dtype=bool)
    alike = (clean > 0.8) & different
    unlike = clean < 0.6
    assert alike.any() and unlike.any() and (trained[alike] < 0.8).any()
    expected = -(
        np.log(trained[alike]).sum() + np.log1p(-trained[unlike]).sum()
    )
    loss = model.compute_loss(x, y_pred=y_pred, training=True)
    np.testing.assert_allclose(
        loss, expected / (alike.sum() + unlike.sum()), 1e-4
    )
    # What evaluates does not augment.
    loss = model.compute_loss(x, y_pred=y_pred, training=False)
    expected = -np.log(clean[alike]).sum() - np.log1p(-clean[unlike]).sum()
    np.testing.assert_allclose(
        loss, expected / (alike.sum() + unlike.sum()), 1e-4
    )


@pytest.mark.parametrize("all_pairs", [False, True])
def test_extremes_stay_finite(all_pairs, blobs):
    """Certain, zero and no selected rows: values and gradients."""
    model = make_dac(all_pairs=all_pairs)
    fit(model, blobs[0], epochs=0)
    rows = ops.convert_to_tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0, 0]])
    for thresholds in ([0.5, 0.5], [1.0, 0.0], [0.0, 0.0]):
        thresholds_of(model, *thresholds)

        def loss(rows):
            return model.compute_loss(rows, y_pred=rows, training=False)

        gradient = kerasdc.losses.gradients.input_gradient(loss, rows)
        assert np.isfinite(float(loss(rows)))
        assert np.isfinite(ops.convert_to_numpy(gradient)).all()


def test_only_clean_passes_count_for_inference(blobs):
    x = blobs[0]
    models = [
        make_dac(optimizer=keras.optimizers.SGD(0.0), augmentation=a)
        for a in (None, Reverse())
    ]
    for model in models:
        fit(model, x, epochs=2)
    plain, augmented = (
        [w.numpy() for w in model.non_trainable_weights] for model in models
    )
    assert len(plain) == len(augmented) > 6
    for first, second in zip(plain, augmented, strict=True):
        np.testing.assert_allclose(first, second, 1e-5, 1e-6)


def test_objective_is_what_clusters_do_not_tell(fitted, blobs):
    x = blobs[0]
    undecided = make_dac()
    fit(undecided, x, epochs=0)
    found = []
    for model in (fitted, undecided):
        q = model.predict(x, verbose=0)
        expected = -float(kerasdc.losses.mutual_information(q))
        found.append(model.objective(x, batch_size=7))
        assert found[-1] == pytest.approx(expected, abs=1e-5)
    assert found[0] < found[1] - 0.3


def test_objective_asks_that_augmented_copies_stay_together(fitted, blobs):
    x = blobs[0]
    assignments = fitted.assign(x)
    reversed_ones = fitted.assign(x[:, ::-1])
    counts = np.zeros((3, 3))
    np.add.at(counts, (assignments, reversed_ones), 1)
    joint = counts / len(x)
    # By the definition, of two partitions: 0 log 0 is 0.
    apart = np.outer(joint.sum(1), joint.sum(0))
    some = joint > 0
    expected = -np.sum(joint[some] * np.log(joint[some] / apart[some]))
    augmented = make_dac(augmentation=Reverse())
    fit(augmented, x, epochs=0)
    augmented.set_weights(fitted.get_weights())
    found = augmented.objective(x, batch_size=7)
    assert found == pytest.approx(expected, abs=1e-6)
    # A copy that is the sample itself tells all there is to tell.
    sizes = np.bincount(assignments) / len(x)
    assert found > np.sum(sizes * np.log(sizes)) + 0.1


def test_objective_draws_the_same_copies_each_time(images):
    model = make_dac(shape=(8, 8), augmentation=RandomShiftRotation(0.3, 90))
    fit(model, images, batch_size=20, epochs=1)
    assert model.objective(images) == model.objective(images)


# === Thresholds ===


def test_thresholds_by_formula(blobs):
    model = make_dac()
    history = fit(model, blobs[0], epochs=4).history
    # u = 0.95 - x and l = 0.455 + 0.1 x, for x = 0, 0.15, 0.3, 0.45.
    np.testing.assert_allclose(
        history["upper_threshold"], [0.95, 0.8, 0.65, 0.5], 1e-6
    )
    np.testing.assert_allclose(
        history["lower_threshold"], [0.455, 0.47, 0.485, 0.5], 1e-6
    )
    np.testing.assert_allclose(model.thresholds.numpy(), 0.5, 1e-6)
    for name in ("selected_pairs", "positive_pairs"):
        assert all(0 <= share <= 1 for share in history[name])
    assert history["selected_pairs"][0] < history["selected_pairs"][-1]


def test_one_epoch_keeps_the_thresholds_it_finds(blobs):
    model = make_dac()
    for _ in range(2):
        fit(model, blobs[0], epochs=1)
        np.testing.assert_allclose(model.thresholds.numpy(), [0.95, 0.455])
    fit(model, blobs[0], epochs=2)
    np.testing.assert_allclose(model.thresholds.numpy(), 0.5, 1e-6)


def test_fit_goes_on_where_it_was(blobs):
    x = blobs[0]
    whole, parts = make_dac(), make_dac()
    fit(whole, x, epochs=4)
    schedule = ThresholdSchedule(4)
    fit(parts, x, epochs=2, callbacks=schedule)
    np.testing.assert_allclose(parts.thresholds.numpy(), [0.8, 0.47], 1e-6)
    fit(parts, x, epochs=4, initial_epoch=2)
    assert_same(state(whole), state(parts))


def test_a_loaded_model_goes_on_without_being_told(blobs, tmp_path):
    model = make_dac()
    fit(model, blobs[0], epochs=2, callbacks=ThresholdSchedule(4))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    history = fit(again, blobs[0], epochs=3).history
    np.testing.assert_allclose(
        history["upper_threshold"], [0.8, 0.65, 0.5], 1e-6
    )
    np.testing.assert_allclose(
        history["lower_threshold"], [0.47, 0.485, 0.5], 1e-6
    )


def test_after_restarts_thresholds_start_anew(blobs):
    model = make_dac()
    restarts = {"num": 1, "epochs": 2, "batch_size": 45}
    model.adapt(blobs[0], restarts=restarts)
    np.testing.assert_allclose(model.thresholds.numpy(), [0.95, 0.455], 1e-6)
    history = fit(model, blobs[0], epochs=2).history
    np.testing.assert_allclose(history["upper_threshold"], [0.95, 0.5], 1e-6)


def test_compile_sets_thresholds_until_fit():
    model = make_dac(compiled=False)
    model.build((None, 6))
    np.testing.assert_allclose(model.thresholds.numpy(), [0.95, 0.455])
    model.compile(upper=(0.8, 0.6), lower=(0.1, 0.2))
    np.testing.assert_allclose(model.thresholds.numpy(), [0.8, 0.1])
    fit(model, np.random.default_rng(0).random((60, 6)), epochs=2)
    np.testing.assert_allclose(model.thresholds.numpy(), [0.6, 0.2])
    model.compile(upper=(0.9, 0.7))
    np.testing.assert_allclose(model.thresholds.numpy(), [0.6, 0.2])


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"augmentation": "vat"}, "Received: augmentation='vat'$"),
        ({"upper": (1.1, 0.5)}, r"Received: upper=\(1.1, 0.5\)$"),
        ({"upper": 0.9}, "two numbers.*Received: upper=0.9$"),
        ({"lower": (0.1, np.nan)}, r"Received: lower=\(0.1, nan\)$"),
        (
            {"upper": (0.95, 0.4)},
            r"Received: upper=\(0.95, 0.4\), lower=\(0.455, 0.5\)$",
        ),
        ({"lower": (0.96, 0.5)}, r"Received: .*lower=\(0.96, 0.5\)$"),
        ({"all_pairs": "no"}, "Received: all_pairs='no'$"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_dac(**arguments)


def test_thresholds_that_crossed_start_anew(blobs):
    """As those of all pairs may."""
    model = make_dac(all_pairs=True, upper=(0.9, 0.3))
    fit(model, blobs[0], epochs=2)
    upper, lower = model.thresholds.numpy()
    assert upper < lower
    model.compile()
    np.testing.assert_allclose(model.thresholds.numpy(), [0.95, 0.455])


def test_restarts_do_not_count_as_fit(blobs):
    model = make_dac()
    model.adapt(blobs[0], restarts={"num": 1, "epochs": 1, "batch_size": 45})
    model.compile(upper=(0.8, 0.6), lower=(0.1, 0.2))
    history = fit(model, blobs[0], epochs=2).history
    np.testing.assert_allclose(history["upper_threshold"], [0.8, 0.6])


def test_restarts_have_batches_of_the_size_of_fit(blobs, monkeypatch):
    sizes = []
    original = DAC.prepare

    def spy(self, x, y=None, batch_size=None):
        sizes.append(batch_size)
        return original(self, x, y, batch_size)

    monkeypatch.setattr(DAC, "prepare", spy)
    model = make_dac()
    model.fit(blobs[0], epochs=0, verbose=0)
    assert sizes == [128]
    sizes.clear()
    model.adapt(blobs[0], restarts={"num": 1, "epochs": 0})
    assert sizes == [None, 128]  # of `adapt`, then of the restart


def test_one_threshold_cannot_cross():
    make_dac(all_pairs=True, upper=(0.9, 0.4))


def test_images_are_needed_for_image_augmentation(blobs):
    model = make_dac(augmentation=RandomShiftRotation())
    with pytest.raises(ValueError, match="Image augmentation needs"):
        fit(model, blobs[0])
    assert not model.built and not model.preprocessor.adapted
