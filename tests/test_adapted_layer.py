"""Clusters along the graph of the data as a start."""

import keras
import numpy as np
import pytest
import systems

from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.layers import SoftmaxClusters
from kerasdc.metrics import clustering_accuracy
from kerasdc.models.bases import data_graph
from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_points

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.mark.parametrize("system", ["dec", "dcn"])
def test_centers_are_means_of_clusters_along_the_graph(system, blobs):
    x = blobs[0]
    model = systems.make(system)
    systems.pretrain(model, x, epochs=0)
    found = model.adapt(x, method="graph_linkage", num_neighbors=7)
    features = np.array(model.features(x))
    clusters = degree_linkage(fuzzy_neighbor_graph(features, 7), 3)
    z = model.embed(x)
    means = [z[clusters == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(model.clustering.centers, means, 1e-4, 1e-5)
    distances = np.linalg.norm(z[:, None] - np.stack(means), axis=2)
    np.testing.assert_array_equal(found, distances.argmin(axis=1))


def test_the_graph_is_found_once(monkeypatch):
    """For both stages; images may be shifted in it."""
    asked = []
    find = data_graph.shifted_neighbor_graph

    def count(images, num_neighbors):
        asked.append((images.shape, num_neighbors))
        return find(images, num_neighbors)

    monkeypatch.setattr(data_graph, "shifted_neighbor_graph", count)
    x = np.random.default_rng(0).random((40, 5, 5))
    model = systems.make("dec", shape=(5, 5), compiled=False)
    model.compile(pretrain_method="neighbors")
    options = {"num_neighbors": 4, "shifts": True}
    steps = {"epochs": 1, "steps_per_epoch": 2, "batch_size": 16}
    model.pretrain(x, verbose=0, **steps, **options)
    model.adapt(x, method="graph_linkage", **options)
    assert asked == [((40, 5, 5), 4)]
    model.adapt(x + 1, method="graph_linkage", **options)
    assert len(asked) == 2


def test_initial_clusters_are_learned(blobs):
    """Also of samples that were drawn."""
    x, y = blobs
    model = systems.make("depict")
    systems.pretrain(model, x, epochs=4)
    start = {"num_restarts": 2, "seed": 0}
    model.adapt(x, **start)
    kernel = model.encoder.get_weights()[0]
    before = model.predict(x, verbose=0).max(axis=1).mean()
    for most in (None, 60):
        found = model.adapt(x, learned_epochs=60, max_samples=most, **start)
        assert clustering_accuracy(y, found) == 1
        q = model.predict(x, verbose=0)
        np.testing.assert_array_equal(q.argmax(axis=1), found)
        assert q.max(axis=1).mean() > before + 0.01
    assert np.abs(model.encoder.get_weights()[0] - kernel).max() > 1e-3
    with pytest.raises(ValueError, match="learned_epochs=-1"):
        model.adapt(x, learned_epochs=-1)


def test_clusters_are_learned_from_directions(blobs):
    """As DEPICT's authors start: the softmax knows little before."""
    x = blobs[0]
    model = systems.make("depict")
    systems.pretrain(model, x, epochs=4)
    start = {"directions": True, "num_restarts": 2, "seed": 0}
    clusters = model.adapt(x, **start)
    every = np.arange(len(x))
    before = model.predict(x, verbose=0)[every, clusters].mean()
    model.adapt(x, learned_epochs=60, **start)
    after = model.predict(x, verbose=0)[every, clusters].mean()
    assert before < 0.4 and after > before + 0.01


@pytest.mark.parametrize("system", ["dec", "depict"])
def test_clusters_along_the_graph_are_learned(system, blobs):
    x, y = blobs
    model = systems.make(system)
    systems.pretrain(model, x, epochs=0)
    model.adapt(x, method="graph_linkage")
    kernel = model.encoder.get_weights()[0]
    certainty = model.predict(x, verbose=0).max(axis=1).mean()
    found = model.adapt(x, method="graph_linkage", learned_epochs=60)
    assert clustering_accuracy(y, found) == 1
    assert np.abs(model.encoder.get_weights()[0] - kernel).max() > 1e-3
    q = model.predict(x, verbose=0)
    np.testing.assert_array_equal(q.argmax(axis=1), found)
    assert q.max(axis=1).mean() > certainty + 0.01
    with pytest.raises(ValueError, match="learned_epochs=-1"):
        model.adapt(x, method="graph_linkage", learned_epochs=-1)


@pytest.mark.parametrize("system", ["dec", "dcn"])
def test_groups_along_the_graph_come_together(system, blobs):
    """By triplets, before they are merged in the embedding."""
    x, y = blobs
    model = systems.make(system)
    systems.pretrain(model, x, epochs=0)
    before = apart(model.embed(x), y)
    options = {"method": "graph_linkage", "num_neighbors": 7}
    found = model.adapt(x, triplet_epochs=10, **options)
    assert clustering_accuracy(y, found) == 1
    assert apart(model.embed(x), y) > before + 0.05
    with pytest.raises(ValueError, match="triplet_epochs=-1"):
        model.adapt(x, triplet_epochs=-1, **options)


@pytest.mark.traced
def test_what_partitions_agree_about(blobs, monkeypatch):
    """Of the graph of the embedding, after triplets."""
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    x, y = blobs
    model = systems.make("dec")
    systems.pretrain(model, x, epochs=0)
    options = {"method": "graph_consensus", "num_neighbors": 7}
    found = model.adapt(x, triplet_epochs=2, **options)
    assert clustering_accuracy(y, found) == 1
    with pytest.raises(ValueError, match="num_neighbors=0"):
        model.adapt(x, **{**options, "num_neighbors": 0})


@pytest.mark.traced
@pytest.mark.parametrize("embeds", [False, True])
def test_the_embedding_counts_where_it_is_trained(embeds, blobs, monkeypatch):
    """A random one says nothing about neighbors."""
    found = []
    search = graph_search.graph_partitions

    def note(graph, features, spaces, *args):
        found.append(sorted(spaces))
        return search(graph, features, spaces, *args)

    monkeypatch.setattr(graph_search, "graph_partitions", note)
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    model = systems.make("dec", compiled=False)
    model.compile(pretrain_method="neighbors" if embeds else "autoencoder")
    model.build((None, 6))
    model.adapt(blobs[0], method="graph_consensus")
    points = ["points 0", "points 1"]
    assert found == [["embedding", *points] if embeds else points]


def test_the_decoder_learns_after_the_clusters(blobs):
    x, errors = blobs[0], []
    options = {"method": "graph_linkage", "num_neighbors": 7}
    for epochs in (0, 40):
        model = systems.make("idec")
        systems.pretrain(model, x, epochs=0)
        model.adapt(x, decoder_epochs=epochs, **options)
        errors.append(model.mean_reconstruction_error(x, 90))
    assert errors[1] < 0.8 * errors[0]
    with pytest.raises(ValueError, match="decoder_epochs=-1"):
        model.adapt(x, decoder_epochs=-1, **options)
    with pytest.raises(ValueError, match="no decoder.*decoder_epochs=1"):
        systems.make("dec").adapt(x, decoder_epochs=1, **options)


def apart(z, y):
    """By how much samples are more like those of their cluster: cosines."""
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    same = y[:, None] == y
    cosines = z @ z.T
    return cosines[same].mean() - cosines[~same].mean()


def test_images_are_needed_for_shifts(blobs):
    model = systems.make("dec", compiled=False)
    model.compile(pretrain_method="neighbors")
    with pytest.raises(ValueError, match="height, width.*shape"):
        model.pretrain(blobs[0], epochs=1, shifts=True, verbose=0)
    assert not model.pretrained


def test_softmax_takes_centers():
    z = np.repeat(np.eye(3), 4, axis=0)
    layer = SoftmaxClusters(3)
    centers = np.eye(3)[[2, 0, 1]]
    found = layer.adapt(z, initial_centers=centers)
    np.testing.assert_array_equal(found, np.repeat([1, 2, 0], 4))
    q = keras.ops.convert_to_numpy(layer(z))
    np.testing.assert_array_equal(q.argmax(axis=1), found)
    with pytest.raises(ValueError, match="initial_centers"):
        SoftmaxClusters(3).adapt(z, initial_centers=np.zeros((2, 3)))
