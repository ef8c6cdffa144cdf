import keras
import numpy as np
import pytest
import sklearn.cluster
import tensorflow as tf
from keras import ops
from scipy import sparse

from kerasdc import losses
from kerasdc.layers import ClusteringLayer


def layer_at(centers, **kwargs):
    centers = np.asarray(centers, "float32")
    layer = ClusteringLayer(len(centers), **kwargs)
    layer.build((None, centers.shape[1]))
    layer.centers.assign(centers)
    return layer


def outputs(layer, z):
    return ops.convert_to_numpy(layer(np.asarray(z, "float32")))


def test_soft_assignment_by_hand():
    # Squared distances from (-2, -2): 2 and 18. Kernels 1/3 and 1/19.
    layer = layer_at([[-1, -1], [1, 1]])
    expected = np.array([[1 / 3, 1 / 19]]) / (1 / 3 + 1 / 19)
    assert expected.round(4).tolist() == [[0.8636, 0.1364]]
    np.testing.assert_allclose(outputs(layer, [[-2, -2]]), expected, 1e-6)


def test_alpha_by_hand():
    # (1 + 2/2)^-1.5 and (1 + 18/2)^-1.5: their ratio is 5^1.5.
    layer = layer_at([[-1, -1], [1, 1]], alpha=2)
    ratio = 5**1.5
    expected = [[ratio / (1 + ratio), 1 / (1 + ratio)]]
    np.testing.assert_allclose(outputs(layer, [[-2, -2]]), expected, 1e-6)


def test_far_from_the_origin_nothing_is_lost():
    # No whole numbers: float32 would hold the squares of those exactly.
    centers = np.array([[-1.13, -0.91], [1.27, 0.83]])
    z = np.array([[-2.31, -1.77], [0.53, 1.19]])
    near = outputs(layer_at(centers), z)
    far = outputs(layer_at(centers + 1000), z + 1000)
    np.testing.assert_allclose(far, near, atol=2e-4)


def test_far_off_points_keep_a_probability():
    q = outputs(layer_at([[0, 0], [0, 1]], alpha=1), [[1e15, 0]])
    np.testing.assert_allclose(q, [[0.5, 0.5]])


def test_one_cluster():
    layer = ClusteringLayer(1)
    layer.adapt([[0.0, 2.0], [2.0, 0.0]])
    assert layer.centers.numpy().tolist() == [[1.0, 1.0]]
    assert outputs(layer, [[9, 9], [0, 0]]).tolist() == [[1.0], [1.0]]


def test_adapt_recovers_blobs():
    generator = np.random.default_rng(0)
    centers = np.array([[0, 0], [10, 0], [0, 10]])
    y = np.arange(60) % 3
    z = centers[y] + generator.normal(0, 0.1, (60, 2))
    layer = ClusteringLayer(3)
    assert not layer.adapted
    found = layer.adapt(z, seed=0)
    assert layer.adapted
    for cluster in range(3):
        assert len(set(found[y == cluster])) == 1
        np.testing.assert_allclose(
            layer.centers.numpy()[found[cluster]], centers[cluster], atol=0.1
        )
    assert len(set(found)) == 3
    np.testing.assert_array_equal(found, outputs(layer, z).argmax(axis=1))


def test_adapt_is_seeded():
    z = np.random.default_rng(0).random((200, 3))
    layers = [ClusteringLayer(8) for _ in range(3)]
    for layer, seed in zip(layers, (3, 3, 4), strict=True):
        layer.adapt(z, num_restarts=1, seed=seed)
    first, same, other = (layer.centers.numpy() for layer in layers)
    assert (first == same).all()
    assert (first != other).any()


def test_initial_centers():
    layer = ClusteringLayer(2)
    z = [[0.0], [1.0], [5.0]]
    found = layer.adapt(z, initial_centers=[[4.0], [0.5]])
    assert layer.centers.numpy().tolist() == [[4.0], [0.5]]
    assert found.tolist() == [1, 1, 0]


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_num_clusters_must_be_a_count(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value!r}$"):
        ClusteringLayer(value)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_alpha_must_be_positive(value):
    with pytest.raises(ValueError, match=f"Received: alpha={value}$"):
        ClusteringLayer(2, alpha=value)


@pytest.mark.parametrize(
    ("z", "arguments", "message"),
    [
        ([[0.0], [1.0]], {}, "Received: 2 samples, 2 of them distinct"),
        ([[0.0], [1.0], [1.0]], {}, "Received: 3 samples, 2 of them distinct"),
        ([[0.0], [1.0], [np.nan]], {}, "Received: 1 NaN or infinite"),
        ([0.0, 1.0, 2.0], {}, r"Received: z of shape \(3,\)"),
        (np.eye(3), {"initial_centers": np.eye(2)}, r"of shape \(2, 2\)"),
        (np.eye(3), {"initial_centers": np.eye(3) * np.nan}, "finite"),
        (np.eye(3), {"method": "k-means"}, "Received: method='k-means'"),
        (np.eye(3), {"num_restarts": 0}, "Received: num_restarts=0"),
        (np.eye(3), {"seed": -1}, "Received: seed=-1"),
    ],
)
def test_adapt_refuses(z, arguments, message):
    layer = ClusteringLayer(3)
    with pytest.raises(ValueError, match=message):
        layer.adapt(z, **arguments)
    assert not layer.adapted


def test_kmeans_starts_twenty_times_unless_told_otherwise(monkeypatch):
    starts = []
    kmeans = sklearn.cluster.KMeans

    def spy(*args, **kwargs):
        starts.append(kwargs["n_init"])
        return kmeans(*args, **kwargs)

    monkeypatch.setattr(sklearn.cluster, "KMeans", spy)
    ClusteringLayer(2).adapt(np.eye(3))
    assert sum(starts) == 20
    ClusteringLayer(2).adapt(np.eye(3), num_restarts=3)
    assert sum(starts) == 23


@pytest.mark.parametrize(
    ("make_z", "message"),
    [
        (lambda z: np.ma.array(z, mask=z > 0), "masked values"),
        (lambda z: z + 0j, "dtype complex"),
        (lambda z: z.astype(str), "dtype <U"),
        (lambda z: z.astype(object), "dtype object"),
        (lambda z: z.astype("float64") * 1e300, "NaN or infinite"),
    ],
)
def test_adapt_takes_real_numbers_only(make_z, message):
    layer = ClusteringLayer(2)
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        layer.adapt(make_z(np.eye(4) + 1))
    assert not layer.built


@pytest.mark.parametrize("form", [sparse.csr_matrix, np.ndarray.tolist])
def test_adapt_takes_other_forms_of_points(form):
    z = np.repeat(np.eye(2), 3, axis=0)
    layer = ClusteringLayer(2)
    found = layer.adapt(form(z), seed=0)
    assert len(set(found[:3])) == len(set(found[3:])) == 1
    assert found[0] != found[3]


def test_adapt_refuses_centers_that_are_no_numbers():
    layer = ClusteringLayer(2)
    with pytest.raises(ValueError, match="Received: initial_centers="):
        layer.adapt(np.eye(4), initial_centers="a")


def test_target_distribution_is_that_of_the_losses():
    q = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    np.testing.assert_array_equal(
        ClusteringLayer.target_distribution(q), losses.target_distribution(q)
    )


def test_adapt_refuses_another_width():
    layer = ClusteringLayer(2)
    layer.adapt(np.eye(3))
    before = layer.centers.numpy()
    with pytest.raises(ValueError, match=r"shape \(n, 3\). .*\(4, 4\)"):
        layer.adapt(np.eye(4))
    assert (layer.centers.numpy() == before).all()


def test_config_round_trip():
    layer = ClusteringLayer(np.int64(4), alpha=2.5, name="q")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again, ClusteringLayer)
    assert (again.num_clusters, again.alpha, again.name) == (4, 2.5, "q")


def test_every_weight_gets_a_gradient():
    tf = pytest.importorskip("tensorflow")
    layer = layer_at([[-1.0, 0.0], [1.0, 0.5]])
    p = np.float32([[0.9, 0.1], [0.2, 0.8]])
    with tf.GradientTape() as tape:
        q = layer(np.float32([[-1, 1], [2, 0]]))
        loss = ops.sum(losses.kl_divergence(p, q))
    (gradient,) = tape.gradient(
        loss, [v.value for v in layer.trainable_weights]
    )
    # The paper's equation (5), alpha = 1, worked with NumPy.
    z, mu = np.array([[-1.0, 1], [2, 0]]), np.array([[-1.0, 0], [1, 0.5]])
    difference = z[:, None] - mu
    kernel = 1 / (1 + (difference**2).sum(axis=2))
    weight = 2 * kernel * (p - kernel / kernel.sum(axis=1, keepdims=True))
    expected = -(weight[..., None] * difference).sum(axis=0)
    np.testing.assert_allclose(gradient, expected, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_does_not_round_the_points(policy):
    # In bfloat16 all of these points are 1000.
    z = np.float32([[1000.0, 0], [1000.7, 0], [1001.0, 0]])
    centers = z[[0, 2]]
    expected = ClusteringLayer(2)
    expected.adapt(z, initial_centers=centers)
    layer = ClusteringLayer(2, dtype=policy)
    layer.adapt(z, initial_centers=centers)
    np.testing.assert_allclose(layer(z), expected(z), 1e-5)
    assert np.argmax(layer(z), axis=1).tolist() == [0, 1, 1]


def soft_assignment_in_float64(z, centers, alpha):
    z, centers = np.float64(z), np.float64(centers)
    squared = np.square(z[:, None] - centers).sum(axis=2)
    log_kernel = -(alpha + 1) / 2 * np.log1p(squared / alpha)
    kernel = np.exp(log_kernel - log_kernel.max(axis=1, keepdims=True))
    return kernel / kernel.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("size", [1e12, 1e13, 1e14, 1e19, 1e21, 9.97e36, 3e38])
def test_points_of_any_distance(size, alpha):
    """Squares overflow from 1e19."""
    layer = ClusteringLayer(3, alpha=alpha)
    centers = np.float32([[0, 0], [1e13, 0], [0, -3e13]])
    layer.adapt(np.eye(3, 2), initial_centers=centers)
    directions = [[1, 0.3], [-1, 1], [0.2, 0.7]]
    z = np.float32(np.array(directions) * size)
    expected = soft_assignment_in_float64(z, centers, alpha)
    np.testing.assert_allclose(layer(z), expected, 1e-3, 1e-5)


def test_a_center_far_away_is_that_of_the_point_on_it():
    layer = ClusteringLayer(2)
    centers = np.float32([[9e14, 1e14], [-9e14, 1e14]])
    layer.adapt(np.eye(2), initial_centers=centers)
    np.testing.assert_allclose(layer(centers), np.eye(2), atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_not_finite_gets_no_cluster(value, compiled):
    layer = ClusteringLayer(2)
    layer.adapt(np.eye(2), initial_centers=np.eye(2))
    call = tf.function(layer) if compiled else layer
    z = np.float32([[0, 0], [value, 0], [value, value], [1, 1]])
    finite = np.isfinite(call(z))
    assert finite.tolist() == [[True] * 2, [False] * 2, [False] * 2, [True] * 2]


def test_centers_whose_squares_overflow_are_refused():
    z = np.random.default_rng(0).normal(size=(20, 2)) * 1e16
    with pytest.raises(ValueError, match=r"`z` .*1e\+15.*Received: z with "):
        ClusteringLayer(2).adapt(z)
    with pytest.raises(ValueError, match="`initial_centers` must be finite"):
        ClusteringLayer(2).adapt(np.eye(2), initial_centers=1e16 * np.eye(2))
