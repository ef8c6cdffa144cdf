import functools

import keras
import numpy as np
import pytest
import systems
from states import assert_same
from states import state

import kerasdc
from kerasdc import losses
from kerasdc import networks
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbor_graph import similarity_curve
from kerasdc.models import DEC
from kerasdc.models import NeighborEmbedding
from kerasdc.models.bases import neighbor_points
from kerasdc.runs.backup import EpochBackup
from kerasdc.targets import NeighborPairs

pytestmark = pytest.mark.usefixtures("eagerly")

PRETRAINED = sorted(
    k for k, v in systems.SYSTEMS.items() if "pretrain" in dir(v)
)
SHORT = {"epochs": 2, "steps_per_epoch": 2, "batch_size": 20, "verbose": 0}


def make_networks(shape=(6,)):
    keras.utils.set_random_seed(0)
    return (
        networks.mlp_encoder(shape, (16,), 2),
        networks.mlp_decoder(shape, (16,), 2),
    )


def make(decoder=True, **kwargs):
    """A DEC that is pretrained by neighbors."""
    encoder, its_decoder = make_networks(kwargs.pop("shape", (6,)))
    optimizer = kwargs.pop("pretrain_optimizer", "auto")
    num_clusters = kwargs.pop("num_clusters", 3)
    decoder = its_decoder if decoder else None
    model = DEC(num_clusters, encoder, decoder, seed=1, **kwargs)
    model.compile(pretrain_method="neighbors", pretrain_optimizer=optimizer)
    return model


# === The embedding ===


def test_loss_by_hand(blobs):
    """Of the edges of the first step, and of the decoder's outputs."""
    encoder, decoder = make_networks()
    model = NeighborEmbedding(encoder, decoder, num_neighbors=5, seed=3)
    model.compile(keras.optimizers.SGD(0.0))
    x = blobs[0].astype("float32") / 255
    history = model.fit(
        x, epochs=1, steps_per_epoch=1, batch_size=24, verbose=0
    )
    pairs = NeighborPairs(x, fuzzy_neighbor_graph(x, 5), 24, seed=3)
    pairs = x[pairs.rows(0)]
    z = encoder.predict(pairs, verbose=0)
    edges = losses.edge_cross_entropy(z[:12], z[12:], *similarity_curve(), 8)
    error = np.square(decoder.predict(z, verbose=0) - pairs).mean()
    expected = float(edges) + error
    assert history.history["loss"] == [pytest.approx(expected, 1e-4)]


def test_neighbors_come_together_and_others_part(blobs):
    x, y = blobs
    model = make(decoder=False, pretrain_optimizer="adam")
    model.pretrain_optimizer.learning_rate = 0.05
    options = {"epochs": 1, "steps_per_epoch": 20, "verbose": 0}
    model.pretrain(x, batch_size=64, **options)
    z = model.embed(x)
    centers = np.stack([z[y == j].mean(axis=0) for j in range(3)])
    within = np.linalg.norm(z - centers[y], axis=1).mean()
    between = np.linalg.norm(centers - centers[[1, 2, 0]], axis=1).min()
    assert between > 5 * within
    model.fit(x, epochs=1, verbose=0)
    assert kerasdc.metrics.clustering_accuracy(y, model.assign(x)) == 1


def test_the_decoder_learns_and_leaves_the_encoder_alone(blobs):
    x = blobs[0]
    alone, both = make(decoder=False), make()
    before = both.decoder.get_weights()
    for model in (alone, both):
        model.pretrain(x, **SHORT)
    assert_same(alone.encoder.get_weights(), both.encoder.get_weights())
    for old, new in zip(before, both.decoder.get_weights(), strict=True):
        assert (old != new).any()
    assert both.reconstruct(x).shape == x.shape
    with pytest.raises(ValueError, match="has no decoder"):
        alone.reconstruct(x)


def test_smaller_batches_of_a_second_training(blobs):
    """Never repel the ends of an edge itself."""
    x = blobs[0].astype("float32") / 255
    model = NeighborEmbedding(make_networks()[0], seed=3)
    model.compile(keras.optimizers.SGD(0.0))
    options = {"epochs": 1, "steps_per_epoch": 1, "verbose": 0}
    model.fit(x, batch_size=30, **options)
    found = model.fit(x, batch_size=4, **options).history["loss"]
    pairs = NeighborPairs(x, fuzzy_neighbor_graph(x), 4, seed=3)
    pairs._first_step = 1
    z = model.encoder.predict(x[pairs.rows(0)], verbose=0)
    expected = losses.edge_cross_entropy(z[:2], z[2:], *similarity_curve(), 1)
    assert found == [pytest.approx(float(expected), 1e-4)]


def test_the_learning_rate_ends_at_zero(blobs):
    rates = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(note.model.optimizer.learning_rate)
        )
    )
    make().pretrain(blobs[0], callbacks=[note], **SHORT)
    assert rates == [pytest.approx(1.5e-3), pytest.approx(0, abs=1e-9)]


def test_config_round_trip():
    model = NeighborEmbedding(*make_networks(), num_neighbors=4, min_dist=0.5)
    model.compile("adam")
    config = keras.saving.serialize_keras_object(model)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is NeighborEmbedding
    assert (again.num_neighbors, again.min_dist) == (4, 0.5)
    assert again.decoder is not None


# === As the first stage of the systems ===


class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("system", PRETRAINED)
def test_every_system_has_it(system, blobs):
    model = systems.make(system, compiled=False)
    optimizers = systems.optimizers(model)
    model.compile(pretrain_method="neighbors", **optimizers)
    assert not model.pretrained
    before = model.encoder.get_weights()
    history = model.pretrain(blobs[0], **{**SHORT, "epochs": 1}).history
    assert model.pretrained and np.isfinite(history["loss"]).all()
    for old, new in zip(before, model.encoder.get_weights(), strict=True):
        assert (old != new).any()


def test_it_goes_on_where_it_was_stopped(blobs, tmp_path):
    def pretrained(*callbacks):
        model = make()
        return model, model.pretrain(blobs[0], callbacks=[*callbacks], **SHORT)

    whole, _ = pretrained()
    with pytest.raises(KeyboardInterrupt):
        pretrained(EpochBackup(tmp_path), Kill())
    resumed, history = pretrained(EpochBackup(tmp_path))
    assert history.epoch == [1] and resumed.pretrained
    systems.assert_close(state(resumed), state(whole), 1e-4, 1e-5)


def test_one_call_runs_it(blobs, monkeypatch):
    x = blobs[0]
    whole, staged = make(decoder=False), make(decoder=False)
    assert not whole.pretrained
    staged.pretrain(x, **SHORT)
    assert staged.pretrained and not staged.adapted
    staged.fit(x, epochs=1, batch_size=20, verbose=0)
    options = {k: SHORT[k] for k in ("epochs", "steps_per_epoch")}
    shorter = functools.partialmethod(DEC.pretrain, **options)
    monkeypatch.setattr(DEC, "pretrain", shorter)
    whole.fit(x, epochs=1, batch_size=20, verbose=0)
    systems.assert_close(state(whole), state(staged), 1e-5, 1e-6)


def test_the_graph_chooses_the_centers_where_no_method_is_said(blobs):
    model = make(decoder=False, num_clusters=7)
    model.pretrain(blobs[0], **SHORT)
    centers = []
    for options in ({}, {"method": "modular_kmeans"}, {"method": "kmeans"}):
        model.adapt(blobs[0], **options)
        centers.append(model.clustering.centers.numpy())
    np.testing.assert_array_equal(centers[0], centers[1])
    assert (centers[0] != centers[2]).any()


def test_a_saved_model_knows_how_it_was_pretrained(blobs, tmp_path):
    model = make(decoder=False)
    model.prepare(blobs[0])
    model.save(tmp_path / "before.keras")
    model.pretrain(blobs[0], **SHORT)
    model.save(tmp_path / "after.keras")
    for name in ("before", "after"):
        again = keras.models.load_model(tmp_path / f"{name}.keras")
        assert again.pretrain_method == "neighbors"
        assert again.pretrain_optimizer == "auto"
        assert again.pretrained == (name == "after")
    again.compile()  # an encoder alone, which could not be trained so
    assert again.pretrained


def test_images_are_augmented_and_texts_have_neighbors():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 6, 6), "uint8")
    layer = kerasdc.layers.RandomShiftRotation(0.2, 30, seed=1)
    model = make(shape=(6, 6), augmentation=layer)
    model.pretrain(images, **SHORT)
    texts = ["cat dog", "dog cat cat", "bond price", "price of bond"] * 3
    tfidf = kerasdc.layers.TfIdf(5)
    tfidf.adapt(texts)
    model = make(shape=(5,), preprocessor=tfidf)
    model.pretrain(texts, **SHORT)
    assert model.pretrained


def test_duplicates_and_few_samples(blobs):
    model = make(decoder=False)
    few = np.repeat(blobs[0][:3], 2, axis=0)
    history = model.pretrain(few, **SHORT).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.embed(few)).all()


def test_mixed_precision(blobs):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make()
        history = model.pretrain(blobs[0], **SHORT).history
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 3}, "Received: batch_size=3$"),
        ({"steps_per_epoch": 0}, "Received: steps_per_epoch=0$"),
        ({"epochs": -1}, "Received: epochs=-1$"),
        ({"validation_data": np.ones((9, 6))}, "data of type ndarray$"),
    ],
)
def test_what_is_refused(arguments, message, blobs):
    model = make()
    before = systems.snapshot(model)
    with pytest.raises(ValueError, match=message):
        model.pretrain(blobs[0], **{**SHORT, **arguments})
    systems.assert_unchanged(model, before)


def test_methods_that_there_are():
    with pytest.raises(ValueError, match="one of autoencoder, neighbors.*'x'$"):
        DEC(3).compile(pretrain_method="x")


def test_eigenvectors_of_large_graphs_span_the_same_space():
    """By products alone, as the exact ones, but for sign and rotation."""
    x = np.random.default_rng(0).normal(size=(300, 2))
    graph = fuzzy_neighbor_graph(x, 10)
    start = np.random.default_rng(1).normal(size=300)
    exact = neighbor_points._factored_eigenvectors(graph, 3, 0)
    large = neighbor_points._large_eigenvectors(graph, 3, start)
    (q1, _), (q2, _) = np.linalg.qr(exact), np.linalg.qr(large)
    cosines = np.linalg.svd(q1.T @ q2, compute_uv=False)
    np.testing.assert_allclose(cosines, 1, atol=1e-3)
