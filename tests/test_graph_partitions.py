import numpy as np
import pytest
import scipy.sparse

from kerasdc.algorithms.graph_partitions import graph_partitions
from kerasdc.algorithms.graph_partitions import neighbor_shares
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


def test_shares_of_neighbors_by_hand():
    """A chain of three samples with edges of 1 and 3, and one alone."""
    graph = scipy.sparse.csr_matrix(
        [[0, 1, 0, 0], [1, 0, 3, 0], [0, 3, 0, 0], [0, 0, 0, 0]]
    )
    found = neighbor_shares(graph, np.array([0, 0, 1, 2]), 4)
    expected = [
        [1, 0, 0, 0],
        [0.5 + 0.125, 0.375, 0, 0],
        [0.5, 0.5, 0, 0],
        [0, 0, 1, 0],
    ]
    np.testing.assert_allclose(found, expected)
    assert found.dtype == "float32"
