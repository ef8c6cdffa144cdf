import numpy as np
import pytest

from kerasdc.algorithms.points import check_distinct
from kerasdc.algorithms.points import check_points
from kerasdc.algorithms.points import num_distinct


def test_distinct_samples_are_counted_over_all_rows():
    x = np.zeros((500, 2, 2))
    x[-1, 0, 0] = 1
    assert num_distinct(x, 2) == 2
    assert num_distinct(x, 3) == 2
    check_distinct(x, 2)
    with pytest.raises(ValueError, match="500 samples, 2 of them distinct"):
        check_distinct(x, 3)


def test_texts_are_counted():
    texts = np.array(["b", "a", "b"], object)
    assert num_distinct(texts, 3) == 2
    with pytest.raises(ValueError, match="distinct, num_clusters=3$"):
        check_distinct(texts, 3)


@pytest.mark.parametrize(
    ("z", "dim", "message"),
    [
        (
            np.zeros(3),
            None,
            r"shape \(n, dim\), .* Received: z of shape \(3,\)$",
        ),
        (np.eye(3), 2, r"shape \(n, 2\), .* Received: z of shape \(3, 3\)$"),
        (np.eye(2) * np.nan, None, "Received: 4 NaN or infinite$"),
        (
            np.zeros((0, 2)),
            None,
            r"not be empty. Received: z of shape \(0, 2\)$",
        ),
        (np.zeros((5, 2)), 2, "Received: 5 samples, 1 of them distinct"),
    ],
)
def test_check_points_refuses(z, dim, message):
    with pytest.raises(ValueError, match=message):
        check_points(z, 2, dim)


def test_check_points_takes_points():
    check_points(np.eye(2), 2)
    check_points(np.eye(2), 1, 2)
