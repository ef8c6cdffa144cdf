import numpy as np
import pytest

from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.shifted_neighbors import shifted_neighbor_graph


def _scattered(num, side, seed=0):
    return np.random.default_rng(seed).normal(size=(num, side, side))


def test_a_shifted_image_is_a_neighbor():
    wide = _scattered(8, 10)
    wide[:, [0, 1, -2, -1]] = wide[:, :, [0, 1, -2, -1]] = 0
    images = np.concatenate([wide, np.roll(wide, 1, axis=1)])
    graph = shifted_neighbor_graph(images, 1).toarray()
    for i in range(8):
        assert graph[i, i + 8] == 1.0
    without = fuzzy_neighbor_graph(images, 1).toarray()
    assert sum(without[i, i + 8] for i in range(8)) < 4


def test_images_of_one_value_are_not_moved():
    # Shifts change nothing: the graph is that of the plain distances.
    images = np.random.default_rng(0).random((30, 1, 1)) * np.ones((1, 4, 4))
    np.testing.assert_allclose(
        shifted_neighbor_graph(images, 3).toarray(),
        fuzzy_neighbor_graph(images, 3).toarray(),
        atol=1e-4,
    )


def test_channels():
    images = _scattered(20, 6)
    channels = np.repeat(images[..., None], 2, axis=-1)
    np.testing.assert_allclose(
        shifted_neighbor_graph(channels, 3).toarray(),
        shifted_neighbor_graph(images, 3).toarray(),
        atol=1e-4,
    )


@pytest.mark.parametrize("shape", [(5, 4), (1, 4, 4), (5, 2, 2, 2, 2)])
def test_wrong_shapes(shape):
    with pytest.raises(ValueError, match="height, width"):
        shifted_neighbor_graph(np.zeros(shape))
