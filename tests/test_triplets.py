import numpy as np
import pytest

from kerasdc.losses import cluster_triplets


def by_loops(z, clusters, margin):
    found = []
    for i, point in enumerate(z):
        distances = np.square(z - point).sum(axis=1)
        mates = [j for j in np.flatnonzero(clusters == clusters[i]) if j != i]
        others = np.flatnonzero(clusters != clusters[i])
        if not mates or not others.size:
            found.append(0.0)
            continue
        near = distances[mates].mean()
        found.append(np.maximum(margin + near - distances[others], 0).mean())
    return found


def test_as_by_loops():
    generator = np.random.default_rng(0)
    z = generator.normal(size=(12, 3)).astype("float32")
    clusters = np.array([0] * 5 + [1] * 4 + [2] * 2 + [3])
    found = cluster_triplets(z, clusters, 2.0)
    np.testing.assert_allclose(found, by_loops(z, clusters, 2.0), rtol=1e-4)
    assert found[-1] == 0  # alone in its cluster


def test_one_cluster_and_clusters_that_are_apart():
    z = np.eye(4, dtype="float32")
    np.testing.assert_array_equal(cluster_triplets(z, np.zeros(4, int)), 0)
    far = 10 * np.repeat(np.eye(2, dtype="float32"), 2, axis=0)
    found = cluster_triplets(far, np.array([0, 0, 1, 1]))
    np.testing.assert_array_equal(found, 0)


def test_margin_is_checked():
    with pytest.raises(ValueError, match="margin=-1"):
        cluster_triplets(np.eye(2), np.arange(2), -1)
