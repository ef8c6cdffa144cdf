import keras
import numpy as np
import pytest
from keras import ops

from kerasdc import losses
from kerasdc.losses.gradients import input_gradient


def information(first, second, marginal, **kwargs):
    arrays = (np.float32(each) for each in (first, second, marginal))
    found = losses.pointwise_information(*arrays, **kwargs)
    return ops.convert_to_numpy(found)


def test_information_by_hand():
    # 0.5 * 0.8 / 0.25 + 0.5 * 0.2 / 0.75 = 26 / 15
    found = information([[0.5, 0.5]], [[0.8, 0.2]], [0.25, 0.75])
    np.testing.assert_allclose(found, [np.log(26 / 15)], 1e-6)


def test_power_by_hand():
    # sqrt(0.4) / 0.25 + sqrt(0.1) / 0.75 = 2.951
    found = information([[0.5, 0.5]], [[0.8, 0.2]], [0.25, 0.75], beta=0.5)
    expected = np.log(4 * np.sqrt(0.4) + np.sqrt(0.1) / 0.75)
    np.testing.assert_allclose(found, [expected], 1e-6)


def test_certain_pairs_have_the_information_of_their_cluster():
    p = np.float32([0.5, 0.3, 0.2])
    found = information(np.eye(3), np.eye(3), p)
    np.testing.assert_allclose(found, -np.log(p), 1e-6)


def test_what_is_independent_has_none():
    generator = np.random.default_rng(0)
    p = generator.dirichlet(np.ones(4))
    q = generator.dirichlet(np.ones(4), 5)
    found = information(q, np.tile(p, (5, 1)), p)
    np.testing.assert_allclose(found, 0, atol=1e-6)


@pytest.mark.parametrize("beta", [1.0, 0.6])
def test_undecided_pairs_in_closed_form(beta):
    """k ** (2 - 2 beta): the smaller beta, the less certainty gains."""
    q = np.full((1, 5), 0.2)
    found = information(q, q, q[0], beta=beta)
    expected = (2 - 2 * beta) * np.log(5)
    np.testing.assert_allclose(found, [expected], atol=1e-6)


def test_heads_have_marginals_of_their_own():
    generator = np.random.default_rng(1)
    first, second = generator.dirichlet(np.ones(3), (2, 4, 2))
    p = generator.dirichlet(np.ones(3), 2)
    found = information(first, second, p)
    assert found.shape == (4, 2)
    for head in range(2):
        alone = information(first[:, head], second[:, head], p[head])
        np.testing.assert_allclose(found[:, head], alone, 1e-6)


@pytest.mark.parametrize("beta", [0.2, 0.6, 1.0])
def test_an_empty_cluster_adds_nothing(beta):
    q = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    expected = information(q[:, :2], q[::-1, :2], [0.75, 0.25], beta=beta)
    for share in (0.0, 1e-38, 1e-20):
        found = information(q, q[::-1], [0.75, 0.25, share], beta=beta)
        np.testing.assert_allclose(found, expected, 1e-5)


def test_pairs_that_exclude_each_other_are_finite():
    one, other = ops.convert_to_tensor(np.eye(2, dtype="float32"))[:, None]
    p = np.float32([0.5, 0.5])

    def total(first):
        return ops.sum(losses.pointwise_information(first, other, p, 0.6))

    assert -90 < float(total(one)) < -80
    gradient = ops.convert_to_numpy(input_gradient(total, one))
    assert np.isfinite(gradient).all()


def test_agreement_by_hand():
    first = [[0.5, 0.5], [1, 0], [1, 0]]
    second = [[0.8, 0.2], [0, 1], [1, 0]]
    found = losses.pair_agreement(np.float32(first), np.float32(second))
    np.testing.assert_allclose(found, [0.5, 0, 1], 1e-6)


def test_half_precision_is_computed_in_full():
    q = ops.cast(np.full((1, 2), 0.5), "bfloat16")
    assert losses.pair_agreement(q, q).dtype == "float32"
    found = losses.pointwise_information(q, q, [0.5, 0.5])
    assert keras.backend.standardize_dtype(found.dtype) == "float32"


@pytest.mark.parametrize("beta", [0, 1.5, "half"])
def test_bad_powers(beta):
    with pytest.raises(ValueError, match="Received: beta="):
        information(np.eye(2), np.eye(2), [0.5, 0.5], beta=beta)


def test_shapes_that_differ():
    with pytest.raises(ValueError, match=r"shapes \(2, 2\) and \(3, 3\)"):
        losses.pair_agreement(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match=r"marginal of shape \(3,\)"):
        information(np.eye(2), np.eye(2), [0.3, 0.3, 0.4])
