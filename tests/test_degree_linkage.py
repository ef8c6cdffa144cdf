import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import kneighbors_graph

from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.degree_linkage import nearest_groups
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph


def _random_graph(n, k, seed):
    """Edges to the k nearest of random points, of random weights."""
    generator = np.random.default_rng(seed)
    points = generator.random((n, 2))
    graph = kneighbors_graph(points, k)
    graph.data = generator.uniform(0.1, 1, graph.nnz)
    return graph


def _affinity(w, a, b):
    """Equation (3), by its definition on dense matrices."""
    ab, ba = w[np.ix_(a, b)], w[np.ix_(b, a)]
    there = (ab.sum(axis=0) * ba.sum(axis=1)).sum()
    back = (ab.sum(axis=1) * ba.sum(axis=0)).sum()
    return there / len(a) ** 2 + back / len(b) ** 2


def _by_definition(graph, num_clusters):
    w, groups = graph.toarray(), nearest_groups(graph)
    clusters = [np.flatnonzero(groups == i) for i in range(groups.max() + 1)]
    while len(clusters) > num_clusters:
        pairs = list(itertools.combinations(range(len(clusters)), 2))
        ties = [_affinity(w, clusters[i], clusters[j]) for i, j in pairs]
        i, j = pairs[int(np.argmax(ties))]
        clusters[i] = np.concatenate([clusters[i], clusters.pop(j)])
    labels = np.empty(len(w), int)
    for number, rows in enumerate(clusters):
        labels[rows] = number
    return labels


def _same(first, second):
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("num_clusters", (2, 4))
def test_it_is_the_definition(seed, num_clusters):
    graph = _random_graph(80, 6, seed)
    found = degree_linkage(graph, num_clusters)
    assert _same(found, _by_definition(graph, num_clusters))


def test_affinity_by_hand():
    # 0 and 1 are each other's nearest, so are 2 and 3; 1 and 2 are tied.
    weights = np.zeros((4, 4))
    weights[0, 1] = weights[1, 0] = weights[2, 3] = weights[3, 2] = 1.0
    weights[1, 2], weights[2, 1] = 0.5, 0.2
    linkage = DegreeLinkage(sparse.csr_matrix(weights))
    (candidate,) = linkage._heap
    assert candidate[0] == pytest.approx(-2 * 0.5 * 0.2 / 2**2)


def test_long_clusters_are_found():
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, 2 * np.pi, 600)
    radius = np.repeat([1.0, 2.0, 3.0], 200)
    rings = radius * np.array([np.cos(angle), np.sin(angle)])
    noise = generator.normal(0, 0.05, (600, 2))
    graph = fuzzy_neighbor_graph(rings.T + noise, 10)
    expected = np.repeat([0, 1, 2], 200)
    np.testing.assert_array_equal(degree_linkage(graph, 3), expected)


def test_several_sizes_are_nested():
    linkage = DegreeLinkage(_random_graph(80, 8, 0))
    many, few = linkage.merge_to(6), linkage.merge_to(3)
    assert len(set(many)) == 6 and len(set(few)) == 3
    assert len(set(zip(many.tolist(), few.tolist(), strict=True))) == 6


def test_without_edges_the_smallest_are_merged():
    blocks = [np.ones((n, n)) - np.eye(n) for n in (5, 2, 3, 4)]
    graph = sparse.block_diag(blocks)
    found = degree_linkage(graph, 3)
    assert found.tolist() == [0] * 5 + [1] * 5 + [2] * 4


def test_more_clusters_than_groups():
    graph = sparse.csr_matrix(np.ones((6, 6)) - np.eye(6))
    for wanted in (1, 4, 6):
        found = degree_linkage(graph, wanted)
        assert sorted(set(found)) == list(range(wanted))


@pytest.mark.parametrize(
    ("graph", "num_clusters", "message"),
    [
        (np.ones((3, 3)), 2, "sparse matrix"),
        (sparse.csr_matrix((3, 3)), 2, "has edges"),
        (sparse.csr_matrix(-np.ones((3, 3))), 2, "at least 0"),
        (sparse.csr_matrix(np.ones((3, 3))), 4, "at most the number"),
        (sparse.csr_matrix(np.ones((3, 3))), 0, "num_clusters=0"),
    ],
)
def test_wrong_arguments(graph, num_clusters, message):
    with pytest.raises(ValueError, match=message):
        degree_linkage(graph, num_clusters)
