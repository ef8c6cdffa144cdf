import numpy as np
import pytest
from scipy.optimize import brentq

from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbor_graph import membership_strengths
from kerasdc.algorithms.neighbor_graph import similarity_curve


def test_memberships_by_hand():
    """Of 4 neighbors, whose edges sum to log2(4) = 2."""
    found = membership_strengths(
        [
            [1, 2, 2, 2],  # 1 + 3t = 2
            [2, 3, 4, 5],  # 1 + t + t^2 + t^3 = 2
            [20, 30, 40, 50],  # the scale does not matter
            [3, 3, 4, 5],  # 2 + t + t^2 = 2
        ]
    )
    t = 0.54368901
    powers = [1, t, t**2, t**3]
    expected = [[1, 1 / 3, 1 / 3, 1 / 3], powers, powers, [1, 1, 0, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_memberships_of_duplicates():
    """They are neighbors for sure; the nearest is the nearest other."""
    found = membership_strengths([[0, 1, 2, 2], [0, 0, 0, 0], [0, 0, 0, 7]])
    expected = [[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def by_definition(x, k):
    """With loops, in dense arrays."""
    graph = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        distances = np.linalg.norm(x - x[i], axis=1)
        nearest = np.argsort(distances)[1 : k + 1]
        excess = distances[nearest] - distances[nearest].min()

        def surplus(sigma, excess=excess):
            return np.exp(-excess / sigma).sum() - np.log2(k)

        graph[i, nearest] = np.exp(-excess / brentq(surplus, 1e-9, 1e9))
    return graph + graph.T - graph * graph.T


@pytest.mark.parametrize("k", [3, 10])
def test_the_graph_is_that_of_the_definition(k):
    x = np.random.default_rng(0).normal(size=(60, 2, 3))
    graph = fuzzy_neighbor_graph(x, k)
    expected = by_definition(x.reshape(60, 6), k)
    np.testing.assert_allclose(graph.toarray(), expected, 1e-4, 1e-6)
    np.testing.assert_array_equal(graph.toarray(), graph.toarray().T)
    assert graph.diagonal().max() == 0 and graph.data.min() > 0
    assert graph.max() == 1


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_neither_scale_nor_origin_matter(scale):
    x = np.random.default_rng(1).normal(size=(40, 3))
    expected = fuzzy_neighbor_graph(x).toarray()
    found = fuzzy_neighbor_graph(scale * (x + 5)).toarray()
    np.testing.assert_allclose(found, expected, 1e-3, 1e-5)


def test_few_samples_and_duplicates():
    x = np.array([[0], [0], [5]], "uint8")
    graph = fuzzy_neighbor_graph(x, 10).toarray()  # 2 neighbors, not 10
    np.testing.assert_array_equal(graph, [[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    same = fuzzy_neighbor_graph(np.ones((3, 2)), 1)
    assert same.max() == 1 and same.shape == (3, 3)


@pytest.mark.parametrize(
    ("x", "k", "message"),
    [
        (np.ones((1, 2)), 1, "Received: 1 samples$"),
        (np.ones((9, 2)), 0, "Received: num_neighbors=0$"),
        (np.full((9, 2), np.nan), 1, "finite"),
    ],
)
def test_what_is_refused(x, k, message):
    with pytest.raises(ValueError, match=message):
        fuzzy_neighbor_graph(x, k)


def test_curves():
    """Those of umap-learn; the default, at any distance, by its target."""
    assert similarity_curve(0.1) == pytest.approx((1.577, 0.895), abs=1e-3)
    a, b = similarity_curve(0.0)
    d = np.linspace(0, 3, 50)
    assert abs(1 / (1 + a * d ** (2 * b)) - np.exp(-d)).max() < 0.06
    for min_dist in (-0.1, 2.1, None):
        with pytest.raises(ValueError, match="Received: min_dist="):
            similarity_curve(min_dist)
