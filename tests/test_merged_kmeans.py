import numpy as np
import pytest
from scipy import sparse
from sklearn.cluster import KMeans

from kerasdc.algorithms import merged_kmeans
from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.merged_kmeans import normalized_cut
from kerasdc.layers import ClusteringLayer
from kerasdc.metrics import clustering_accuracy


def two_strips(num_points=400):
    """Two parallel strips, far longer than they are apart."""
    generator = np.random.default_rng(0)
    along = np.repeat(np.linspace(0, 20, num_points // 2), 2)
    label = np.arange(num_points) % 2
    across = 3.0 * label + generator.uniform(-0.5, 0.5, num_points)
    return np.stack([along, across], axis=1).astype("float32"), label


def test_merged_kmeans_finds_the_strips_that_kmeans_cuts_across():
    z, label = two_strips()
    merged = merged_kmeans.merged_kmeans(z, 2, num_restarts=3, seed=0)
    # Both means lie in the middle of a strip: (10, 0) and (10, 3).
    assert np.allclose(merged[:, 0], 10, atol=0.1)
    assert np.allclose(np.sort(merged[:, 1]), [0, 3], atol=0.1)
    plain = ClusteringLayer(2).adapt(z, num_restarts=5, seed=0)
    assert clustering_accuracy(label, plain) < 0.6
    assert clustering_accuracy(label, nearest_center(z, merged)) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_kmeans_makes_the_runs_that_scikit_learn_would(seed, capsys):
    z = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    expected = KMeans(8, n_init=5, random_state=seed).fit(z)
    found = merged_kmeans.fit_kmeans(z, 8, 5, seed, verbose=1)
    np.testing.assert_array_equal(
        found.cluster_centers_, expected.cluster_centers_
    )
    assert "5/5" in capsys.readouterr().out
    merged_kmeans.fit_kmeans(z, 8, 5, seed)
    assert capsys.readouterr().out == ""


def test_normalized_cut_by_hand():
    # Inside weights 8 and 8, one edge of weight 1 between: 1/9 + 1/9.
    affinity = sparse.csr_matrix([[8.0, 1.0], [1.0, 8.0]])
    cut = merged_kmeans._normalized_cut(affinity, np.array([0, 1]))
    assert cut == pytest.approx(2 / 9)


def test_seed_repeats_and_sampling_bounds_the_points():
    z, _ = two_strips()
    first = merged_kmeans.merged_kmeans(z, 2, 2, max_points=100, seed=3)
    again = merged_kmeans.merged_kmeans(z, 2, 2, max_points=100, seed=3)
    other = merged_kmeans.merged_kmeans(z, 2, 2, max_points=100, seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_as_many_points_as_clusters():
    z = np.eye(4, dtype="float32")
    centers = merged_kmeans.merged_kmeans(z, 4, num_restarts=1, seed=0)
    assert sorted(map(tuple, centers)) == sorted(map(tuple, z))


def test_copies_of_few_points_are_no_more_pieces():
    """Of fewer distinct points than pieces, k-means would warn."""
    z = np.repeat(np.eye(4, 3) * 10, 50, axis=0)
    centers = merged_kmeans.merged_kmeans(z, 4, num_restarts=3, seed=0)
    order = np.lexsort(centers.T)
    expected = np.eye(4, 3)[np.lexsort(np.eye(4, 3).T)] * 10
    np.testing.assert_allclose(centers[order], expected, atol=1e-6)


def test_no_restarts_and_too_few_points_are_refused():
    z = np.eye(5, 3)
    with pytest.raises(ValueError, match="Received: num_restarts=0"):
        merged_kmeans.merged_kmeans(z, 2, num_restarts=0)
    # All but one point of a thousand are the same: no sample has three.
    z = np.repeat(np.eye(3), [998, 1, 1], axis=0)
    with pytest.raises(ValueError, match="Received: 50 samples, . of them"):
        merged_kmeans.merged_kmeans(z, 3, max_points=50, seed=0)


def test_layer_takes_the_method_and_names_unknown_ones():
    z, label = two_strips()
    layer = ClusteringLayer(2)
    assigned = layer.adapt(z, method="merged_kmeans", num_restarts=3, seed=0)
    assert clustering_accuracy(label, assigned) == 1.0
    with pytest.raises(ValueError, match="Received: method='spectral'"):
        layer.adapt(z, method="spectral")


def test_normalized_cut_of_points():
    """Two pairs far apart, one neighbor each."""
    z = np.array([[0.0], [1.0], [100.0], [101.0]])

    def cut(clusters, num_clusters=2):
        graph = merged_kmeans.neighbor_graph(z, 1)
        return normalized_cut(graph, clusters, num_clusters)

    assert cut([0, 0, 1, 1]) == pytest.approx(0)
    assert cut([0, 1, 0, 1]) == pytest.approx(2)
    assert cut([0, 0, 0, 1]) == pytest.approx(1 / 3 + 1)
    assert cut([0, 0, 0, 0]) == pytest.approx(1)  # of one without points
    assert cut([2, 2, 0, 0], 3) == pytest.approx(1)
