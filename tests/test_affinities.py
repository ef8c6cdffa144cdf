import numpy as np
import pytest
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from kerasdc.algorithms.affinities import conditional_affinities
from kerasdc.algorithms.affinities import conditional_neighbor_affinities
from kerasdc.algorithms.affinities import joint_affinities
from kerasdc.algorithms.affinities import neighbor_affinities


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(0)
    scales = generator.lognormal(0, 2, (120, 1))  # dense and sparse regions
    return generator.normal(size=(120, 5)) * scales


def perplexities(p):
    entropy = -np.sum(np.where(p > 0, p * np.log(np.maximum(p, 1e-300)), 0), 1)
    return np.exp(entropy)


@pytest.mark.parametrize("perplexity", [1.5, 10.0, 39.0])
def test_every_row_has_the_perplexity(x, perplexity):
    p = conditional_affinities(x, perplexity)
    np.testing.assert_allclose(perplexities(p), perplexity, rtol=0.01)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (np.diag(p) == 0).all()


@pytest.mark.parametrize("perplexity", [1.5, 10.0, 39.0])
def test_every_row_of_neighbors_has_the_perplexity(x, perplexity):
    p = conditional_neighbor_affinities(x, perplexity).toarray()
    np.testing.assert_allclose(perplexities(p), perplexity, rtol=0.01)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (np.diag(p) == 0).all()


def test_two_neighbors_by_hand():
    """At equal distances both have probability 1/2, whatever the width."""
    x = np.array([[0.0], [1.0], [-1.0], [50.0]])
    p = conditional_affinities(x, 1.0)
    assert p[0, 1] == p[0, 2]
    assert p[0, 3] < 1e-6


def test_joint_equals_scikit_learns(x):
    received = joint_affinities(x, 20.0)
    squared = pairwise_distances(x, squared=True).astype("float32")
    expected = _joint_probabilities(squared, 20.0, 0)
    rows, columns = np.triu_indices(len(x), 1)
    # It stops its bisection at a difference of 1e-5 in entropy.
    np.testing.assert_allclose(
        received[rows, columns], expected, rtol=1e-2, atol=1e-7
    )
    np.testing.assert_array_equal(received, received.T)
    assert received.sum() == pytest.approx(1, rel=1e-5)


def test_neighbors_equal_scikit_learns(x):
    received = neighbor_affinities(x, 10.0)
    search = NearestNeighbors(n_neighbors=30, algorithm="brute").fit(
        x.astype("float32")
    )
    graph = search.kneighbors_graph(mode="distance")
    graph.data **= 2
    expected = _joint_probabilities_nn(graph, 10.0, 0)
    np.testing.assert_allclose(
        received.toarray(), expected.toarray(), rtol=1e-2, atol=1e-7
    )
    assert received.sum() == pytest.approx(1)


def test_far_away_and_tiny_distances_stay_finite():
    base = np.random.default_rng(0).normal(size=(20, 3))
    for scale, shift in ((1e-6, 0), (1e6, 0), (1.0, 1e4)):
        p = conditional_affinities(base * scale + shift, 5.0)
        assert np.isfinite(p).all()
        np.testing.assert_allclose(perplexities(p), 5, rtol=0.01)


@pytest.mark.parametrize("shift", [-1e6, 1e7])
def test_far_from_zero_nothing_is_lost(x, shift):
    expected = neighbor_affinities(x, 5.0).toarray()
    received = neighbor_affinities(x + shift, 5.0).toarray()
    np.testing.assert_allclose(received, expected, 1e-3, 1e-7)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "function", [joint_affinities, conditional_affinities, neighbor_affinities]
)
def test_what_is_not_finite_is_refused(function, value):
    x = np.random.default_rng(0).normal(size=(20, 3))
    x[4, 1], x[5, 1] = value, -value
    with pytest.raises(
        ValueError, match="`x` must be finite.*Received: x from"
    ):
        function(x, 3.0)


def test_integers_and_lists_are_left_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 2, 3), "uint8")
    before = pixels.copy()
    for function in (joint_affinities, conditional_affinities):
        expected = function(pixels.astype("float64"), 3.0)
        for form in (pixels, pixels.tolist()):
            np.testing.assert_array_equal(function(form, 3.0), expected)
    np.testing.assert_array_equal(pixels, before)


def test_duplicates_are_all_alike():
    p = joint_affinities(np.ones((10, 4)), 3.0)
    off = ~np.eye(10, dtype=bool)
    np.testing.assert_allclose(p[off], 1 / 90, rtol=1e-5)


@pytest.mark.parametrize("perplexity", [0.5, 3.1, np.nan])
@pytest.mark.parametrize(
    "function", [joint_affinities, conditional_affinities, neighbor_affinities]
)
def test_perplexity_out_of_range(function, perplexity):
    with pytest.raises(ValueError, match="here 3. Received: perplexity="):
        function(np.eye(10), perplexity)


def test_one_sample_is_refused():
    with pytest.raises(ValueError, match="1 samples"):
        joint_affinities(np.ones((1, 3)), 1.0)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e12, 1e30, 1e38])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_affinities_do_not_depend_on_the_scale(scale, dtype):
    """Squares would overflow or underflow."""
    x = np.random.default_rng(0).uniform(-1, 1, (20, 3)).astype("float32")
    for function in (joint_affinities, neighbor_affinities):
        expected = function(x, 3.0)
        found = function(np.asarray(x * np.float64(scale), dtype), 3.0)
        if function is neighbor_affinities:
            expected, found = expected.toarray(), found.toarray()
        np.testing.assert_allclose(found, expected, 1e-3, 1e-7)


@pytest.mark.parametrize("perplexity", ["3", None, True, 10**400, [3]])
def test_perplexity_is_refused_by_name(perplexity):
    with pytest.raises(ValueError, match="`perplexity` must .*: perplexity="):
        joint_affinities(np.eye(20), perplexity)


@pytest.mark.parametrize("x", ["a", None, [[1, 2], [3]], [["a"]], []])
def test_data_are_refused_by_name(x):
    with pytest.raises(ValueError, match="`x` must .*Received: x"):
        joint_affinities(x, 3.0)
