import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.layers.pairwise import PairwiseSimilarity
from kerasdc.layers.pairwise import select_pairs
from kerasdc.losses.gradients import input_gradient


def similarity(rows):
    rows = np.asarray(rows, "float32")
    return ops.convert_to_numpy(PairwiseSimilarity()(rows))


def test_cosines_by_hand():
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        similarity([[3, 4, 0], [6, 8, 0], [0, 0, 2], [0, 1, 1]]),
        [
            [1, 1, 0, 0.8 * half],
            [1, 1, 0, 0.8 * half],
            [0, 0, 1, half],
            [0.8 * half, 0.8 * half, half, 1],
        ],
        1e-6,
        1e-7,
    )


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1.0, 1e30])
def test_lengths_do_not_count(scale):
    rows = np.random.default_rng(0).random((5, 3))
    np.testing.assert_allclose(similarity(rows * scale), similarity(rows), 1e-5)


def test_zero_rows_are_finite():
    rows = ops.convert_to_tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(
        PairwiseSimilarity()(rows), [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    )
    gradient = input_gradient(
        lambda rows: ops.sum(PairwiseSimilarity()(rows)), rows
    )
    assert np.isfinite(ops.convert_to_numpy(gradient)).all()


def test_gradient_is_that_of_the_cosine():
    """By differences of NumPy's float64."""
    generator = np.random.default_rng(1)
    rows, weight = generator.random((4, 3)), generator.random((4, 4))

    def total(rows):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return (weight * (rows @ rows.T)).sum()

    received = input_gradient(
        lambda rows: ops.sum(
            weight.astype("float32") * PairwiseSimilarity()(rows)
        ),
        ops.convert_to_tensor(rows.astype("float32")),
    )
    expected = np.zeros_like(rows)
    for place in np.ndindex(*rows.shape):
        step = np.zeros_like(rows)
        step[place] = 1e-6
        expected[place] = (total(rows + step) - total(rows - step)) / 2e-6
    np.testing.assert_allclose(received, expected, 1e-4, 1e-5)


def test_many_rows():
    # A difference for every pair and column would be 50 GB.
    rows = np.random.default_rng(2).random((5000, 500)).astype("float32")
    received = similarity(rows)
    assert received.shape == (5000, 5000)
    some = np.array([0, 17, 1234, 4999])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(received[some], unit[some] @ unit.T, 1e-5)


def test_full_precision_under_any_policy():
    rows = np.array([[1.0, 0.001], [1.0, 0.0]])
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    received = PairwiseSimilarity(dtype=policy)(rows)
    assert keras.backend.standardize_dtype(received.dtype) == "float32"
    assert float(received[0, 0]) == pytest.approx(1, abs=1e-6)


def test_config_and_shape():
    layer = PairwiseSimilarity(name="pairs")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is PairwiseSimilarity and again.name == "pairs"
    assert layer.compute_output_shape((7, 3)) == (7, 7)
    with pytest.raises(ValueError, match="expected ndim=2"):
        layer(np.zeros((2, 3, 4), "float32"))


# === Pairs ===


def test_pairs_by_hand():
    """Both thresholds themselves lie in what is ignored."""
    given = ops.convert_to_tensor(
        [
            [1.0, 0.9, 0.5, 0.1],
            [0.9, 1.0, 0.8, 0.4],
            [0.5, 0.8, 1.0, 0.39],
            [0.1, 0.4, 0.39, 1.0],
        ]
    )
    positive, selected = select_pairs(given, 0.8, 0.4)
    np.testing.assert_array_equal(
        positive, [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(
        selected, [[1, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 1]]
    )


def test_thresholds_that_meet_select_all_but_ties():
    positive, selected = select_pairs(np.array([[0.6, 0.5, 0.4]]), 0.5, 0.5)
    np.testing.assert_array_equal(positive, [[1, 0, 0]])
    np.testing.assert_array_equal(selected, [[1, 0, 1]])


def test_thresholds_that_cross():
    given = np.array([[0.9, 0.5, 0.1]])
    with pytest.raises(ValueError, match="Received: upper=0.3, lower=0.7$"):
        select_pairs(given, 0.3, 0.7)
    # Weights are not looked at: no pair counts twice.
    positive, selected = select_pairs(given, *ops.array([0.3, 0.7]))
    np.testing.assert_array_equal(positive, [[1, 1, 0]])
    np.testing.assert_array_equal(selected, [[1, 1, 1]])


def test_pairs_of_nan_are_not_left_out():
    similarity = np.float32([[1, np.nan], [np.nan, 1]])
    for tensor in select_pairs(similarity, 0.9, 0.1):
        assert np.isnan(tensor).tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("value", [None, "0.9", np.nan, np.inf, 10**400, [0.5]])
@pytest.mark.parametrize("name", ["upper", "lower"])
def test_thresholds_are_refused_by_name(name, value):
    thresholds = {"upper": 0.9, "lower": 0.1, name: value}
    with pytest.raises(ValueError, match=f"`{name}` must be .*: {name}="):
        select_pairs(np.eye(2), **thresholds)


@pytest.mark.parametrize("similarity", ["a", None, np.ones(3), [[1, 2], [3]]])
def test_similarity_is_refused_by_name(similarity):
    with pytest.raises(ValueError, match="`similarity` must .*: similarity"):
        select_pairs(similarity, 0.9, 0.1)


def test_thresholds_are_scalars():
    for place, name in enumerate(("upper", "lower")):
        thresholds = [0.9, 0.1]
        thresholds[place] = ops.ones(3)
        with pytest.raises(ValueError, match=f"Received: {name} of shape"):
            select_pairs(np.eye(4), *thresholds)
