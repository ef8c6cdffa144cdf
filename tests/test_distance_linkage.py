import numpy as np
import pytest
import systems

from kerasdc.algorithms.distance_linkage import distance_linkage
from kerasdc.metrics import clustering_accuracy


def _unequal(num, small, seed=0):
    """One long cluster of most points, and two small ones far from it."""
    generator = np.random.default_rng(seed)
    z = generator.normal(size=(num + 2 * small, 2))
    z[:num, 0] *= 3.0
    z[num:, 1] += 30.0
    z[num + small :, 0] += 20.0
    return z, np.repeat([0, 1, 2], [num, small, small])


def test_a_large_cluster_is_not_split():
    z, y = _unequal(300, 8)
    found = distance_linkage(z, 3)
    assert clustering_accuracy(y, found) == 1
    assert np.bincount(found).min() == 8


def test_groups_merge_by_the_mean_distance():
    # 0 and 1 are nearest.
    z = np.array([[0.0], [1.0], [3.0], [5.4]])
    assert len(set(distance_linkage(z, 3)[:2])) == 1
    # 2.5 on mean from 3 to {0, 1}, but 2.4 from 3 to 5.4.
    found = distance_linkage(z, 2)
    assert found[0] == found[1] != found[2] == found[3]
    # At most 2.4 apart, or 3 from 0 to 3.
    assert (distance_linkage(z, 2, "complete") == found).all()
    found = distance_linkage(z + [[0.0], [0.0], [0.0], [0.2]], 2)
    assert found[0] == found[1] == found[2] != found[3]


def test_of_many_points_some_are_merged():
    z, y = _unequal(300, 40)
    found = distance_linkage(z, 3, max_points=100)
    assert clustering_accuracy(y, found) == 1
    np.testing.assert_array_equal(distance_linkage(z, 1), np.zeros(380))


def test_points_are_checked():
    with pytest.raises(ValueError, match="distinct"):
        distance_linkage(np.zeros((5, 2)), 2)
    with pytest.raises(ValueError, match="average, complete.*kind='single'"):
        distance_linkage(np.eye(4), 2, "single")
    with pytest.raises(ValueError, match="max_points=1"):
        distance_linkage(np.eye(4), 2, max_points=1)


@pytest.mark.usefixtures("eagerly")
def test_its_clusters_are_learned(blobs):
    x, y = blobs
    model = systems.make("dec")
    systems.pretrain(model, x, epochs=0)
    options = {"method": "average_linkage", "num_neighbors": 7}
    found = model.adapt(x, learned_epochs=30, **options)
    assert clustering_accuracy(y, found) == 1
    np.testing.assert_array_equal(found, model.assign(x))
