import numpy as np
import pytest
from scipy.sparse import csr_matrix

from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.modular_kmeans import modular_kmeans
from kerasdc.algorithms.modular_kmeans import modularity

TRIANGLES = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)]


def graph_of(edges):
    graph = np.zeros((6, 6))
    for i, j in edges:
        graph[i, j] = graph[j, i] = 2.5  # a factor changes nothing
    return csr_matrix(graph)


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ([0, 0, 0, 1, 1, 1], 6 / 7 - 1 / 2),
        ([7, 7, 7, 4, 4, 4], 6 / 7 - 1 / 2),
        ([0, 0, 0, 0, 0, 0], 0),
        ([0, 1, 2, 3, 4, 5], -(4 * 4 + 2 * 9) / 14**2),
    ],
)
def test_modularity_by_hand(clusters, expected):
    """Of two triangles that an edge joins: 7 edges."""
    found = modularity(graph_of(TRIANGLES), np.array(clusters))
    assert found == pytest.approx(expected)


@pytest.fixture(scope="module")
def line_and_blobs():
    """A long group, which the least inertia splits, and two small ones."""
    rng = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 10, 60), np.zeros(60)], axis=1)
    blobs = np.repeat([[3.0, 8.0], [7.0, 8.0]], 30, axis=0)
    z = np.concatenate([line, blobs]) + rng.normal(0, 0.2, (120, 2))
    return z.astype("float32"), np.repeat([0, 0, 1, 2], 30)


def same(first, second):
    pairs = [labels[:, None] == labels for labels in (first, second)]
    return (pairs[0] == pairs[1]).all()


def test_borders_run_where_neighbors_are_few(line_and_blobs):
    z, groups = line_and_blobs
    assert not same(fit_kmeans(z, 3, 20, seed=0).labels_, groups)
    for max_points in (100, 20_000):
        centers = modular_kmeans(z, 3, max_points=max_points, seed=0)
        assert centers.dtype == "float32"
        assert same(nearest_center(z, centers), groups)
    again = modular_kmeans(z, 3, seed=0)
    np.testing.assert_array_equal(again, centers)


@pytest.mark.parametrize(
    ("graph", "clusters"),
    [
        (graph_of(TRIANGLES), [0, 1]),
        (graph_of([]), [0] * 6),
        (None, [0, 1]),
    ],
)
def test_what_is_no_graph_of_the_clusters(graph, clusters):
    with pytest.raises(ValueError, match=f"and {len(clusters)} clusters$"):
        modularity(graph, clusters)
