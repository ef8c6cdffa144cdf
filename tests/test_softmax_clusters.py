import numpy as np
import pytest

from kerasdc.layers import SoftmaxClusters
from kerasdc.layers.softmax_clusters import gaussian_logits


def test_starts_as_equal_gaussians():
    """Of variance 1 in each coordinate, around (0, 0) and (4, 0)."""
    z = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]]) * 2**0.5
    z = np.concatenate([z, z + [4, 0]])
    clusters = np.repeat([0, 1], 4)
    centers = np.array([[0, 0], [4, 0]])
    kernel, bias = gaussian_logits(z, centers, clusters)
    variance = 16 / 10  # where 5 nats are reached: more than 1
    points = np.array([[1.0, 7.0], [3.5, 0.0]])
    squares = np.square(points[:, None] - centers).sum(axis=2)
    expected = -0.5 * squares / variance
    found = points @ kernel + bias
    np.testing.assert_allclose(
        found[:, 0] - found[:, 1], expected[:, 0] - expected[:, 1]
    )


def test_wide_clusters_have_their_variance():
    generator = np.random.default_rng(0)
    z = np.concatenate([generator.normal(m, 2, (5000, 1)) for m in (0, 6)])
    kernel, _ = gaussian_logits(
        z, np.array([[0.0], [6.0]]), np.repeat([0, 1], 5000)
    )
    assert kernel[0, 1] == pytest.approx(6 / 4, rel=0.05)  # 6 / variance


def test_most_probable_is_the_nearest_center(blobs):
    z = blobs[0].astype("float32")
    layer = SoftmaxClusters(3)
    found = layer.adapt(z, seed=0)
    q = np.array(layer(z))
    np.testing.assert_array_equal(q.argmax(axis=1), found)
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)
    assert layer.adapted
    # Gradients do not vanish, however far clusters are from each other.
    assert np.median(q.max(axis=1)) < 0.999


def test_directions_of_the_centers():
    """Of length 1, without a bias; assignments are of the nearest center."""
    z = np.array([[3, 4], [3, 4.5], [3, 3.5], [0.5, 0], [1, 0], [1.5, 0]])
    layer = SoftmaxClusters(2)
    found = layer.adapt(z, np.array([[3, 4], [1, 0]]), directions=True)
    np.testing.assert_array_equal(found, [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(layer.kernel, [[0.6, 1], [0.8, 0]], 1e-6)
    np.testing.assert_array_equal(layer.bias, [0, 0])
    layer.adapt(z, np.zeros((2, 2)), directions=True)  # has no direction
    np.testing.assert_array_equal(layer.kernel, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="directions=2"):
        layer.adapt(z, directions=2)


def test_one_cluster():
    layer = SoftmaxClusters(1)
    layer.adapt(np.arange(8.0).reshape(4, 2))
    np.testing.assert_array_equal(layer(np.ones((2, 2))), [[1], [1]])


@pytest.mark.parametrize("method", ["kmeans", "linkage", "merged_kmeans"])
def test_methods(method, blobs):
    x, y = blobs
    found = SoftmaxClusters(3).adapt(x, method=method, seed=0)
    assert len(set(zip(found.tolist(), y.tolist(), strict=True))) == 3


def test_bad_input():
    with pytest.raises(ValueError, match="num_clusters"):
        SoftmaxClusters(0)
    with pytest.raises(ValueError, match="Received"):
        SoftmaxClusters(3).adapt(np.zeros((5, 2)))
