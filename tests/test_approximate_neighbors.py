import importlib.util

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from kerasdc.algorithms import approximate_neighbors as searched
from kerasdc.algorithms.affinities import conditional_neighbor_affinities
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbors import cosine_neighbors

X = np.random.default_rng(0).normal(size=(3000, 8)).astype("float32")
INSTALLED = importlib.util.find_spec("pynndescent") is not None


@pytest.fixture
def few_exact(monkeypatch):
    monkeypatch.setattr(searched, "MOST_EXACT", 1000)


@pytest.mark.skipif(not INSTALLED, reason="pynndescent is not installed")
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_nearly_all_are_right(metric):
    distances, indices = searched.approximate_neighbors(X, 10, metric)
    exact = NearestNeighbors(n_neighbors=10, metric=metric).fit(X)
    expected = exact.kneighbors(return_distance=False)
    pairs = zip(indices, expected, strict=True)
    assert np.mean([np.isin(a, b).mean() for a, b in pairs]) > 0.98
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (indices != np.arange(len(X))[:, None]).all()


@pytest.mark.skipif(not INSTALLED, reason="pynndescent is not installed")
def test_graphs_of_many_samples_are_nearly_the_same(few_exact, monkeypatch):
    found = [f(X).astype(bool) for f in (fuzzy_neighbor_graph, _affinities)]
    found.append(cosine_neighbors(X, 5))
    monkeypatch.setattr(searched, "MOST_EXACT", 100_000)
    exact = [f(X).astype(bool) for f in (fuzzy_neighbor_graph, _affinities)]
    for a, b in zip(found[:2], exact, strict=True):
        assert a.multiply(b).sum() > 0.97 * b.sum()
    assert (found[2][:, 0] == cosine_neighbors(X, 5)[:, 0]).mean() > 0.98


def _affinities(x):
    return conditional_neighbor_affinities(x, 5)


@pytest.mark.skipif(INSTALLED, reason="pynndescent is installed")
@pytest.mark.parametrize(
    "search", [fuzzy_neighbor_graph, _affinities, cosine_neighbors]
)
def test_without_the_package_it_is_named(few_exact, search):
    with pytest.raises(ImportError, match=r"kerasdc\[umap\].*3,000 samples"):
        search(X)


def test_few_samples_are_compared_with_all():
    assert not searched.is_approximate(X)
