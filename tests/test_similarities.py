import keras
import numpy as np
import pytest
from keras import ops

from kerasdc import losses
from kerasdc.algorithms.affinities import conditional_affinities
from kerasdc.losses.gradients import input_gradient


def reference(x, dof, conditional):
    n = len(x)
    kernel = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                squared = ((x[i] - x[j]) ** 2).sum()
                kernel[i, j] = (1 + squared / dof) ** (-(dof + 1) / 2)
    total = kernel.sum(axis=1, keepdims=True) if conditional else kernel.sum()
    return kernel / total


def points(n=12, dim=3, scale=1.0):
    return np.random.default_rng(0).normal(0, scale, (n, dim)) + 5


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("dof", [0.5, 1.0, 20.0])
def test_equals_the_definition(dof, conditional):
    x = points()
    received = losses.student_t_similarities(x, dof, conditional)
    expected = reference(x, dof, conditional)
    np.testing.assert_allclose(received, expected, 1e-4, 1e-8)


def test_by_hand():
    x = np.array([[0.0], [1.0], [1.0]])
    expected = [[0, 1 / 8, 1 / 8], [1 / 8, 0, 1 / 4], [1 / 8, 1 / 4, 0]]
    received = losses.student_t_similarities(x)
    np.testing.assert_allclose(received, expected, 1e-6, 1e-7)


def cross_entropy(x, other, conditional, dof):
    p = losses.student_t_similarities(other, 6.0, conditional)
    log_q = losses.log_student_t_similarities(x, dof, conditional)
    return losses.similarity_cross_entropy(p, log_q)


@pytest.mark.parametrize("conditional", [False, True])
def test_cross_entropy_by_definition(conditional):
    x, other = points(), points(dim=5)
    p = reference(other, 6.0, conditional)
    q = reference(x, 1.0, conditional)
    off = ~np.eye(len(x), dtype=bool)
    expected = -(p[off] * np.log(q[off])).sum()
    received = float(cross_entropy(x, other, conditional, 1.0))
    assert received == pytest.approx(expected, rel=1e-4)


def test_cross_entropy_takes_affinities_of_either_precision():
    x = np.random.default_rng(0).normal(size=(60, 5))
    log_q = losses.log_student_t_similarities(x, 1.0, conditional=True)
    p = conditional_affinities(x, 10.0)
    assert p.dtype == "float64"
    found = [
        float(losses.similarity_cross_entropy(p.astype(dtype), log_q))
        for dtype in ("float32", "float64")
    ]
    assert found[0] == found[1] > 0
    with pytest.raises(ValueError, match=r"shapes \(60, 60\) and \(5, 60\)"):
        losses.similarity_cross_entropy(p, log_q[:5])


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("scale", [1e3, 1e6])
def test_many_degrees_of_freedom_far_apart(scale, conditional):
    x = scale * np.random.default_rng(0).normal(size=(12, 3))
    p = losses.student_t_similarities(x, 1e6, conditional)
    total = ops.convert_to_numpy(ops.sum(p, axis=1 if conditional else None))
    np.testing.assert_allclose(total, np.ones_like(total), 1e-4)


def test_cross_entropy_is_least_where_both_are_equal():
    x = points()
    itself = float(cross_entropy(x, x, False, 6.0))
    for scale in (0.5, 0.9, 1.1, 2.0):
        assert float(cross_entropy(scale * x, x, False, 6.0)) > itself


def mixed_scales(dim, n=40):
    """Two unit Gaussians, 10,000 apart."""
    x = np.random.default_rng(1).normal(size=(n, dim))
    x[: n // 2] += 1e4 / np.sqrt(dim)
    return x.astype("float32")


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("dim", [1, 2, 10, 16])
def test_near_and_far_points_in_one_batch(dim, conditional):
    x = mixed_scales(dim)
    received = losses.student_t_similarities(x, 2.0 * dim, conditional)
    expected = reference(x.astype("float64"), 2.0 * dim, conditional)
    np.testing.assert_allclose(received, expected, 1e-4, 1e-9)


def test_many_dimensions_down_to_a_hundredth_of_the_way_to_the_mean():
    x = np.random.default_rng(1).normal(0, 0.03, (40, 500))
    x[:20] += 200 / np.sqrt(500)  # all are about 100 from the mean
    x = x.astype("float32")
    received = losses.student_t_similarities(x)
    expected = reference(x.astype("float64"), 1.0, False)
    np.testing.assert_allclose(received, expected, 1e-2)


def assert_slopes(gradient, exact, x, rel=1e-3):
    """A gradient equals the differences of a float64 function."""
    x = x.astype("float64")
    step = 1e-5
    for i, j in np.ndindex(x.shape):
        moved = np.zeros(x.shape)
        moved[i, j] = step
        slope = (exact(x + moved) - exact(x - moved)) / (2 * step)
        assert gradient[i, j] == pytest.approx(slope, rel=rel, abs=1e-4)


def exact_cross_entropy(x, other, conditional, dof):
    p = reference(other, 6.0, conditional)
    q = reference(x, dof, conditional)
    off = ~np.eye(len(x), dtype=bool)
    return -(p[off] * np.log(q[off])).sum()


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("far", [0.0, 1e3])
def test_gradient_equals_finite_differences(conditional, far):
    x, other = points(6, 2).astype("float32"), points(6, 4)
    x[:3] += far

    def value(x):
        return cross_entropy(x, other, conditional, 1.0)

    def exact(x):
        return exact_cross_entropy(x, other, conditional, 1.0)

    gradient = ops.convert_to_numpy(input_gradient(value, x))
    assert_slopes(gradient, exact, x, rel=5e-3)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("dim", [3, 17])
def test_gradient_through_both_similarities(conditional, dim):
    """As in the embedding network: p, too, depends on the encoder."""
    z = points(6, dim).astype("float32") - 5

    def value(z):
        return cross_entropy(ops.tanh(z[:, :2]), z, conditional, 1.0)

    def exact(z):
        return exact_cross_entropy(np.tanh(z[:, :2]), z, conditional, 1.0)

    gradient = ops.convert_to_numpy(input_gradient(value, z))
    assert_slopes(gradient, exact, z)


@pytest.mark.parametrize("scale", [0.0, 1e-12, 1e-6, 1e6])
@pytest.mark.parametrize("dof", [1.0, 20.0])
@pytest.mark.parametrize("conditional", [False, True])
def test_extremes_stay_finite(scale, dof, conditional):
    x = points(8, 2, 1.0) * scale
    x[:2] = x[0]  # duplicates

    def value(x):
        log_q = losses.log_student_t_similarities(x, dof, conditional)
        p = ops.stop_gradient(ops.exp(log_q))
        return losses.similarity_cross_entropy(p, log_q)

    x = x.astype("float32")
    assert np.isfinite(float(value(x)))
    gradient = ops.convert_to_numpy(input_gradient(value, x))
    assert np.isfinite(gradient).all()
    q = ops.convert_to_numpy(losses.student_t_similarities(x, dof, conditional))
    assert q.sum() == pytest.approx(8 if conditional else 1, rel=1e-4)
    assert (np.diag(q) == 0).all()


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="reads TensorFlow's graph"
)
@pytest.mark.parametrize("dim", [2, 10, 500])
def test_memory_does_not_grow_with_dimensions(dim):
    import tensorflow as tf

    @tf.function
    def slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            log_q = losses.log_student_t_similarities(x)
            p = losses.student_t_similarities(x, 2.0 * dim)
            loss = losses.similarity_cross_entropy(p, log_q)
        return tape.gradient(loss, x)

    graph = slopes.get_concrete_function(tf.TensorSpec((30, dim))).graph
    shapes = [out.shape for op in graph.get_operations() for out in op.outputs]
    assert len(shapes) > 50
    assert max(shape.rank or 0 for shape in shapes) == 2


def test_lists_are_taken():
    x = points(4, 2)
    received = losses.student_t_similarities(x.tolist())
    np.testing.assert_allclose(received, reference(x, 1.0, False), 1e-4, 1e-7)
    p = [[0.0, 0.5], [0.5, 0.0]]
    log_q = [[-1e30, np.log(0.5)], [np.log(0.5), -1e30]]
    entropy = float(losses.similarity_cross_entropy(p, log_q))
    assert entropy == pytest.approx(np.log(2))


@pytest.mark.parametrize("shape", [(4,), (4, 2, 1), (1, 3), (0, 3)])
def test_what_are_no_points(shape):
    with pytest.raises(ValueError, match="Received: x of shape"):
        losses.student_t_similarities(np.ones(shape))


@pytest.mark.parametrize("dof", [0, -1.0, np.nan, np.inf])
def test_bad_degrees_of_freedom(dof):
    with pytest.raises(ValueError, match="Received: dof="):
        losses.student_t_similarities(points(), dof)


def test_one_point_is_refused():
    with pytest.raises(ValueError, match="at least 2 points"):
        losses.student_t_similarities(points(1))


def test_attraction_by_hand():
    log_kernel = np.log(np.float32([[1, 0.5], [0.25, 1]]))
    log_kernel[[0, 1], [0, 1]] = -1e30
    affinities = np.float32([[0, 0.3, 9], [0.7, 0, 9]])  # a column too many
    loss = losses.attraction(ops.convert_to_tensor(log_kernel), affinities)
    expected = 0.3 * np.log(2) + 0.7 * np.log(4)
    assert float(loss) == pytest.approx(expected, 1e-6)


def test_attraction_of_pairs_of_two_halves():
    kernel = np.ones((4, 4), "float32")
    kernel[0, 2], kernel[1, 3] = 1 / 2, 1 / 8
    loss = losses.attraction(ops.log(kernel), np.zeros(4))
    assert float(loss) == pytest.approx((np.log(2) + np.log(8)) / 2, 1e-6)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("dim", [2, 20])
@pytest.mark.parametrize("scale", [1e13, 1e19, 1e30, 1e37])
def test_points_of_any_distance(scale, dim, conditional):
    """Squares overflow from 1e19."""
    x = np.float32(scale * np.random.default_rng(0).normal(size=(12, dim)))
    found = losses.student_t_similarities(x, 1.0, conditional)
    expected = reference(np.float64(x), 1.0, conditional)
    np.testing.assert_allclose(found, expected, 1e-3)
    off = ~np.eye(12, dtype=bool)
    squared = np.square(np.float64(x)[:, None] - np.float64(x)).sum(axis=2)
    kernel = np.asarray(losses.log_student_t_kernel(x, 1.0))
    np.testing.assert_allclose(kernel[off], -np.log1p(squared)[off], 1e-4)


def test_equal_points_far_away():
    x = np.float32([[1e30], [1e30], [-1e30]])
    expected = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]
    found = losses.student_t_similarities(x)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nan_is_not_hidden():
    x = points()
    x[3, 1] = np.nan
    assert np.isnan(losses.student_t_similarities(x)).all()
    p = np.full((4, 4), 1 / 16)
    log_q = np.log(p)
    p[1, 2] = np.nan
    assert np.isnan(losses.similarity_cross_entropy(p, log_q))
    assert np.isnan(losses.attraction(log_q, p))


@pytest.mark.parametrize("dof", [0, 1e-9, -1, np.nan, np.inf, "1", 10**400])
def test_dof_is_refused_by_name(dof):
    with pytest.raises(ValueError, match="`dof` must be .* Received: dof="):
        losses.student_t_similarities(points(), dof)
