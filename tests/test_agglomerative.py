import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

from kerasdc.algorithms import merged_kmeans
from kerasdc.algorithms.agglomerative import average_linkage


def dense_linkage(affinity, sizes, num_clusters):
    """The same by a search through all pairs for every merge."""
    affinity = affinity.toarray().astype("float64")
    sizes = np.asarray(sizes, "float64")
    merged_into = np.arange(len(sizes))
    alive = np.ones(len(sizes), bool)
    while alive.sum() > num_clusters:
        mean = affinity / np.outer(sizes, sizes)
        mean[~alive] = mean[:, ~alive] = -1.0
        np.fill_diagonal(mean, -1.0)
        keep, drop = np.unravel_index(mean.argmax(), mean.shape)
        affinity[keep] += affinity[drop]
        affinity[:, keep] += affinity[:, drop]
        sizes[keep] += sizes[drop]
        alive[drop] = False
        merged_into[merged_into == drop] = keep
    return np.unique(merged_into, return_inverse=True)[1]


def test_by_hand():
    # Edges 0-1: 4, 2-3: 4, 1-2: 1; sizes 1, 1, 1, 3. The mean weights are
    # 4, 4/3 and 1, so that 0-1 and then 2-3 are merged.
    affinity = np.zeros((4, 4))
    affinity[0, 1] = affinity[1, 0] = 4
    affinity[2, 3] = affinity[3, 2] = 4
    affinity[1, 2] = affinity[2, 1] = 1
    sizes, affinity = np.array([1, 1, 1, 3]), sparse.csr_matrix(affinity)
    expected = {4: [0, 1, 2, 3], 3: [0, 0, 1, 2], 2: [0, 0, 1, 1], 1: [0] * 4}
    for num_clusters, clusters in expected.items():
        found = average_linkage(affinity, sizes, num_clusters)
        assert found.tolist() == clusters


def points(kind):
    generator = np.random.default_rng(0)
    if kind == "digits":
        return load_digits().data.astype("float32")
    if kind == "uniform":
        return generator.uniform(size=(600, 2)).astype("float32")
    if kind == "blobs":  # the graph has a part for every blob
        centers = 100 * np.eye(8, 4)[generator.integers(8, size=500)]
        return np.float32(centers + generator.normal(size=(500, 4)))
    return np.float32(generator.integers(4, size=(400, 3)))  # a grid: ties


@pytest.mark.parametrize("kind", ["digits", "uniform", "blobs", "grid"])
@pytest.mark.parametrize("num_pieces", [20, 60])
def test_equals_the_search_through_all_pairs(kind, num_pieces):
    z = points(kind)
    graph = merged_kmeans.neighbor_graph(z, 10)
    generator = np.random.default_rng(num_pieces)
    pieces = merged_kmeans._pieces(z, num_pieces, 1, generator)
    affinity = merged_kmeans._sum_between(graph, pieces)
    sizes = np.bincount(pieces)
    for num_clusters in (1, 2, 5, 10, 19):
        found = average_linkage(affinity, sizes, num_clusters)
        expected = dense_linkage(affinity, sizes, num_clusters)
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_equal_weights_zeros_and_rounding_errors(seed):
    generator = np.random.default_rng(seed)
    upper = sparse.random(30, 30, 0.06, random_state=seed).toarray()
    weights = np.ceil(upper * 3) if seed % 2 else upper
    weights += weights.T
    if seed % 4 == 0:  # as the sum in another order gives
        weights *= 1 + 1e-16 * generator.integers(3, size=weights.shape)
    affinity = sparse.csr_matrix(weights)
    affinity.data[:4] = 0.0  # stored zeros are as good as none
    affinity = affinity.minimum(affinity.T) if seed % 4 else affinity
    sizes = generator.integers(1, 4, 30)
    for num_clusters in (1, 3, 10):
        found = average_linkage(affinity, sizes, num_clusters)
        expected = dense_linkage(affinity, sizes, num_clusters)
        assert found.tolist() == expected.tolist()


def test_many_pieces_take_no_square_of_memory_or_time():
    """A ring of 20,000 pieces: a search through all pairs takes hours."""
    num = 20_000
    weights = np.random.default_rng(0).uniform(1, 2, num)
    here, there = np.arange(num), np.roll(np.arange(num), -1)
    ring = sparse.csr_matrix((weights, (here, there)), (num, num))
    clusters = average_linkage(ring + ring.T, np.ones(num, int), 100)
    assert np.unique(clusters).tolist() == list(range(100))
    # Clusters of a ring are arcs.
    assert np.count_nonzero(clusters != np.roll(clusters, -1)) == 100
