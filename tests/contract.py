"""What every registered system does, whatever its mathematics.

See `systems.py` for the small models, `contract_inputs.py` for what they
take and refuse, and `contract_saving.py` for files and other processes.
"""

import functools

import keras
import numpy as np
import pytest
import systems
from sklearn.base import is_clusterer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from states import assert_same
from states import state
from systems import fit
from systems import make
from systems import train

import kerasdc
from kerasdc import callbacks
from kerasdc import metrics

CALLBACKS = {
    "metrics": lambda y: callbacks.ClusteringMetrics(None, y),
    "sizes": lambda y: callbacks.ClusterSizes(0.0, patience=9),
    "stopping": lambda y: callbacks.LabelChangeStopping(0.0),
}
Y_OTHER = [5, 7, 7, 5, 7, 7, 5, 5, 6]  # of samples 0 to 8, for a report


def only_with_clusters(system):
    if not systems.has_clusters(system):
        pytest.skip(f"{system} has no clusters")


# === Clusters ===


def test_three_blobs_are_recovered(trained, system, blobs):
    only_with_clusters(system)
    x, y = blobs
    assignments = trained.assign(x)
    assert metrics.clustering_accuracy(y, assignments) == 1
    assert np.issubdtype(assignments.dtype, np.integer)
    q = trained.predict(x, verbose=0)
    assert q.shape == (90, 3) and q.dtype == "float32"
    np.testing.assert_allclose(q.sum(axis=1), 1, 1e-5)
    assert trained.embed(x).shape[0] == 90
    assert trained.adapted


def dense_layers(network):
    dense = keras.layers.Dense
    return [layer for layer in network.layers if isinstance(layer, dense)]


@pytest.mark.by_default("dac", "vade")
def test_one_cluster(system, blobs, eagerly):
    only_with_clusters(system)
    model = make(system, num_clusters=np.int64(1), seed=np.int32(2))
    history = train(model, blobs[0], batch_size=90)
    assert np.isfinite(history["loss"]).all()
    assert (model.predict(blobs[0], verbose=0) == 1).all()
    config = model.get_config()
    assert type(config["num_clusters"]) is type(config["seed"]) is int


# === Training ===


@pytest.fixture(scope="session")
def quiet(system, blobs):
    """A model trained without any callback, and its history."""
    model = make(system)
    with systems.eager():
        return model, train(model, blobs[0], epochs=2)


@pytest.mark.by_default("imsat")
def test_regularizers_of_the_users_encoder_count_once(system, blobs, eagerly):
    """In the steps of `fit`, and in the loss."""
    x = blobs[0]
    plain = make(system)
    decayed = make(system, regularizer=keras.regularizers.L2(0.01))
    for model in (plain, decayed):
        systems.pretrain(model, x, epochs=0)
        fit(model, x, epochs=1)
    first, second = (m.encoder.get_weights()[0] for m in (plain, decayed))
    assert abs(first - second).max() > 1e-5
    decayed.set_weights(plain.get_weights())
    expected = sum(
        0.01 * np.square(layer.kernel.numpy()).sum()
        for layer in dense_layers(decayed.encoder)
    )
    assert expected > 0.01
    scores = [evaluate(model, x, batch_size=90) for model in (plain, decayed)]
    added = scores[1]["loss"] - scores[0]["loss"]
    assert added == pytest.approx(expected, rel=1e-3)


def evaluate(model, x, **kwargs):
    options = {"batch_size": 45, "verbose": 0, "return_dict": True, **kwargs}
    return model.evaluate(x, **options)


@pytest.mark.by_default("dec", "vade")
def test_one_call_equals_the_stages_and_trains_every_weight(
    system, blobs, monkeypatch, eagerly
):
    x = blobs[0]
    whole, staged = make(system), make(system)
    if systems.can_pretrain(whole):  # not for its default of 50 epochs
        shorter = functools.partialmethod(type(whole).pretrain, epochs=1)
        monkeypatch.setattr(type(whole), "pretrain", shorter)
    keras.utils.set_random_seed(3)
    fit(whole, x, batch_size=90)
    keras.utils.set_random_seed(3)
    if systems.can_pretrain(staged) and whole.pretrained:
        staged.pretrain(x, batch_size=90, verbose=0)
        assert staged.pretrained and not staged.adapted
    systems.adapt(staged, x, 90)
    before = [weight.numpy() for weight in staged.trainable_weights]
    fit(staged, x, batch_size=90)
    systems.assert_close(state(staged), state(whole), 1e-5, 1e-6)
    assert len(before) > 3
    for weight, old in zip(staged.trainable_weights, before, strict=True):
        assert (weight.numpy() != old).any(), weight.path


@pytest.mark.by_default("dec", "dac")
def test_validation(system, quiet, blobs, eagerly):
    """Reports what `evaluate` does, and leaves the training alone."""
    x = blobs[0]
    model = make(system)
    found = train(model, x, epochs=2, validation_data=x[:40].tolist())
    assert_same(state(quiet[0]), state(model))
    scores = evaluate(model, x[:40])
    for name, values in quiet[1].items():
        np.testing.assert_allclose(found[name], values, 1e-5)
        if name in scores:
            expected = pytest.approx(scores[name], rel=1e-3, abs=1e-5)
            assert found[f"val_{name}"][-1] == expected
    assert "loss" in scores


def test_the_objective_is_a_number_that_repeats_itself(trained, system, blobs):
    x = blobs[0]
    before = systems.snapshot(trained)
    found = trained.objective(x)
    assert type(found) is float and np.isfinite(found)
    assert trained.objective(x) == found
    if systems.has_clusters(system):
        q = trained.predict(x, verbose=0)
        assert trained.objective(x, soft_assignment=q) == pytest.approx(found)
    systems.assert_unchanged(trained, before)


@pytest.mark.by_default("imsat", "tsne", "vade")
def test_duplicates_stay_finite(system, eagerly):
    x = np.repeat(np.eye(3), 20, axis=0)  # neighbors at distance 0
    model = make(system, shape=(3,))
    history = train(model, x, batch_size=60, epochs=2)
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert np.isfinite(model.objective(x))


@pytest.mark.by_default("dec", "imsat", "vade")
def test_mixed_precision(system, blobs, eagerly):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make(system)
        history = train(model, blobs[0], batch_size=90)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(values).all() for values in history.values())
    found = model.predict(blobs[0], verbose=0)
    assert np.isfinite(found).all()
    if systems.has_clusters(system):
        assert found.dtype == "float32"
        np.testing.assert_allclose(found.sum(axis=1), 1, 1e-5)


# === Callbacks ===


# Each pair in both orders.
@pytest.mark.by_default("dec", "dac")
@pytest.mark.parametrize("order", [pytest.param(1, marks=pytest.mark.slow), -1])
def test_callbacks_work_wherever_they_stand(
    order, system, quiet, blobs, eagerly
):
    """They report the epoch's end; labels, right or wrong, train nothing.

    In a list, and in one of Keras' that is already finished.
    """
    only_with_clusters(system)
    x, y = blobs
    y = y if order == 1 else np.random.default_rng(0).permutation(y)
    names = [*CALLBACKS][::order]
    assignments = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: assignments.append(model.assign(x))
    )
    model = make(system)
    other = kerasdc.ClusteringMetrics(x[:9].tolist(), Y_OTHER, "test_")
    given = [note, *(CALLBACKS[name](y) for name in names), other]
    if order == -1:
        given = keras.callbacks.CallbackList(
            given, add_history=True, model=model, epochs=2
        )
    train(model, x, epochs=2, callbacks=given)
    history = model.history.history
    systems.assert_close(state(model), state(quiet[0]), 1e-4, 1e-5)
    for epoch, found in enumerate(assignments):
        for name, value in metrics.evaluate(y, found).items():
            assert history[name][epoch] == pytest.approx(value)
        for name, value in metrics.evaluate(Y_OTHER, found[:9]).items():
            assert history[f"test_{name}"][epoch] == pytest.approx(value)
        smallest = np.bincount(found, minlength=3).min() / 90
        assert history["smallest_cluster"][epoch] == pytest.approx(smallest)
    change = float(np.mean(assignments[0] != assignments[1]))
    assert history["label_change"][-1] == pytest.approx(change)
    assert model.label_change == pytest.approx(change)
    np.testing.assert_array_equal(model.training_assignments, assignments[-1])


# It looks for clusters itself; the others ask the model.
@pytest.mark.by_default("embedding")
def test_callbacks_work_alone(system, blobs, eagerly):
    only_with_clusters(system)
    x, y = blobs
    model = make(system)
    systems.pretrain(model, x)
    for name, number in (("metrics", 3), ("sizes", 1), ("stopping", 1)):
        epochs = 2 if name == "stopping" else 1
        fit(model, x, epochs=epochs, callbacks=[CALLBACKS[name](y)])
        history = model.history.history
        assignments = model.assign(x)
        smallest = np.bincount(assignments, minlength=3).min() / 90
        expected = {
            **metrics.evaluate(y, assignments),
            "smallest_cluster": smallest,
            "label_change": model.label_change,
        }
        reported = [name for name in expected if name in history]
        for name in reported:
            assert history[name][-1] == pytest.approx(expected[name])
        assert len(reported) == number


def test_callbacks_of_clusters_need_them(system, blobs):
    if systems.has_clusters(system):
        pytest.skip(f"{system} has clusters")
    model = make(system)
    for make_one in CALLBACKS.values():
        with pytest.raises(ValueError, match="clusters.* Received: a "):
            fit(model, blobs[0], callbacks=[make_one(blobs[1])])
    assert not model.adapted


@pytest.mark.parametrize("name", ["metrics", "weighted_metrics"])
def test_metrics_of_labels_are_refused(system, name):
    message = rf"ClusteringMetrics.*Received: {name}=\['accuracy'\]"
    with pytest.raises(ValueError, match=message):
        make(system, compiled=False).compile(**{name: ["accuracy"]})


def test_another_loss_is_refused(system):
    if systems.SYSTEMS[system].takes_loss:
        pytest.skip(f"{system} compares P and Q by any loss")
    model = make(system, compiled=False)
    with pytest.raises(ValueError, match="own loss.*Received: loss='mse'"):
        model.compile(loss="mse")
    assert not model.compiled


@pytest.mark.parametrize("name", ["model.h5", "model.HDF5"])
def test_a_model_is_not_saved_as_hdf5(trained, tmp_path, name):
    with pytest.raises(ValueError, match=rf"`.keras`.*Received: .*{name}"):
        trained.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_sizes_of_clusters_are_kept(trained, blobs, tmp_path):
    if not hasattr(trained, "num_clusters"):
        pytest.skip("no clusters")
    expected = np.bincount(trained.assign(blobs[0]), minlength=3)
    np.testing.assert_array_equal(trained.cluster_counts.counts, expected)
    trained.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.cluster_counts.counts, expected)


@pytest.mark.by_default("imsat", "vade")
@pytest.mark.filterwarnings("ignore:Layer .* not have a `quantize` method")
def test_a_quantized_model_is_saved_whole(trained, system, blobs, tmp_path):
    model = make(system)
    model.build((None, 6))
    model.set_weights(trained.get_weights())
    model.quantize("int8")
    expected = model.predict(blobs[0], verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(blobs[0], verbose=0), expected)


def test_a_model_ends_a_pipeline(trained, blobs):
    pipeline = make_pipeline(FunctionTransformer(), trained)
    np.testing.assert_array_equal(
        pipeline.predict(blobs[0], verbose=0),
        trained.predict(blobs[0], verbose=0),
    )
    assert is_clusterer(trained) == hasattr(trained, "num_clusters")
