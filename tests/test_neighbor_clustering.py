import keras
import numpy as np
import pytest

import kerasdc
from kerasdc.metrics import clustering_accuracy
from kerasdc.models import NeighborClustering
from kerasdc.models.bases import data_graph
from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_points
from kerasdc.models.bases.neighbor_embedding import NeighborEmbedding
from kerasdc.models.bases.neighbor_points import neighbor_points as place


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    monkeypatch.setattr(neighbor_points, "_BATCH_SIZE", 512)
    monkeypatch.setattr(graph_search, "NUM_POINT_SETS", 1)


def _blobs(num=60, seed=0):
    generator = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), num)
    centers = 8 * np.eye(3, 6)
    x = centers[y] + generator.normal(size=(3 * num, 6))
    return x.astype("float32"), y


def _encoder():
    return kerasdc.networks.mlp_encoder((6,), (32,), 4, activation="silu")


def _model(**kwargs):
    model = NeighborClustering(3, _encoder(), seed=0, **kwargs)
    model.compile()
    return model


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbor_points, "_NUM_STEPS", 100)
        patch.setattr(neighbor_points, "_BATCH_SIZE", 512)
        patch.setattr(graph_search, "NUM_POINT_SETS", 1)
        x, y = _blobs()
        model = _model()
        model.pretrain(x, epochs=1, batch_size=128, verbose=0)
        model.fit(x, epochs=2, verbose=0)
    return model, x, y


def test_blobs_are_recovered_and_new_samples_follow(fitted):
    model, x, y = fitted
    assert clustering_accuracy(y, model.assign(x)) == 1.0
    np.testing.assert_array_equal(model.assign(x), model.partition)
    new, y_new = _blobs(seed=1)
    assert clustering_accuracy(y_new, model.assign(new)) == 1.0


def test_scores_tell_what_was_compared(fitted):
    model, x, _ = fitted
    assert {"linkage", "kmeans", "spectral", "consensus"} < set(
        model.partition_scores
    )
    assert model.objective(x) == pytest.approx(
        -model.partition_scores["consensus"]
    )


def test_a_saved_model_assigns_the_same(fitted, tmp_path):
    model, x, _ = fitted
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6
    )
    assert loaded.pretrained and loaded.adapted


def test_it_is_served(fitted, tmp_path):
    import tensorflow as tf

    model, x, _ = fitted
    kerasdc.export_saved_model(model, tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served" / "1"))
    outputs = served.signatures["serving_default"](tf.constant(x[:5]))
    np.testing.assert_array_equal(outputs["cluster"], model.assign(x[:5]))


def test_linkage_along_the_graph():
    x, y = _blobs()
    model = _model(method="linkage")
    model.pretrain(x, epochs=0)
    assert clustering_accuracy(y, model.adapt(x)) == 1.0
    assert set(model.partition_scores) == {"linkage"}


def test_linkage_that_splits_off_a_few_makes_way(monkeypatch):
    x, y = _blobs()
    model = _model(method="linkage")
    model.pretrain(x, epochs=0)
    monkeypatch.setattr(graph_search, "LEAST_SHARE", 1.1)
    model.adapt(x[:130])  # 60, 60 and 10
    assert "consensus" in model.partition_scores


def test_vectors_of_one_length():
    x = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 3.0]])
    found = data_graph.of_one_length(x)
    np.testing.assert_allclose(found, [[3, 4, 0], [0, 0, 5], [0, 3, 4]])


def test_texts_without_known_words_are_far_from_others():
    texts = [*["red green blue"] * 4, *["one two three"] * 4, "?", "!"]
    words = kerasdc.layers.TfIdf(6)
    model = NeighborClustering(2, preprocessor=words, num_neighbors=1)
    model.compile()
    graph = model.graph_of(model.prepare(texts)).toarray()
    assert graph[8, 9] == 1.0
    assert graph[8:, :8].sum() == 0.0


def test_texts_have_such_neighbors_in_every_system():
    texts = [*["red green blue"] * 4, *["one two three"] * 4, "?", "!"]
    words = kerasdc.layers.TfIdf(6)
    model = kerasdc.models.DEC(2, preprocessor=words)
    model.compile(pretrain_method="neighbors")
    model.pretrain(texts, epochs=0, num_neighbors=1)
    assert model._known_graph[1][8, 9] == 1.0
    alone = NeighborEmbedding(
        model.encoder, preprocessor=words, num_neighbors=1
    )
    alone.compile()
    batches = alone.training_batches(model.prepare(texts), 64)
    pairs = [batches.rows(i).reshape(2, -1).T for i in range(20)]
    pairs = set(map(tuple, np.concatenate(pairs).tolist()))
    assert {pair for pair in pairs if max(pair) > 7} == {(8, 9), (9, 8)}


def test_a_given_partition_is_learned():
    x, y = _blobs()
    model = _model()
    model.pretrain(x, epochs=0)
    np.testing.assert_array_equal(model.adapt(x, partition=y), y)
    model.fit(x, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.assign(x), y)


def test_a_frozen_encoder_stays():
    x, y = _blobs()
    encoder = _encoder()
    encoder.trainable = False
    before = [np.array(w) for w in encoder.weights]
    model = NeighborClustering(3, encoder, seed=0)
    model.compile()
    model.fit(x, epochs=4, verbose=0)
    # One that is between clusters may follow its neighbors.
    assert np.mean(model.assign(x) == model.partition) > 0.98
    assert clustering_accuracy(y, model.partition) > 0.9
    for weight, value in zip(encoder.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_points_of_neighbors_are_near():
    x, y = _blobs()
    model = _model()
    model.prepare(x)
    z = place(model.graph_of(model.prepare(x)), 2, seed=0)
    assert z.shape == (180, 2)
    means = np.stack([z[y == i].mean(axis=0) for i in range(3)])
    distances = np.linalg.norm(z[:, None] - means, axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), y)


@pytest.mark.parametrize(
    "partition",
    [np.zeros(179, int), np.full(180, 3), np.full(180, -1), np.zeros(180)],
)
def test_wrong_partitions(partition):
    x, _ = _blobs()
    with pytest.raises(ValueError, match="`partition` must be"):
        _model().adapt(x, partition=partition)


def test_labels_are_refused():
    x, y = _blobs()
    for call in (_model().fit, _model().pretrain):
        with pytest.raises(ValueError, match="never trains on labels"):
            call(x, y=y)


def test_validation_is_refused_before_anything_is_trained():
    x, _ = _blobs()
    model = _model()
    for call in (model.fit, model.pretrain):
        with pytest.raises(ValueError, match="takes no `validation_data`"):
            call(x, validation_data=x)
    assert not model.built
