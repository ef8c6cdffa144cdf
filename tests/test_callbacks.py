import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import kerasdc
from kerasdc import metrics
from kerasdc.callbacks import Adapt
from kerasdc.callbacks import ClusteringMetrics
from kerasdc.callbacks import ClusterSizes
from kerasdc.callbacks import ComponentWeights
from kerasdc.callbacks import EpochDecay
from kerasdc.callbacks import LabelChangeStopping
from kerasdc.callbacks import ThresholdSchedule
from kerasdc.callbacks import TrackAssignments
from kerasdc.callbacks.lists import with_first

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def standing(make_dec, blobs):
    """A model whose training changes nothing."""
    model = make_dec(decoder=False, optimizer=keras.optimizers.SGD(0.0))
    model.adapt(blobs[0], seed=0)
    return model


def fit(model, x, callbacks, epochs=2, **kwargs):
    history = model.fit(
        x, epochs=epochs, callbacks=callbacks, verbose=0, **kwargs
    )
    return history.history


def test_metrics_stand_in_history(standing, blobs):
    x, y = blobs
    y = np.where(y == 2, 1, y)  # so that the clusters are not perfect
    history = fit(
        standing,
        x,
        [
            ClusteringMetrics(x, y),
            ClusteringMetrics(x[:9].tolist(), y[:9].tolist(), prefix="test_"),
            ClusteringMetrics(None, y, prefix="known_"),
        ],
    )
    expected = metrics.evaluate(y, standing.assign(x))
    assert expected["accuracy"] == pytest.approx(2 / 3)
    for name, value in expected.items():
        assert history[name] == [value, value]
        assert history["known_" + name] == [value, value]
        assert len(history["test_" + name]) == 2


def test_metrics_every_second_epoch(standing, blobs):
    callback = ClusteringMetrics(*blobs, every=2)
    history = fit(standing, blobs[0], [callback], epochs=5)
    # `CSVLogger` takes its columns from the first epoch.
    np.testing.assert_array_equal(
        history["accuracy"], [np.nan, 1, np.nan, 1, np.nan]
    )
    assert len(history["loss"]) == 5


def test_metrics_take_what_the_model_takes(standing, blobs):
    tf = pytest.importorskip("tensorflow")
    sparse = pytest.importorskip("scipy.sparse")
    x, y = blobs
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(40)
    callbacks = [
        ClusteringMetrics(sparse.csr_matrix(x), y, prefix="sparse_"),
        ClusteringMetrics(dataset, y, prefix="dataset_"),
    ]
    history = fit(standing, x, callbacks, epochs=1)
    assert history["sparse_accuracy"] == history["dataset_accuracy"] == [1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: ClusteringMetrics(x, y),
        lambda x, y: ClusterSizes(),
        lambda x, y: LabelChangeStopping(),
    ],
)
def test_models_without_clusters_are_refused(make, blobs):
    model = kerasdc.models.ParametricTSNE(perplexity=8.0)
    model.compile()
    with pytest.raises(ValueError, match="clusters.* Received: a ParametricT"):
        model.fit(blobs[0], epochs=1, verbose=0, callbacks=[make(*blobs)])
    with pytest.raises(ValueError, match="kerasdc.metrics.embedding_scores"):
        model.fit(*blobs)


def test_metrics_refuse():
    with pytest.raises(ValueError, match="Received: 3 samples, 2 labels"):
        ClusteringMetrics(np.eye(3), [0, 1])
    with pytest.raises(ValueError, match="Received: every=0"):
        ClusteringMetrics(np.eye(3), [0, 1, 2], every=0)
    with pytest.raises(ValueError, match=r"Received: y.shape=\(3, 3\)"):
        ClusteringMetrics(np.eye(3), np.eye(3, dtype=int))  # one-hot
    with pytest.raises(ValueError, match="Received: y.dtype=float64"):
        ClusteringMetrics(None, [0.0, 1.0])


def test_stops_when_labels_stand_still(standing, blobs):
    history = fit(standing, blobs[0], [LabelChangeStopping()], epochs=5)
    assert len(history["loss"]) == 1  # none differs from those of `adapt`
    assert history["label_change"] == [0]


def test_tolerance_0_never_stops(standing, blobs):
    history = fit(standing, blobs[0], [LabelChangeStopping(0)], epochs=3)
    assert history["label_change"] == [0, 0, 0]


def test_label_change_is_the_share_that_differs(make_dec, blobs):
    x = blobs[0]
    model = make_dec(decoder=False, optimizer=keras.optimizers.SGD(0.0))
    model.adapt(x, seed=0)
    centers = model.clustering.centers

    def swap_two(epoch, logs=None):
        if epoch == 1:
            centers.assign(centers.numpy()[[1, 0, 2]])

    swap = keras.callbacks.LambdaCallback(on_epoch_begin=swap_two)
    history = fit(model, x, [swap, LabelChangeStopping(0)], epochs=3)
    assert history["label_change"] == pytest.approx([0, 2 / 3, 0])


@pytest.mark.parametrize(
    ("change", "stops"), [(0.0009, True), (0.001, False), (0.5, False)]
)
def test_stops_only_below_the_tolerance(change, stops):
    model = SimpleNamespace(label_change=change, stop_training=False)
    model.epoch_assignments = lambda: np.zeros(3, int)
    callback = LabelChangeStopping(0.001)
    callback.set_model(model)
    callback.on_epoch_end(0, {})
    assert model.stop_training == stops


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_shares_are_checked(value):
    with pytest.raises(ValueError, match=f"Received: tolerance={value}$"):
        LabelChangeStopping(value)
    with pytest.raises(ValueError, match=f"Received: minimum={value}$"):
        ClusterSizes(value)


def test_sizes_warn_once_and_name_the_cluster(standing, blobs):
    x = blobs[0]
    centers = standing.clustering.centers.numpy()
    far = centers.copy()
    far[1] += 1e3
    standing.adapt(x, initial_centers=far)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(standing, x, [ClusterSizes()], epochs=3)
    standing.adapt(x, initial_centers=centers)
    ours = [str(w.message) for w in caught if "luster" in str(w.message)]
    assert len(ours) == 1
    assert ours[0].startswith("Cluster 1 is empty: it holds 0 of 90 samples.")
    assert "adapt" in ours[0]
    assert history["smallest_cluster"] == [0, 0, 0]


def test_sizes_warn_of_collapse(standing, blobs):
    x = blobs[0][:61]  # 21, 20 and 20 samples
    with pytest.warns(UserWarning, match="collapses: it holds 20 of 61"):
        history = fit(standing, x, [ClusterSizes(1.0)], epochs=1)
    assert history["smallest_cluster"] == [pytest.approx(20 / 61)]


class Undecided(keras.Model):
    """Of whose two clusters one is empty, and which has no `pretrain`."""

    starts_undecided = True
    num_clusters = 2

    def epoch_assignments(self):
        return np.zeros(5, int)


def test_advice_is_what_the_model_can_do():
    callback = ClusterSizes()
    callback.set_model(Undecided())
    callback.on_train_begin()
    with pytest.warns(UserWarning, match="new model with another") as caught:
        callback.on_epoch_end(0)
    assert "pretrain" not in str(caught[0].message)


def test_sizes_have_patience(standing, blobs):
    x = blobs[0][:61]
    fit(standing, x, [ClusterSizes(1.0, patience=3)], epochs=2)  # silent
    with pytest.warns(UserWarning, match="collapses: it holds 20 of 61"):
        fit(standing, x, [ClusterSizes(1.0, patience=3)], epochs=3)


def test_sizes_are_silent_when_all_is_well(standing, blobs):
    fit(standing, blobs[0], [ClusterSizes()])  # warnings are errors


def test_public_name():
    assert kerasdc.ClusteringMetrics is ClusteringMetrics


def test_assignments_are_tracked_for_others(standing, blobs):
    history = fit(standing, blobs[0], TrackAssignments(blobs[0]), epochs=1)
    assert set(history) == {"loss"}
    np.testing.assert_array_equal(
        standing.training_assignments, standing.assign(blobs[0])
    )
    assert standing.label_change == 0


def test_rates_fall_every_few_epochs():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.8), "mse")
    rates = []

    class Note(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(round(float(model.optimizer.learning_rate), 6))

    x = np.ones((2, 1))
    decay = EpochDecay(0.5, every=2, minimum=0.25)
    options = {"callbacks": [decay, Note()], "verbose": 0}
    model.fit(x, x, epochs=3, **options)
    # What goes on after a stop goes on with the rate it had.
    model.fit(x, x, initial_epoch=3, epochs=7, **options)
    assert rates == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.25, 0.25, 0.25])


@pytest.mark.parametrize("factor", [0, -1, 1.5])
def test_decay_needs_a_factor(factor):
    with pytest.raises(ValueError, match=f"Received: factor={factor}$"):
        EpochDecay(factor)


def test_prefix_is_a_string():
    with pytest.raises(ValueError, match="Received: prefix=3$"):
        ClusteringMetrics(None, [0, 1], prefix=3)


def test_minima_are_numbers():
    with pytest.raises(ValueError, match="Received: minimum='x'$"):
        EpochDecay(minimum="x")
    with pytest.raises(ValueError, match="from 0 to 1. Received: minimum=2$"):
        ComponentWeights(minimum=2)


class Thresholded(keras.Model):
    """Has what a schedule of thresholds needs."""

    threshold_range = (np.array([0.9, 0.2]), np.array([0.5, 0.4]))

    def __init__(self):
        super().__init__()
        self.thresholds = keras.Variable(self.threshold_range[0])


def thresholds_in_logs(num_epochs, epochs, model=None):
    callback = ThresholdSchedule(num_epochs)
    callback.set_model(model or Thresholded())
    found = []
    for epoch in epochs:
        logs = {"loss": 1.0}
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs)
        found.append((logs["upper_threshold"], logs["lower_threshold"]))
    return np.array(found)


def test_thresholds_move_in_equal_steps():
    # From start to end in four steps, and no further.
    np.testing.assert_allclose(
        thresholds_in_logs(5, [0, 1, 2, 4, 7]),
        [[0.9, 0.2], [0.8, 0.25], [0.7, 0.3], [0.5, 0.4], [0.5, 0.4]],
        1e-6,
    )


def test_thresholds_go_on_from_where_they_are():
    model = Thresholded()
    thresholds_in_logs(5, [0, 1, 2], model)
    expected = [[0.7, 0.3], [0.6, 0.35], [0.5, 0.4]]
    found = thresholds_in_logs(3, [0, 1, 2], model)
    np.testing.assert_allclose(found, expected, 1e-6)


def test_thresholds_of_a_resumed_schedule_are_the_same():
    whole = thresholds_in_logs(7, range(7))
    model = Thresholded()
    parts = [
        thresholds_in_logs(7, epochs, model)
        for epochs in ([0, 1], [2], [3, 4, 5, 6])
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_thresholds_of_one_epoch_are_those_of_the_start():
    found = thresholds_in_logs(1, [0])
    np.testing.assert_allclose(found, [[0.9, 0.2]], 1e-6)


def test_a_schedule_of_thresholds_needs_some(standing, blobs):
    before = standing.get_weights()
    with pytest.raises(ValueError, match="thresholds, .* Received: a DEC"):
        fit(standing, blobs[0], [ThresholdSchedule(3)])
    for old, new in zip(before, standing.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("num_epochs", [0, 2.5])
def test_a_schedule_needs_epochs(num_epochs):
    with pytest.raises(ValueError, match=f"Received: num_epochs={num_epochs}"):
        ThresholdSchedule(num_epochs)


class Adapting(keras.Model):
    """Notes what it is asked to adapt to."""

    def __init__(self, adapted):
        super().__init__()
        self.adapted = adapted
        self.calls = []

    def assign(self, x):
        return np.zeros(len(x), int)

    def adapt(self, x, num_restarts, previous):
        previous = None if previous is None else previous.tolist()
        self.calls.append((num_restarts, previous))
        return np.full(len(x), len(self.calls))


@pytest.mark.parametrize("adapted", [False, True])
def test_adapting_goes_on_from_what_was_found(adapted):
    model = Adapting(adapted)
    callback = Adapt(np.zeros((2, 1)), num_restarts=5, last_num_restarts=9)
    callback.set_model(model)
    callback.set_params({"epochs": 3})
    for _ in range(2):  # trainings
        model.calls.clear()
        callback.on_train_begin()
        for epoch in range(3):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch)
            assert callback.finished == (epoch == 2)
        first = [0, 0] if adapted else None
        assert model.calls == [(5, first), (5, [1, 1]), (9, [2, 2])]
        assert callback.assignments.tolist() == [3, 3]
    with pytest.raises(ValueError, match="Received: num_restarts=0"):
        Adapt(np.zeros((2, 1)), num_restarts=0)


def test_a_models_own_callback_comes_first():
    own, other = ClusterSizes(), EpochDecay()
    assert with_first([own], None) == [own]
    assert with_first([own], other) == [own, other]
    assert with_first([own], [ClusterSizes(), other])[1:] == [other]
    assert own not in with_first([own], [ClusterSizes(), other])
    finished = keras.callbacks.CallbackList([other])
    assert with_first([own], finished) == [own, other]
