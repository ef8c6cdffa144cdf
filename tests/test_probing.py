import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.model_selection import cross_val_score

from kerasdc.metrics import probe_accuracy


@pytest.fixture(scope="module")
def points():
    """Two overlapping clouds, and the one that each point is of."""
    y = np.arange(120) % 2
    noise = np.random.default_rng(0).normal(size=(120, 3))
    return noise + 2 * y[:, None] * np.eye(3)[0], y


def test_it_is_the_accuracy_of_scikit_learn(points):
    z, y = points
    unit = z / np.sqrt(np.mean(z**2))
    folds = KFold(10, shuffle=True, random_state=3)
    scores = cross_val_score(LogisticRegression(), unit, y, cv=folds)
    found = probe_accuracy(z, y, seed=3)
    assert found == pytest.approx(scores.mean())
    assert 0.7 < found < 1


def test_units_and_names_of_clusters_do_not_count(points):
    z, y = points
    expected = probe_accuracy(z, y)
    assert probe_accuracy(z * 1e-30, 7 - 3 * y) == expected
    assert probe_accuracy(z.reshape(120, 1, 3), y) == expected


def test_wide_margins_are_better(points):
    z, y = points
    mixed = np.random.default_rng(1).permutation(y)
    assert probe_accuracy(z, y) > probe_accuracy(z, mixed) + 0.2
    assert probe_accuracy(z + 20 * y[:, None], y) == 1


def test_one_cluster_is_learned_at_once(points):
    assert probe_accuracy(points[0], np.zeros(120, int)) == 1


def test_a_cluster_of_one_sample_is_missed():
    z = np.array([[0.0], [0.1], [0.2], [9.0]])
    # Where it is asked for, no sample of it is known.
    assert probe_accuracy(z, np.array([0, 0, 0, 1])) == 0.75


@pytest.mark.parametrize(
    ("z", "clusters", "num_folds", "message"),
    [
        (np.eye(3), np.zeros(2, int), 2, "3 and 2 rows"),
        (np.eye(1), np.zeros(1, int), 2, "1 and 1 rows"),
        (np.eye(3), np.zeros(3), 2, "dtype float64"),
        (np.eye(3), np.zeros(3, int), 1, "num_folds=1"),
        (np.full((3, 1), np.nan), np.zeros(3, int), 2, "z"),
    ],
)
def test_bad_arguments(z, clusters, num_folds, message):
    with pytest.raises(ValueError, match=message):
        probe_accuracy(z, clusters, num_folds)
