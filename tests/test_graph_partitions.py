import numpy as np
import pytest

from kerasdc.algorithms.graph_partitions import graph_partitions
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.metrics import clustering_accuracy


@pytest.mark.filterwarnings("error")
def test_every_method_finds_blobs():
    y = np.repeat([0, 1, 2], 50)
    x = 20 * np.eye(3)[y] + np.random.default_rng(0).normal(size=(150, 3))
    found = graph_partitions(fuzzy_neighbor_graph(x), x, {"x": x}, 3, seed=0)
    assert set(found) == {
        "linkage",
        "kmeans",
        "spectral",
        "kmeans of x",
        "mixture of x",
        "linkage of x",
    }
    for partition in found.values():
        assert clustering_accuracy(y, partition) == 1.0


@pytest.mark.parametrize("num", (2, 3, 4))
def test_as_many_clusters_as_samples(num):
    x = np.random.default_rng(0).normal(size=(num, 2))
    found = graph_partitions(fuzzy_neighbor_graph(x), x, {"x": x}, num, 0)
    for partition in found.values():
        assert sorted(partition) == list(range(num))
