import numpy as np
import pytest

from kerasdc.algorithms.neighbors import cosine_neighbors
from kerasdc.algorithms.neighbors import kth_neighbor_distances


def test_on_a_line():
    x = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert kth_neighbor_distances(x, 1).tolist() == [1, 1, 2, 4]
    assert kth_neighbor_distances(x, 2).tolist() == [3, 2, 3, 6]


def test_fewer_samples_than_neighbors_take_the_farthest():
    x = np.array([[0.0], [1.0], [3.0]])
    assert kth_neighbor_distances(x, 10).tolist() == [3, 2, 3]
    assert kth_neighbor_distances(x[:1], 10).tolist() == [0]


def test_duplicates_are_neighbors_at_distance_0():
    x = np.array([[5.0, 5.0]] * 3 + [[5.0, 9.0]])
    assert kth_neighbor_distances(x, 2).tolist() == [0, 0, 0, 4]


def test_images_equal_the_definition():
    x = np.random.default_rng(0).normal(size=(40, 3, 3))
    flat = x.reshape(40, 9)
    all_pairs = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    expected = np.sort(all_pairs, axis=1)[:, 10]
    np.testing.assert_allclose(kth_neighbor_distances(x), expected, rtol=1e-4)


def test_a_subsample_says_so_and_keeps_the_scale():
    x = np.random.default_rng(0).random((4000, 2))
    exact = kth_neighbor_distances(x, 10)
    with pytest.warns(UserWarning, match="among 800 of 4,000 samples"):
        estimated = kth_neighbor_distances(x, 10, max_references=800)
    assert np.mean(estimated) == pytest.approx(np.mean(exact), rel=0.1)
    assert (estimated > 0).all()


@pytest.mark.parametrize("k", [0, 2.5, True])
def test_refuses_a_k_that_is_no_count(k):
    with pytest.raises(ValueError, match=f"`k`.*Received: k={k}$"):
        kth_neighbor_distances(np.eye(4), k)


@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1e15, 1e30])
def test_distances_of_any_scale(scale):
    """Squares would overflow or underflow."""
    x = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    expected = kth_neighbor_distances(x, 3) * np.float64(scale)
    found = kth_neighbor_distances(np.float32(x * scale), 3)
    np.testing.assert_allclose(found, expected, 1e-4)


@pytest.mark.parametrize("x", ["a", [[np.nan]], [[1], [2, 3]], []])
def test_data_are_refused_by_name(x):
    with pytest.raises(ValueError, match="`x` must .*Received: x"):
        kth_neighbor_distances(x)


def test_cosine_neighbors_by_hand():
    # Angles of 0, 10, 30, 55 degrees, of any length.
    angles = np.radians([0.0, 10, 30, 55])
    lengths = np.array([[1e-30], [1e30], [1.0], [5.0]])
    x = lengths * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = cosine_neighbors(x, 2)
    np.testing.assert_array_equal(found, [[1, 2], [0, 2], [1, 3], [2, 1]])
    assert cosine_neighbors(x, 50).shape == (4, 3)


def test_cosine_neighbors_of_duplicates_and_zeros():
    x = np.repeat([[0.0, 0.0], [1.0, 0.0]], 3, axis=0)
    found = cosine_neighbors(x, 2)
    assert all(i not in row for i, row in enumerate(found))
    assert set(found[3:].ravel()) == {3, 4, 5}


def test_cosine_neighbors_of_images():
    x = np.random.default_rng(0).integers(0, 255, (8, 3, 3), "uint8")
    flat = x.reshape(8, 9).astype("float32")
    np.testing.assert_array_equal(
        cosine_neighbors(x, 3), cosine_neighbors(flat, 3)
    )


@pytest.mark.parametrize(
    ("x", "k", "message"),
    [
        (np.eye(3), 0, "Received: k=0"),
        (np.eye(1), 1, "at least 2 samples. Received: 1"),
        (np.full((3, 2), np.nan), 1, "x"),
    ],
)
def test_cosine_neighbors_of_bad_values(x, k, message):
    with pytest.raises(ValueError, match=message):
        cosine_neighbors(x, k)
