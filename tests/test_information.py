import numpy as np
import pytest
from keras import ops

from kerasdc import losses

FUNCTIONS = ["mutual_information", "marginal_entropy", "conditional_entropy"]


def values(soft_assignment):
    """H(Y), H(Y|X) and I(X; Y)."""
    p = ops.convert_to_tensor(np.float32(soft_assignment))
    return [
        float(losses.marginal_entropy(p)),
        float(losses.conditional_entropy(p)),
        float(losses.mutual_information(p)),
    ]


@pytest.mark.parametrize("num_clusters", [1, 2, 10])
def test_certain_and_equal_in_size(num_clusters):
    p = np.tile(np.eye(num_clusters), (3, 1))
    log_k = np.log(num_clusters)
    np.testing.assert_allclose(values(p), [log_k, 0, log_k], 1e-6, 1e-7)


@pytest.mark.parametrize("row", [[1, 0, 0], [0.2, 0.5, 0.3], [1 / 3] * 3])
def test_an_assignment_that_does_not_depend_on_the_sample(row):
    entropy = -sum(p * np.log(p) for p in row if p > 0)
    expected = [entropy, entropy, 0]
    np.testing.assert_allclose(values([row] * 4), expected, atol=1e-6)


def test_two_by_two_by_hand():
    # The mean is 3/4, 1/4: H(Y) = ln 4 - 3/4 ln 3; rows: (0 + ln 2) / 2.
    expected = [np.log(4) - 0.75 * np.log(3), np.log(2) / 2]
    expected.append(expected[0] - expected[1])
    np.testing.assert_allclose(values([[1, 0], [0.5, 0.5]]), expected, 1e-6)
    np.testing.assert_allclose(expected, [0.5623, 0.3466, 0.2158], atol=1e-4)


def test_information_is_the_mean_divergence_from_the_marginal():
    p = np.random.default_rng(0).dirichlet(np.ones(4), 50).astype("float32")
    marginal = np.broadcast_to(p.mean(axis=0), p.shape)
    divergence = losses.kl_divergence(p, ops.convert_to_tensor(marginal))
    information = values(p)[2]
    np.testing.assert_allclose(information, np.mean(divergence), rtol=1e-5)
    assert 0 < information < np.log(4)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_half_precision_is_computed_in_float32(name):
    p = np.random.default_rng(0).dirichlet(np.ones(4), 5000)
    function = getattr(losses, name)
    result = function(ops.convert_to_tensor(p.astype("float16")))
    assert result.dtype == "float32" and result.shape == ()
    expected = function(ops.convert_to_tensor(p.astype("float32")))
    np.testing.assert_allclose(result, expected, 1e-3)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("rows", [[[1, 0], [0, 1]], [[1, 0], [1, 0]]])
def test_gradients_are_finite_at_zero_and_one(name, rows):
    tf = pytest.importorskip("tensorflow")
    p = tf.Variable(np.float32(rows))
    with tf.GradientTape() as tape:
        value = getattr(losses, name)(p)
    assert np.isfinite(tape.gradient(value, p).numpy()).all()


def test_a_softmax_that_is_certain_does_not_move():
    tf = pytest.importorskip("tensorflow")
    logits = tf.Variable([[300.0, 0.0, -300.0], [0.0, 300.0, 0.0]])
    with tf.GradientTape() as tape:
        value = losses.mutual_information(ops.softmax(logits))
    np.testing.assert_allclose(tape.gradient(value, logits), 0, atol=1e-6)
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)


def test_size_penalty_by_hand():
    one = np.float32([[1, 0]] * 4)  # n = 4: (k - 1) / 2n = 1 / 8
    penalty = losses.size_penalty(ops.convert_to_tensor(one))
    assert float(penalty) == pytest.approx(np.log(2) - 1 / 8)
    penalty = losses.size_penalty(ops.convert_to_tensor(one), tolerance=0.5)
    assert float(penalty) == pytest.approx(np.log(2) - 1 / 8 - 0.5)
    penalty = losses.size_penalty(ops.convert_to_tensor(one), tolerance=0.6)
    assert float(penalty) == 0


def test_size_penalty_leaves_the_order_of_sizes_open():
    p = ops.convert_to_tensor(np.float32([[1, 0], [1, 0], [1, 0], [0, 1]]))
    for class_prior in ([0.75, 0.25], [0.25, 0.75]):
        assert float(losses.size_penalty(p, class_prior)) == 0
    # KL((3/4, 1/4) || (99/100, 1/100)), less 1 / 8.
    expected = 0.75 * np.log(0.75 / 0.99) + 0.25 * np.log(25) - 1 / 8
    penalty = losses.size_penalty(p, [0.01, 0.99])
    assert float(penalty) == pytest.approx(expected, 1e-5)
