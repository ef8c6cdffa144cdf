"""Starts of classifiers from clusters along the graph of neighbors."""

import functools

import numpy as np
import pytest
import systems
from sklearn.cluster import KMeans

import kerasdc
from kerasdc.algorithms.graph_partitions import graph_partitions
from kerasdc.metrics import clustering_accuracy
from kerasdc.models import IMSAT
from kerasdc.models import InfoGAN
from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_embedding
from kerasdc.models.bases import neighbor_points

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.mark.traced
@pytest.mark.parametrize("system", ["infogan", "imsat"])
@pytest.mark.parametrize("method", ["linkage", "consensus"])
def test_recognizes_clusters_along_the_graph(
    system, method, blobs, monkeypatch
):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    x, y = blobs
    model = systems.make(system)
    options = {"triplet_epochs": 4, "learned_epochs": 200, "num_neighbors": 7}
    options["method"] = method
    model.adapt(x, graph_start=options)
    found = model.recognizer()(model.encoder(model.features(x)))
    assert clustering_accuracy(y, np.argmax(found, axis=1)) == 1


@pytest.mark.traced
@pytest.mark.parametrize("system", ["infogan", "imsat"])
def test_the_embedding_of_neighbors_is_one_of_the_spaces(
    system, blobs, monkeypatch
):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    monkeypatch.setattr(neighbor_embedding, "STEPS_PER_EPOCH", 20)
    seen = {}

    def partitions(graph, features, spaces, *args):
        seen.update(spaces)
        return graph_partitions(graph, features, spaces, *args)

    monkeypatch.setattr(graph_search, "graph_partitions", partitions)
    x, y = blobs
    model = systems.make(system)
    options = {"method": "consensus", "neighbor_epochs": 2}
    model.adapt(x, graph_start={**options, "learned_epochs": 200})
    assert seen["embedding"].shape == (len(x), 10)
    assert kmeans_accuracy(seen["embedding"], y) == 1
    found = model.recognizer()(model.encoder(model.features(x)))
    assert clustering_accuracy(y, np.argmax(found, axis=1)) == 1


def kmeans_accuracy(z, y):
    kmeans = KMeans(len(set(y)), n_init=10, random_state=0)
    return clustering_accuracy(y, kmeans.fit_predict(z))


def test_starts_from_some_of_many_samples(blobs, monkeypatch):
    fewer = functools.partialmethod(InfoGAN.searched, max_samples=45)
    monkeypatch.setattr(InfoGAN, "searched", fewer)
    model = systems.make("infogan")
    model.adapt(blobs[0], graph_start={"num_neighbors": 7})
    assert model._known_graph[1].shape == (45, 45)


@pytest.mark.parametrize(
    "start, message",
    [
        (7, "graph_start=7"),
        ({"epochs": 1}, "triplet_epochs, triplet_restarts, learned_epochs"),
        ({"triplet_epochs": -1}, "triplet_epochs=-1"),
        ({"triplet_restarts": 0}, "triplet_restarts=0"),
        ({"learned_epochs": 0.5}, "learned_epochs=0.5"),
        ({"num_neighbors": 0}, "num_neighbors=0"),
        ({"shifts": 1}, "shifts=1"),
        ({"method": "kmeans"}, "consensus, linkage.*method='kmeans'"),
        ({"neighbor_epochs": -1}, "neighbor_epochs=-1"),
        ({"neighbor_epochs": 1}, "neighbor_epochs=1, method='linkage'"),
        (
            {"neighbor_epochs": 1, "method": "consensus", "triplet_epochs": 2},
            "without triplets.*triplet_epochs=2",
        ),
    ],
)
def test_bad_starts_are_refused(start, message, blobs):
    model = systems.make("infogan")
    with pytest.raises(ValueError, match=message):
        model.adapt(blobs[0], graph_start=start)
    assert not model.built


def test_one_start_at_a_time(blobs):
    model = systems.make("infogan")
    restarts = {"num": 2, "epochs": 1}
    with pytest.raises(ValueError, match="not both.*num"):
        model.adapt(blobs[0], restarts=restarts, graph_start={})


def test_starts_by_triplets_of_distorted_images():
    """VAT has no part in it."""
    x = np.random.default_rng(0).random((60, 8, 8))
    encoder = kerasdc.networks.normalized_conv_encoder((8, 8), (4,), (3,))
    shift = kerasdc.layers.RandomShiftRotation(0.1, 5.0)
    model = IMSAT(3, encoder, augmentation=["vat", shift], seed=1)
    model.compile()
    before = encoder.get_weights()[0]
    model.adapt(x, graph_start={"triplet_epochs": 1, "num_neighbors": 5})
    assert np.abs(encoder.get_weights()[0] - before).max() > 1e-4
    systems.fit(model, x)
    assert model.assign(x).shape == (60,)
