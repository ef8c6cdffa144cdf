"""Clusters of many samples are found from some of them."""

import warnings

import numpy as np
import pytest
import systems

from kerasdc.models import SYSTEMS
from kerasdc.utils.sampled_rows import sampled_rows

ADAPTED = ("dec", "vade", "embedding", "dcn", "depict")
TRAINED = ("jule", "temi", "tsne")


@pytest.mark.parametrize("system", ADAPTED)
def test_clusters_are_those_of_the_sample(system, blobs):
    x, y = blobs
    model = systems.make(system)
    systems.pretrain(model, x, epochs=2)
    found = model.adapt(x, max_samples=40, seed=5)
    assert np.array_equal(found, model.assign(x))
    rows = sampled_rows(len(x), 40, model.seed or 0)
    layer = model.prior if system == "vade" else model.clustering
    weights = [w.numpy() for w in layer.weights]
    model.adapt(x[rows], seed=5)
    for before, weight in zip(weights, layer.weights, strict=True):
        np.testing.assert_allclose(before, weight.numpy(), atol=1e-5)


def test_clusters_keep_their_numbers(blobs):
    x, _ = blobs
    model = systems.make("embedding")
    systems.pretrain(model, x, epochs=2)
    first = model.adapt(x, seed=0)
    again = model.adapt(x, seed=1, max_samples=40, previous=(first + 1) % 3)
    assert np.array_equal(again, model.assign(x))
    assert np.array_equal(again, (first + 1) % 3)


@pytest.mark.parametrize("system", TRAINED)
def test_graphs_are_those_of_a_sample(system, blobs):
    x, _ = blobs
    model = systems.make(system)
    model.compile(max_samples=60)
    with pytest.warns(UserWarning, match="trained on 60 of"):
        sample = model.prepare(x)
    rows = sampled_rows(len(x), 60, model.seed or 0)
    assert np.array_equal(sample, np.asarray(x, "float32")[rows])
    assert model.prepare(sample) is sample
    assert model.get_compile_config()["max_samples"] == 60
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        systems.fit(model, x, epochs=1, batch_size=20)
    assert len(model.predict(x, verbose=0)) == len(x)


def test_pretraining_by_neighbors_takes_a_sample(blobs):
    x, _ = blobs
    model = systems.make("dec")
    model.compile(pretrain_method="neighbors")
    common = {"max_samples": 50, "num_neighbors": 5}
    steps = {"epochs": 1, "steps_per_epoch": 2, "batch_size": 8}
    model.pretrain(x, **common, **steps, verbose=0)
    assert model._known_graph[1].shape == (50, 50)


def test_max_samples_is_checked():
    model = SYSTEMS["temi"](3)
    with pytest.raises(ValueError, match="max_samples"):
        model.compile(max_samples=0)
