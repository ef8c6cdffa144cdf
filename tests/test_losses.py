import keras
import numpy as np
import pytest
from keras import ops

from kerasdc import losses


def test_half_mean_squared_error_by_hand():
    # Differences 1, 2, 0, 3 and 0: half of 14 / 4, and 0.
    true = np.zeros((2, 2, 2))
    predicted = ops.convert_to_tensor([[[1.0, -2], [0, 3]], [[0, 0], [0, 0]]])
    loss = losses.half_mean_squared_error(true, predicted)
    assert ops.convert_to_numpy(loss).tolist() == [1.75, 0]


def test_target_distribution_by_hand():
    # f = (1.5, 0.5). Row 1: (.25/1.5, .25/.5) = (1/6, 1/2) -> (1/4, 3/4).
    q = np.array([[0.5, 0.5], [1.0, 0.0]])
    p = losses.target_distribution(q)
    np.testing.assert_allclose(p, [[0.25, 0.75], [1, 0]], 1e-6)
    assert p.dtype == "float32"
    assert q.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_target_of_an_empty_cluster_is_finite():
    p = losses.target_distribution([[1.0, 0.0], [1.0, 0.0]])
    assert p.tolist() == [[1.0, 0.0], [1.0, 0.0]]
    p = losses.target_distribution([[1.0, 1e-30], [1.0, 1e-38]])
    np.testing.assert_allclose(p, [[1, 0], [1, 0]], atol=1e-6)


def test_target_distribution_needs_rows():
    with pytest.raises(ValueError, match=r"Received: q of shape \(2,\)$"):
        losses.target_distribution([0.5, 0.5])


def test_kl_divergence_by_hand():
    # 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75) = 0.5 ln(4 / 3)
    q = ops.convert_to_tensor([[0.25, 0.75], [0.5, 0.5]])
    loss = losses.kl_divergence([[0.5, 0.5], [0.5, 0.5]], q)
    expected = [0.5 * np.log(4 / 3), 0]
    np.testing.assert_allclose(ops.convert_to_numpy(loss), expected, atol=1e-7)


def test_kl_divergence_equals_keras():
    generator = np.random.default_rng(0)
    p, q = generator.dirichlet(np.ones(5), (2, 20)).astype("float32")
    ours = ops.convert_to_numpy(
        losses.kl_divergence(p, ops.convert_to_tensor(q))
    )
    theirs = keras.losses.KLDivergence(reduction="none")(p, q)
    np.testing.assert_allclose(ours, theirs, 1e-4, 1e-6)
    assert (ours > 0).all()


def test_kl_divergence_of_zeros():
    q = ops.convert_to_tensor([[1.0, 0.0], [0.5, 0.5], [1e-20, 1.0]])
    p = np.float32([[1, 0], [0, 1], [1, 0]])
    loss = ops.convert_to_numpy(losses.kl_divergence(p, q))
    expected = [0, np.log(2), 20 * np.log(10)]
    np.testing.assert_allclose(loss, expected, 1e-6)


def test_gradient_is_finite_at_zeros():
    tf = pytest.importorskip("tensorflow")
    p = tf.constant([[1.0, 0.0], [1.0, 0.0]])
    q = tf.Variable([[1.0, 0.0], [0.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(losses.kl_divergence(p, q))
    gradient = tape.gradient(loss, q).numpy()
    assert np.isfinite(gradient).all()
    assert gradient[0].tolist() == [-1, 0]


@pytest.mark.parametrize("name", ["half_mean_squared_error", "kl_divergence"])
def test_losses_are_registered(name):
    function = getattr(losses, name)
    config = keras.saving.serialize_keras_object(function)
    assert keras.saving.deserialize_keras_object(config) is function


def test_summed_losses_by_hand():
    target = np.array([[0.0, 1.0], [0.5, 0.5]], "float32")
    logits = np.array([[0.0, 0.0], [2.0, -2.0]], "float32")
    cross_entropy = losses.summed_binary_crossentropy(target, logits)
    # Of the second row: log(1 + e^2) - 1, and log(1 + e^-2) + 1.
    expected = [2 * np.log(2), np.log1p(np.exp(2)) + np.log1p(np.exp(-2))]
    np.testing.assert_allclose(cross_entropy, expected, 1e-6)
    squared = losses.summed_squared_error(target, logits)
    np.testing.assert_allclose(squared, [1.0, 1.5**2 + 2.5**2], 1e-6)


@pytest.mark.parametrize(
    "name", ["summed_binary_crossentropy", "summed_squared_error"]
)
def test_summed_losses_take_images_and_are_saved(name):
    function = getattr(losses, name)
    x = np.random.default_rng(0).random((3, 4, 5), "float32")
    flat = x.reshape(3, 20)
    np.testing.assert_allclose(function(x, x), function(flat, flat), 1e-5)
    config = keras.saving.serialize_keras_object(function)
    assert keras.saving.deserialize_keras_object(config) is function


def test_pairwise_cross_entropy_by_hand():
    similarity = np.array([[1.0, 0.25], [0.5, 0.0]], "float32")
    positive = np.array([[1.0, 1.0], [0.0, 0.0]], "float32")
    loss = losses.pairwise_cross_entropy(similarity, positive)
    expected = [[0, np.log(4)], [np.log(2), 0]]
    np.testing.assert_allclose(ops.convert_to_numpy(loss), expected, atol=1e-6)


def test_pairwise_cross_entropy_at_its_ends_is_finite():
    # Similarities that rounding took above 1, labelled wrong.
    similarity = np.array([[1.0000001, 0.0]], "float32")
    loss = losses.pairwise_cross_entropy(similarity, np.array([[0.0, 1.0]]))
    loss = ops.convert_to_numpy(loss)
    assert np.isfinite(loss).all()
    assert (loss > 10).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([np.nan, 1], "`q` must be finite"),
        ([np.inf, 0], "`q` must be finite"),
        ([0, 0], "Received: q with zeros only in row 1$"),
        ([-0.5, 1.5], "`q` must hold probabilities"),
        ([3e20, 0], "`q` must hold probabilities"),
        ([None, 1], "`q` must hold real numbers"),
    ],
)
def test_target_distribution_refuses(row, message):
    with pytest.raises(ValueError, match=message):
        losses.target_distribution([[0.5, 0.5], row])


def test_target_of_rows_whose_squares_underflow():
    q = np.array([[1e-30, 3e-30], [0.5, 0.5]])
    found = losses.target_distribution(q)
    # Both clusters have the frequency 0.5; 1 : 9.
    np.testing.assert_allclose(found, [[0.1, 0.9], [0.5, 0.5]], 1e-5)


def test_shapes_that_differ_are_refused_by_name():
    for name, first, second in (
        ("kl_divergence", "target", "soft_assignment"),
        ("summed_squared_error", "y_true", "y_pred"),
        ("pairwise_cross_entropy", "similarity", "positive"),
    ):
        message = f"`{first}` and `{second}` must have the same shape"
        with pytest.raises(ValueError, match=message):
            getattr(losses, name)(np.eye(3), np.eye(3)[:2])


@pytest.mark.parametrize(
    ("powers", "expected"),
    [
        ((3.0, 0.0), [[1 / 9, 8 / 9], [0.5, 0.5]]),  # 1 : 8
        ((1.0, 0.0), [[1 / 3, 2 / 3], [0.5, 0.5]]),
        # Frequencies are 5/6 and 7/6.
        ((1.0, 0.5), [[(1 / 5**0.5), (2 / 7**0.5)], [5**-0.5, 7**-0.5]]),
        ((1.0, 1.0), [[7, 10], [7, 5]]),
    ],
)
def test_powers_of_targets_by_hand(powers, expected):
    q = [[1 / 3, 2 / 3], [0.5, 0.5]]
    expected = np.array(expected)
    expected = expected / expected.sum(axis=1, keepdims=True)
    found = losses.target_distribution(q, *powers)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_any_power_keeps_tiny_probabilities():
    q = np.array([[1e-30, 2e-30]], "float32")
    found = losses.target_distribution(q, 3.0, 0.0)
    np.testing.assert_allclose(found, [[1 / 9, 8 / 9]], rtol=1e-5)
    for bad in ({"power": 0}, {"frequency_power": -1}):
        with pytest.raises(ValueError, match="Received: .*power"):
            losses.target_distribution(q, **bad)
