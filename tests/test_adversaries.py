import math

import numpy as np
import pytest

from kerasdc import losses


def test_judgements_by_hand():
    logits = np.array([0.0, math.log(3.0)])  # probabilities 1/2 and 3/4
    found = losses.judged_wrong(logits, logits)
    expected = [2 * math.log(2), math.log(4 / 3) + math.log(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    found = losses.judged_generated(logits)
    np.testing.assert_allclose(found, [math.log(2), math.log(4 / 3)], 1e-6)


def test_judgements_of_large_logits_are_finite():
    large = np.array([1e4, -1e4], "float32")
    np.testing.assert_allclose(losses.judged_wrong(large, large), 1e4)
    np.testing.assert_allclose(losses.judged_generated(large), [0, 1e4])


def test_information_by_hand():
    """Probabilities 1/4 and 3/4; codes half a unit off."""
    logits = np.log([[1.0, 3.0], [1.0, 3.0]])
    clusters = np.eye(2)
    expected = np.log([4.0, 4 / 3])
    found = losses.code_information(clusters, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    codes, means = np.zeros((2, 2)), np.array([[0.5, 0.5], [0.0, 1.0]])
    found = losses.code_information(clusters, logits, codes, means)
    np.testing.assert_allclose(found, expected + [0.25, 0.5], rtol=1e-6)


def test_tensors_are_checked():
    with pytest.raises(ValueError, match="Received: real="):
        losses.judged_wrong(["a"], [0.0])
