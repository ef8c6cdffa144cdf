import numpy as np
import pytest

from kerasdc.metrics.silhouettes import pooled_silhouettes
from kerasdc.metrics.silhouettes import simplified_silhouette


def test_simplified_silhouette_by_hand():
    z = np.array([[0.0], [2.0], [10.0], [12.0]])
    # Means 1 and 11: distances 1 and 11, or 1 and 9.
    expected = np.mean([10 / 11, 8 / 9, 8 / 9, 10 / 11])
    found = simplified_silhouette(z, np.array([0, 0, 1, 1]))
    assert found == pytest.approx(expected)


def test_one_cluster_has_none():
    z = np.random.default_rng(0).normal(size=(10, 2))
    assert simplified_silhouette(z, np.zeros(10, int)) == 0.0
    (scores,) = pooled_silhouettes({"a": np.zeros(10, int)}, {"z": z}).values()
    np.testing.assert_array_equal(scores, 0.0)


def test_pooled_over_spaces():
    from sklearn.metrics import silhouette_score

    generator = np.random.default_rng(0)
    spaces = {name: generator.normal(size=(60, 4)) for name in "ab"}
    y = generator.integers(0, 3, 60)
    (found,) = pooled_silhouettes({"y": y}, spaces, "b", 1, seed=3).values()
    rows = np.random.default_rng(3).permutation(60)[:48]
    expected = [
        silhouette_score(spaces["a"][rows], y[rows], metric="cosine"),
        silhouette_score(spaces["b"][rows], y[rows]),
    ]
    np.testing.assert_allclose(found, [np.mean(expected)])


def test_draws_differ():
    z = np.random.default_rng(0).normal(size=(100, 3))
    y = np.arange(100) % 2
    (scores,) = pooled_silhouettes({"y": y}, {"z": z}, (), 4, 30).values()
    assert len(set(scores.round(6))) == 4


@pytest.mark.parametrize(
    ("partitions", "spaces", "message"),
    [
        ({}, {"z": np.zeros((3, 1))}, "at least one"),
        ({"y": np.zeros(3, int)}, [], "dictionary"),
        ({"y": np.zeros(3, int)}, {"z": np.zeros((2, 1))}, "row for each"),
    ],
)
def test_wrong_arguments(partitions, spaces, message):
    with pytest.raises(ValueError, match=message):
        pooled_silhouettes(partitions, spaces)
