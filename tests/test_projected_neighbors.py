import numpy as np
import pytest

from kerasdc.algorithms import projected_neighbors
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.projected_neighbors import first_of_each
from kerasdc.algorithms.projected_neighbors import nearest_rows
from kerasdc.algorithms.shifted_neighbors import shifted_neighbor_graph


@pytest.fixture
def projecting(monkeypatch):
    """A function after which few and short rows are projected, too."""

    def lower():
        monkeypatch.setattr(projected_neighbors, "_MOST_COMPARED", 50)
        monkeypatch.setattr(projected_neighbors, "_LONG", 16)
        monkeypatch.setattr(projected_neighbors, "_NUM_COMPONENTS", 24)

    return lower


@pytest.fixture(scope="module")
def images():
    from sklearn.datasets import load_digits

    return load_digits().images[:400].astype("float32")


def test_those_of_digits_by_brute_force(images, projecting):
    x = images.reshape(len(images), -1)
    squares = ((x[:, None].astype("float64") - x) ** 2).sum(axis=2)
    expected = np.sqrt(np.sort(squares, axis=1)[:, :6])
    whole = nearest_rows(x, x, 6)
    np.testing.assert_allclose(whole[0], expected, rtol=1e-4, atol=1e-2)
    projecting()
    distances, indices = nearest_rows(x, x, 6)
    assert np.mean(indices == np.argsort(squares, axis=1)[:, :6]) > 0.97
    found = np.take_along_axis(squares, indices, axis=1)
    np.testing.assert_allclose(distances, np.sqrt(found), rtol=1e-5)
    assert (np.diff(distances, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "graph", [fuzzy_neighbor_graph, shifted_neighbor_graph]
)
def test_graphs_are_nearly_the_same(graph, images, projecting):
    whole = graph(images, 5)
    projecting()
    found = graph(images, 5)
    assert found.diagonal().sum() == 0
    apart = abs(whole - found).sum()
    assert 0 < apart < 0.02 * whole.sum()


def test_more_duplicates_than_neighbors(projecting):
    x = np.repeat(np.eye(32, dtype="float32"), 8, axis=0)
    projecting()
    graph = fuzzy_neighbor_graph(x, 3)
    assert graph.diagonal().sum() == 0
    rows, columns = graph.nonzero()
    assert (rows // 8 == columns // 8).all()


def test_each_neighbor_counts_once():
    distances = np.array([[3.0, 1.0, 2.0, 1.5, 0.0]])
    indices = np.array([[2, 1, 1, 2, 0]])  # row 0 itself is no neighbor
    found = first_of_each(distances, indices, 2)
    np.testing.assert_array_equal(found[0], [[1.0, 1.5]])
    np.testing.assert_array_equal(found[1], [[1, 2]])
