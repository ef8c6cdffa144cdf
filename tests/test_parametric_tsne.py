import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same

import kerasdc
from kerasdc import losses
from kerasdc.algorithms.affinities import joint_affinities
from kerasdc.algorithms.affinities import neighbor_affinities
from kerasdc.callbacks import ExaggerationSchedule
from kerasdc.models import ParametricTSNE
from kerasdc.targets import AffinityBatches
from kerasdc.targets import NeighborPairs
from kerasdc.targets import all_features

pytestmark = pytest.mark.usefixtures("eagerly")

networks = kerasdc.networks


def make_model(num_components=2, shape=(6,), decoder=False, **kwargs):
    keras.utils.set_random_seed(5)
    names = ("optimizer", "exaggeration", "exaggerated_share")
    arguments = {n: kwargs.pop(n) for n in names if n in kwargs}
    model = ParametricTSNE(
        num_components,
        networks.mlp_encoder(shape, (32,), num_components),
        networks.mlp_decoder(shape, (32,), num_components) if decoder else None,
        **{"perplexity": 8.0, "seed": 1, **kwargs},
    )
    adam = keras.optimizers.Adam(0.01)
    model.compile(**{"optimizer": adam, **arguments})
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 45, "verbose": 0, **kwargs})


def neighbor_error(model, blobs):
    x, y = blobs
    z = model.predict(x, verbose=0)
    return kerasdc.metrics.embedding_scores(z, y)["neighbor_error"]


@pytest.fixture(scope="module", params=["batch", "neighbors"])
def fitted(request, blobs):
    """Fitted on the blobs. Not to be trained further."""
    adam = keras.optimizers.Adam(0.02)
    model = make_model(decoder=True, affinities=request.param, optimizer=adam)
    fit(model, blobs[0], batch_size=30, epochs=25)
    return model


# === Embedding ===


def test_blobs_are_kept_apart(fitted, blobs):
    assert neighbor_error(fitted, blobs) == 0
    assert fitted.predict(blobs[0], verbose=0).shape == (90, 2)


def test_new_samples_join_their_kind(fitted, blobs):
    x, y = blobs
    new = np.clip(x.astype(int) + 3, 0, 255).astype("uint8")
    scores = kerasdc.metrics.embedding_scores(
        fitted.predict(new, verbose=0), y, fitted.embed(x), y
    )
    assert scores["neighbor_error"] == 0


def test_the_decoder_goes_back(fitted, blobs):
    x = blobs[0].astype("float32")
    z = fitted.embed(x)
    np.testing.assert_allclose(
        fitted.inverse(z), fitted.reconstruct(x), 1e-4, 1e-2
    )
    away = np.abs(fitted.inverse(z) - x).mean()
    assert away < 0.5 * np.abs(x.mean(axis=0) - x).mean()


def test_default_network_is_the_papers(blobs):
    model = ParametricTSNE(3, perplexity=5)
    model.compile()
    model.build((None, 6))
    dense = [
        layer.units
        for layer in model.encoder.layers
        if isinstance(layer, keras.layers.Dense)
    ]
    assert dense == [500, 500, 2000, 3]
    assert model.decoder is None


# === The loss ===


def test_loss_in_one_batch_is_the_divergence(blobs):
    """With the affinities' entropy added, that of Kullback and Leibler."""
    x = blobs[0]
    model = make_model(affinities="batch", exaggeration=1.0)
    fit(model, x, epochs=1, batch_size=90)
    features = ops.convert_to_numpy(model.features(x))
    p = joint_affinities(features, 8.0)
    log_q = losses.log_student_t_similarities(model.embed(x), 1.0)
    expected = float(losses.similarity_cross_entropy(p, log_q))
    loss = model.evaluate(x, batch_size=90, verbose=0)[0]
    assert loss == pytest.approx(expected, rel=1e-4)
    entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
    divergence = model.objective(x)
    assert divergence == pytest.approx(expected - entropy, rel=1e-3)
    assert divergence > 0


def test_pairs_by_hand():
    """Two pairs, three apart each, in a plane: kernel 1 / (1 + d^2)."""
    model = make_model()
    z = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [3.0, 1.0]])
    model.build((None, 6))
    loss = model.compute_loss(z, ops.zeros(4), ops.convert_to_tensor(z))
    attraction = np.log(10)
    # 1 apart, 3 apart, and along the diagonals, twice each and both ways.
    repulsion = np.log(4 * (1 / 2 + 1 / 10 + 1 / 11))
    assert float(loss) == pytest.approx(attraction + repulsion, rel=1e-5)


@pytest.mark.parametrize("dof", ["auto", 0.5, 4.0])
def test_degrees_of_freedom_by_hand(dof, blobs):
    model = make_model(num_components=3, dof=dof, affinities="batch")
    fit(model, blobs[0], epochs=1, batch_size=90)
    nu = 2.0 if dof == "auto" else dof
    z = model.embed(blobs[0])[:4].astype("float64")
    squares = np.square(z[:, None] - z[None]).sum(axis=-1)
    kernel = (1 + squares / nu) ** (-(nu + 1) / 2)
    np.fill_diagonal(kernel, 0)
    attraction = -(np.log(kernel[0, 2]) + np.log(kernel[1, 3])) / 2
    loss = model.compute_loss(z, ops.zeros(4), ops.convert_to_tensor(z))
    expected = attraction + np.log(kernel.sum())
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    p = joint_affinities(all_features(blobs[0], model.preprocessor), 8.0)
    log_q = losses.log_student_t_similarities(model.embed(blobs[0]), nu)
    expected = losses.similarity_cross_entropy(p, log_q)
    expected += np.sum(p[p > 0] * np.log(p[p > 0]))
    assert model.objective(blobs[0]) == pytest.approx(float(expected), 1e-3)


def test_only_training_exaggerates():
    model = make_model()
    model.build((None, 6))
    z = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(6, 2)))
    found = {}
    for factor in (1.0, 3.0):
        model.current_exaggeration.assign(factor)
        for training in (True, False):
            loss = model.compute_loss(z, ops.zeros(6), z, training=training)
            found[factor, training] = float(loss)
    assert found[3.0, False] == found[1.0, False] == found[1.0, True]
    assert found[3.0, True] > found[1.0, True]


def test_other_batches_have_other_affinities(blobs):
    model = make_model(affinities="batch", optimizer=keras.optimizers.SGD(0.0))
    fit(model, blobs[0], epochs=1, batch_size=30)
    fit(model, blobs[0], epochs=1, batch_size=45)
    expected = make_model(
        affinities="batch", optimizer=keras.optimizers.SGD(0.0)
    )
    fit(expected, blobs[0], epochs=1, batch_size=45)
    one, other = (m._targets._found[1] for m in (model, expected))
    np.testing.assert_array_equal(one, other)


def test_pairs_are_drawn_by_their_affinity(blobs):
    x = blobs[0]
    affinities = neighbor_affinities(x, 5.0)
    pairs = NeighborPairs(x, affinities, 4000, seed=0)
    first, second = np.split(pairs.rows(0), 2)
    assert (affinities[first, second] > 0).all()
    counts = np.zeros((90, 90))
    for step in range(50):
        first, second = np.split(pairs.rows(step), 2)
        np.add.at(counts, (first, second), 1)
    expected = affinities.toarray() * counts.sum()
    frequent = expected > 50
    errors = (counts - expected)[frequent] / np.sqrt(expected[frequent])
    assert frequent.sum() > 200 and abs(errors.std() - 1) < 0.15


def test_the_order_depends_on_seed_and_step_alone(blobs):
    x = blobs[0]
    affinities = neighbor_affinities(x, 5.0)
    one, other = (NeighborPairs(x, affinities, 10, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.rows(7), other.rows(7))
    assert (one.rows(7) != one.rows(8)).any()


def test_fixed_batches_hold_their_affinities(blobs):
    x = blobs[0]
    found = AffinityBatches.affinities_of(x, 40, 5.0, seed=2)
    batches = AffinityBatches(x, found, 40, seed=2)
    seen = []
    for i in range(len(batches)):
        rows, (batch, y) = batches.rows(i), batches[i]
        expected = joint_affinities(x[rows], 5.0)
        np.testing.assert_allclose(y[:, : len(rows)], expected, atol=1e-7)
        np.testing.assert_array_equal(batch, x[rows])
        seen += list(rows)
    assert sorted(seen) == list(range(90))
    # The members stay together from pass to pass; their order does not.
    passes = [
        [tuple(batches.rows(3 * n + i)) for i in range(3)] for n in range(8)
    ]
    assert all(set(found) == set(passes[0]) for found in passes)
    assert any(found != passes[0] for found in passes)


def test_neighbors_attract_more_at_first(blobs):
    seen = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(
            float(model.current_exaggeration.numpy())
        )
    )
    model = make_model(exaggeration=3.0, exaggerated_share=0.5)
    options = {"batch_size": 90}
    fit(model, blobs[0], epochs=4, callbacks=[record], **options)
    assert seen == [3, 3, 1, 1]
    # Groups that have found together are not drawn together again.
    fit(model, blobs[0], epochs=2, callbacks=[record], **options)
    assert seen[4:] == [1, 1]
    schedule = ExaggerationSchedule(2.0, 1)
    fit(model, blobs[0], epochs=2, callbacks=[schedule, record], **options)
    assert seen[6:] == [2, 1]
    assert float(model.current_exaggeration.numpy()) == 1


def test_exaggeration_multiplies_the_attraction(blobs):
    model = make_model()
    model.build((None, 6))
    z = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(6, 2)))
    one = float(model.compute_loss(z, ops.zeros(6), z))
    model.current_exaggeration.assign(3.0)
    three = float(model.compute_loss(z, ops.zeros(6), z))
    kernel = ops.convert_to_numpy(losses.log_student_t_kernel(z))
    attraction = -np.mean([kernel[i, i + 3] for i in range(3)])
    assert three - one == pytest.approx(2 * attraction, rel=1e-4)


class Stop(keras.callbacks.Callback):
    """As Ctrl-C in the first epoch."""

    def on_batch_end(self, batch, logs=None):
        raise KeyboardInterrupt


def test_a_stopped_training_leaves_no_exaggeration(blobs):
    model = make_model()
    with pytest.raises(KeyboardInterrupt):
        fit(model, blobs[0], epochs=20, callbacks=[Stop()])
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(
            float(model.current_exaggeration)
        )
    )
    fit(model, blobs[0], epochs=2, callbacks=[note])
    assert seen == [1.0, 1.0]


def test_no_gradient_of_the_decoder_reaches_the_encoder(blobs):
    weights = []
    for decoder in (False, True):
        model = make_model(decoder=decoder, affinities="batch")
        fit(model, blobs[0], epochs=2)
        weights.append([w.numpy() for w in model.encoder.weights])
    for alone, beside in zip(*weights, strict=True):
        np.testing.assert_allclose(alone, beside, 1e-4, 1e-6)


def test_degrees_of_freedom():
    assert [make_model(n)._kernel_dof for n in (1, 2, 3, 5)] == [1, 1, 2, 4]
    assert make_model(2, dof=0.5)._kernel_dof == 0.5


# === Stages ===


def test_affinities_are_found_once(blobs, monkeypatch):
    calls = []

    def count(*arguments):
        calls.append(1)
        return neighbor_affinities(*arguments)

    target = "kerasdc.targets.affinity_targets.neighbor_affinities"
    monkeypatch.setattr(target, count)
    model = make_model()
    found = model.adapt(blobs[0], batch_size=30)
    assert found.shape == (90, 90)
    fit(model, blobs[0], epochs=1)
    fit(model, blobs[0], epochs=1)
    assert len(calls) == 1
    fit(model, blobs[0][:60], epochs=1)
    assert len(calls) == 2


def test_auto_is_by_batch_where_one_holds_all(blobs):
    model = make_model()
    assert isinstance(model.adapt(blobs[0], batch_size=90), np.ndarray)
    assert not isinstance(model.adapt(blobs[0], batch_size=89), np.ndarray)


def test_refitted_on_fewer_or_more(blobs):
    """By batch, then by neighbors, then by batch: batches of other ranks."""
    model = make_model(perplexity=3.0)
    for num in (20, 60, 20):
        history = fit(model, blobs[0][:num], epochs=1).history
        assert np.isfinite(history["loss"][0])


def test_affinities_of_other_samples_are_refused(blobs):
    x = blobs[0]
    found = AffinityBatches.affinities_of(x[:60], 30, 5.0)
    near = neighbor_affinities(x[:60], 5.0)
    for make, affinities in ((AffinityBatches, found), (NeighborPairs, near)):
        for samples in (x, x[:40]):
            with pytest.raises(ValueError, match="`x` and `affinities` must"):
                make(samples, affinities, 30)


def test_pretraining_is_optional_and_shares_the_encoder(blobs):
    model = make_model(decoder=True)
    untrained = [w.numpy() for w in model.encoder.weights]
    model.pretrain(blobs[0], epochs=1, verbose=0)
    for weight, old in zip(model.encoder.weights, untrained, strict=True):
        assert (weight.numpy() != old).any()
    before = [w.numpy() for w in model.encoder.weights]
    fit(model, blobs[0], epochs=0)
    assert_same(before, [w.numpy() for w in model.encoder.weights])


class Exaggerations(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.found = []

    def on_train_batch_begin(self, batch, logs=None):
        self.found.append(float(self.model.current_exaggeration.numpy()))


def test_the_first_epochs_of_a_first_fit_exaggerate(blobs):
    x = blobs[0]
    model = make_model(decoder=True, exaggerated_share=0.5)
    seen = Exaggerations()
    options = {"batch_size": 90, "epochs": 2, "callbacks": [seen]}
    fit(model, x, **{**options, "epochs": 0})
    for expected in ([4, 1], [1, 1]):
        fit(model, x, **options)
        assert seen.found == expected
    model.pretrain(x, epochs=1, verbose=0)  # moves all samples
    for verb in ("predict", "embed"):
        with pytest.raises(ValueError, match="not fitted"):
            getattr(model, verb)(x)
    fit(model, x, **options)
    assert seen.found == [4, 1]


def test_validation_and_history(blobs):
    model = make_model(decoder=True)
    history = fit(model, blobs[0], epochs=2, validation_data=blobs[0][:60])
    terms = ("attraction", "repulsion", "reconstruction")
    names = {"loss", *terms}
    assert set(history.history) == names | {f"val_{n}" for n in names}
    total = sum(history.history[f"val_{n}"][-1] for n in terms)
    assert history.history["val_loss"][-1] == pytest.approx(total, rel=1e-4)


# === Saving, serving ===


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)
def test_the_decoder_is_served(fitted, blobs, tmp_path):
    import tensorflow as tf

    path = kerasdc.export_saved_model(fitted, tmp_path / "served")
    served = tf.saved_model.load(str(path)).signatures
    names = {"serving_default", "embed", "reconstruct", "inverse"}
    assert set(served) == names
    z = fitted.embed(blobs[0])
    samples = served["inverse"](points=tf.constant(z))["sample"]
    np.testing.assert_allclose(samples, fitted.inverse(z), 1e-4, 1e-2)


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_components": 0}, "Received: num_components=0"),
        ({"num_components": 1.5}, "Received: num_components=1.5"),
        ({"perplexity": 0.5}, "Received: perplexity=0.5"),
        ({"perplexity": float("nan")}, "Received: perplexity=nan"),
        ({"dof": 0}, "Received: dof=0"),
        ({"dof": -1.0}, "Received: dof=-1.0"),
        ({"affinities": "all"}, "Received: affinities='all'"),
        ({"exaggeration": 0.5}, "Received: exaggeration=0.5"),
        ({"exaggerated_share": 1.5}, "Received: exaggerated_share=1.5"),
    ],
)
def test_bad_arguments(arguments, message):
    compiled = {k: v for k, v in arguments.items() if "exagg" in k}
    with pytest.raises(ValueError, match=message):
        model = ParametricTSNE(
            **{k: v for k, v in arguments.items() if k not in compiled}
        )
        model.compile(**compiled)


def test_wrong_width(fitted):
    with pytest.raises(ValueError, match="Received"):
        fitted.predict(np.zeros((3, 7)), verbose=0)
    with pytest.raises(ValueError, match=r"Received: z of shape \(3, 3\)"):
        fitted.inverse(np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("z", "message"),
    [
        (np.zeros((0, 2)), r"Received: .*\(0, 2\)"),
        ([[np.nan, 1.0]], "Received: 1 "),
        ("abc", "Received: "),
    ],
)
def test_bad_points_to_invert(z, message, fitted):
    with pytest.raises(ValueError, match=f"`z` must .*{message}"):
        fitted.inverse(z)


def test_objective_of_few_or_before_fit(fitted, blobs):
    with pytest.raises(ValueError, match="at least 4.*Received: 3 samples"):
        fitted.objective(blobs[0][:3])
    with pytest.raises(ValueError, match="not fitted"):
        make_model().objective(blobs[0])


@pytest.mark.parametrize("affinities", ["batch", "neighbors"])
def test_duplicates_alone_stay_finite(affinities):
    x = np.ones((40, 6))
    model = make_model(affinities=affinities)
    history = fit(model, x, epochs=2, batch_size=40).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.embed(x)).all()


@pytest.mark.parametrize("affinities", ["batch", "neighbors"])
def test_perplexity_above_a_third(affinities, blobs):
    model = make_model(affinities=affinities, perplexity=9.8)
    with pytest.raises(ValueError, match="Received: perplexity=9.8"):
        fit(model, blobs[0][:30])
    with pytest.raises(ValueError, match="Received: perplexity=9.8"):
        model.adapt(blobs[0][:30])
    with pytest.raises(ValueError, match="9.8, 20 samples"):
        fit(model, blobs[0], batch_size=60, validation_data=blobs[0][:20] * 1.0)
    assert not model.built
    assert not model.preprocessor.adapted


def test_an_encoder_must_tell_its_shapes(blobs):
    with pytest.raises(ValueError, match="keras.Model.* Received: encoder="):
        ParametricTSNE(encoder=keras.layers.Dense(2))
    encoder = keras.Sequential([keras.layers.Dense(2)])
    model = ParametricTSNE(encoder=encoder, perplexity=8.0)
    model.compile()
    fit(model, blobs[0], epochs=1)
    assert model.embed(blobs[0]).shape == (90, 2)


def test_a_batch_of_one(blobs):
    with pytest.raises(ValueError, match="Received: batch_size=1"):
        fit(make_model(), blobs[0], batch_size=1)


def test_what_needs_a_decoder(blobs):
    model = make_model()
    fit(model, blobs[0], epochs=1)
    for verb, given in (("pretrain", blobs[0]), ("inverse", np.zeros((1, 2)))):
        with pytest.raises(ValueError, match=f"`{verb}` needs .*decoder"):
            getattr(model, verb)(given)


def test_networks_of_other_widths(blobs):
    encoder = networks.mlp_encoder((6,), (4,), 3)
    model = ParametricTSNE(2, encoder, perplexity=5)
    model.compile()
    with pytest.raises(ValueError, match="output of `encoder`.*Received"):
        model.fit(blobs[0])
    assert not model.built
