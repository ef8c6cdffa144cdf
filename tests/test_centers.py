import numpy as np
import pytest

from kerasdc.algorithms.centers import center_search
from kerasdc.algorithms.centers import nearest_center

METHODS = ["kmeans", "minibatch_kmeans", "merged_kmeans", "modular_kmeans"]


def test_nearest_center_by_hand():
    centers = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    z = np.array([[1.0, 0.5], [2.5, 0.0], [1.0, 3.0], [1.9, 1.0]])
    assert nearest_center(z, centers).tolist() == [0, 1, 2, 0]
    assert nearest_center(z, centers, block=3).tolist() == [0, 1, 2, 0]


def test_far_from_the_origin_nothing_is_lost():
    found = nearest_center(
        np.float32([[999.9, 1000], [1000.1, 1000]]),
        np.float32([[999, 1000], [1001, 1000]]),
    )
    assert found.tolist() == [0, 1]


@pytest.mark.parametrize("method", METHODS)
def test_every_search_finds_two_groups(method):
    z = np.repeat(np.float32([[0, 0], [9, 3]]), 10, axis=0)
    z += np.random.default_rng(0).uniform(-0.1, 0.1, z.shape)
    find_centers = center_search(method)
    centers = find_centers(z, 2, num_restarts=2, seed=0)
    assert centers.dtype == "float32"
    np.testing.assert_allclose(
        centers[centers[:, 0].argsort()], [[0, 0], [9, 3]], atol=0.1
    )


@pytest.mark.parametrize("method", ["spectral", None, 1])
def test_unknown_searches_are_refused(method):
    with pytest.raises(ValueError, match=f"Received: method={method!r}$"):
        center_search(method)


# By batches, k-means finds some centers even there.
@pytest.mark.parametrize("method", [METHODS[0], *METHODS[2:]])
def test_points_that_float32_cannot_tell_apart_are_refused(method):
    generator = np.random.default_rng(0)
    near = 1e-6 * generator.normal(size=(50, 2))
    z = np.concatenate([near, near + 1e3]).astype("float32")
    with pytest.raises(ValueError, match="too close.*num_clusters=5$"):
        center_search(method)(z, 5, num_restarts=2, seed=0)


@pytest.mark.parametrize("method", METHODS)
def test_one_point_is_one_cluster(method):
    z = np.array([[1.0, 2.0]], "float32")
    centers = center_search(method)(z, 1, num_restarts=1, seed=0)
    np.testing.assert_array_equal(centers, z)


@pytest.mark.parametrize("scale", [1e-30, 1e19, 1e37])
def test_nearest_center_at_any_scale(scale):
    """Squares would overflow or underflow."""
    generator = np.random.default_rng(0)
    z, centers = generator.normal(size=(2, 9, 3)).astype("float32")
    expected = nearest_center(z, centers)
    found = nearest_center(np.float32(z * scale), np.float32(centers * scale))
    assert found.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="`z` must be finite"):
        nearest_center(z * np.nan, centers)
