import math
import subprocess
import sys

import numpy as np
import pytest

from kerasdc import metrics
from kerasdc.metrics import labels
from kerasdc.metrics import outliers

TRUE = [0, 0, 0, 1, 1, 1]
PRED = [5, 5, 9, 9, 9, 9]


def test_accuracy_by_hand():
    # Class 0 takes cluster 5 (2 right), class 1 takes cluster 9 (3 right).
    assert metrics.clustering_accuracy(TRUE, PRED) == 5 / 6


def test_greedy_matching_would_be_wrong():
    # Counts [[4, 3], [3, 0]]: the largest cell first gives 4, Hungarian 6.
    true = [0] * 7 + [1] * 3
    pred = [0] * 4 + [1] * 3 + [0] * 3
    assert metrics.clustering_accuracy(true, pred) == 0.6


def test_more_clusters_than_classes_and_the_reverse():
    few, many = [0, 0, 0, 0], [0, 0, 1, 2]
    assert metrics.clustering_accuracy(few, many) == 0.5
    assert metrics.clustering_accuracy(many, few) == 0.5


def test_strings_and_gaps_in_integers():
    true = ["earn", "earn", "acq", "acq"]
    assert metrics.clustering_accuracy(true, [-3, -3, 10**12, -3]) == 0.75
    objects = np.array(true, dtype=object)
    assert metrics.evaluate(objects, ["b", "b", "a", "a"]) == {
        "accuracy": 1.0,
        "nmi": pytest.approx(1.0),
        "ari": 1.0,
    }


def test_nmi_by_hand():
    # H(true) = ln 2; clusters of 2 and 4: H = ln 6 - (2 ln 2 + 4 ln 4) / 6.
    entropy = math.log(6) - (2 * math.log(2) + 4 * math.log(4)) / 6
    # I = sum n/6 ln(6 n / (row column)) over the cells 2, 1 and 3.
    shared = (
        2 / 6 * math.log(6 * 2 / (3 * 2))
        + 1 / 6 * math.log(6 * 1 / (3 * 4))
        + 3 / 6 * math.log(6 * 3 / (3 * 4))
    )
    expected = shared / ((math.log(2) + entropy) / 2)
    assert metrics.nmi(TRUE, PRED) == pytest.approx(expected)


def test_ari_by_hand():
    # Pairs: cells 1 + 0 + 3 = 4, rows 3 + 3 = 6, columns 1 + 6 = 7, all 15.
    expected = (4 - 6 * 7 / 15) / ((6 + 7) / 2 - 6 * 7 / 15)
    assert metrics.ari(TRUE, PRED) == pytest.approx(expected)


def test_every_sample_its_own_cluster():
    assert metrics.evaluate([0, 0, 1], [0, 1, 2])["ari"] == 0.0


def test_scores_do_not_depend_on_names():
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 4, 200), rng.integers(0, 5, 200)
    names = np.array(["u", "z", "a", "k", "b"])
    for name, value in metrics.evaluate(true, pred).items():
        renamed = metrics.evaluate(true * 7 - 3, names[pred])
        assert renamed[name] == pytest.approx(value)


def test_confusion_matrix_aligns_clusters():
    matrix, classes, clusters = metrics.confusion_matrix(
        ["a", "a", "b", "b", "b"], [2, 2, 0, 0, 2]
    )
    np.testing.assert_array_equal(matrix, [[2, 0], [1, 2]])
    np.testing.assert_array_equal(classes, ["a", "b"])
    np.testing.assert_array_equal(clusters, [2, 0])
    assert matrix.dtype == np.int64


def test_confusion_matrix_puts_spare_clusters_last():
    matrix, _, clusters = metrics.confusion_matrix(
        [0, 0, 0, 1, 1, 1], [4, 1, 1, 3, 3, 2]
    )
    np.testing.assert_array_equal(clusters, [1, 3, 2, 4])
    np.testing.assert_array_equal(matrix, [[2, 0, 0, 1], [0, 2, 1, 0]])


def test_confusion_matrix_with_fewer_clusters():
    matrix, classes, clusters = metrics.confusion_matrix(
        [0, 1, 1, 2], [1, 0, 0, 1]
    )
    assert matrix.shape == (3, 2)
    np.testing.assert_array_equal(classes, [0, 1, 2])
    np.testing.assert_array_equal(clusters, [1, 0])


@pytest.mark.parametrize(
    "name",
    ["clustering_accuracy", "nmi", "ari", "evaluate", "confusion_matrix"],
)
@pytest.mark.parametrize(
    ("true", "pred", "received"),
    [
        ([0, 1], [0], r"y_true.shape=\(2,\), y_pred.shape=\(1,\)$"),
        ([], [], r"Received: y_true.shape=\(0,\)$"),
        ([0, 1], [[0.2, 0.8], [1, 0]], r"Received: y_pred.shape=\(2, 2\)$"),
        ([0, 1], [0.5, 0.25], r"Received: y_pred.dtype=float64$"),
    ],
)
def test_bad_labels(name, true, pred, received):
    with pytest.raises(ValueError, match=received):
        getattr(metrics, name)(true, pred)


@pytest.mark.parametrize("module", [labels, outliers])
def test_modules_are_light(module):
    # Alone, because Keras itself may load parts of scipy.
    code = (
        f"import runpy, sys; runpy.run_path({module.__file__!r}); "
        "sys.exit(any(m in sys.modules for m in ('scipy', 'sklearn')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_auroc_by_hand():
    # Of six pairs four are in order, one is a tie.
    assert metrics.auroc([1, 3, 5], [2, 1]) == pytest.approx(4.5 / 6)
    assert metrics.auroc([2, 3], [0, 1]) == 1
    assert metrics.auroc([0], [1, 2]) == 0


def test_auroc_counts_pairs():
    generator = np.random.default_rng(0)
    first = generator.integers(0, 9, 80) + 1
    second = generator.integers(0, 9, 50).astype("float32")
    differences = first[:, None] - second[None, :]
    expected = (differences > 0).mean() + (differences == 0).mean() / 2
    assert metrics.auroc(first, second) == pytest.approx(expected)


def test_auroc_of_infinite_scores():
    # Of eight pairs six are in order, one is a tie.
    first, second = [np.inf, -np.inf, 0, 1e30], [-np.inf, -1e30]
    assert metrics.auroc(first, second) == pytest.approx(6.5 / 8)


def test_auroc_needs_both():
    with pytest.raises(ValueError, match="Received: 0 inliers, 1 outliers"):
        metrics.auroc([], [1.0])


@pytest.mark.parametrize("scores", [1.0, [np.nan], [[1.0]], ["a"]])
def test_auroc_of_what_are_no_scores(scores):
    with pytest.raises(ValueError, match="Received: "):
        metrics.auroc(scores, [1.0])
    with pytest.raises(ValueError, match="Received: "):
        metrics.auroc([1.0], scores)


def test_embedding_scores_by_hand():
    z = np.array([[0.0], [1.0], [10.0], [12.0], [13.0]])
    y = np.array(["a", "b", "c", "c", "d"])
    # The nearest others are 1, 0, 3, 4, 3.
    scores = metrics.embedding_scores(z, y)
    assert scores == {"neighbor_error": 0.8}
    scores = metrics.embedding_scores(z, y, [[0.4], [12.0]], ["a", "c"])
    assert scores == {"neighbor_error": 0.4}


def test_trustworthiness_falls_where_neighbors_are_mixed():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 2))
    y = np.zeros(60)
    same = metrics.embedding_scores(x, y, x=x)
    mixed = metrics.embedding_scores(generator.permutation(x), y, x=x)
    assert same == {"neighbor_error": 0, "trustworthiness": 1}
    assert mixed["trustworthiness"] < 0.7


def test_embedding_scores_of_different_lengths():
    with pytest.raises(ValueError, match="Received: lengths"):
        metrics.embedding_scores(np.zeros((3, 2)), [0, 1])
    z, y = np.zeros((3, 2)), [0, 1, 1]
    with pytest.raises(ValueError, match="Received: lengths {.*'x': 2}$"):
        metrics.embedding_scores(z, y, x=z[:2])
    with pytest.raises(ValueError, match="'z_reference': 3, 'y_reference': 2"):
        metrics.embedding_scores(z, y, z, y[:2])


def test_references_are_points_and_classes():
    z, y = np.zeros((3, 2)), [0, 1, 1]
    with pytest.raises(ValueError, match="Received: only z_reference$"):
        metrics.embedding_scores(z, y, z_reference=z)
    with pytest.raises(ValueError, match="Received: only y_reference$"):
        metrics.embedding_scores(z, y, y_reference=y)


def test_trustworthiness_equals_the_definition():
    """Each false neighbor counts by its rank in the data, less 12."""
    generator = np.random.default_rng(0)
    x, z = generator.normal(size=(40, 3)), generator.normal(size=(40, 2))
    penalty, n, k = 0, 40, 12
    for i in range(n):
        by_x = np.linalg.norm(x - x[i], axis=1).argsort()
        by_z = np.linalg.norm(z - z[i], axis=1).argsort()
        ranks = by_x.argsort()[by_z[1 : k + 1]]
        penalty += np.maximum(ranks - k, 0).sum()
    expected = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty
    scores = metrics.embedding_scores(z, np.zeros(n), x=x)
    assert scores["trustworthiness"] == pytest.approx(expected)


def test_objects_may_all_be_integers():
    objects = np.array([3, 3, 7], dtype=object)
    assert metrics.clustering_accuracy(objects, [0, 0, 1]) == 1
    with pytest.raises(ValueError, match="Received: y_true.dtype=object"):
        metrics.clustering_accuracy(np.array([3, "a", 7], object), [0, 0, 1])


def test_clusters_are_matched_by_the_samples_they_share():
    previous = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    # Of old cluster 2 most samples are now in 0, but so is all of 1.
    assignments = np.array([2, 2, 1, 0, 0, 0, 0, 1])
    order = metrics.matched_clusters(previous, assignments, 3)
    assert order.tolist() == [2, 0, 1]
    same = metrics.matched_clusters(assignments, assignments, 4)
    assert same.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="Received: 8 and 2 assignments"):
        metrics.matched_clusters(previous, assignments[:2], 3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"z": "a"}, "z"),
        ({"z": [[1, 2], [3]]}, "z"),
        ({"z": np.full((4, 2), np.nan)}, "z"),
        ({"z": np.zeros(4)}, "z"),
        ({"y": np.zeros((4, 1))}, "y"),
        ({"y": [0, 1, 0, np.nan]}, "y"),
        ({"x": [[None]] * 4}, "x"),
        ({"z_reference": np.eye(3), "y_reference": [0, 1, 2]}, "z_reference"),
    ],
)
def test_embedding_scores_refuse_by_name(arguments, name):
    valid = {"z": np.eye(4, 2), "y": [0, 1, 0, 1]}
    with pytest.raises(ValueError, match=f"{name}.*Received: "):
        metrics.embedding_scores(**{**valid, **arguments})


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_embedding_scores_at_any_scale(scale):
    generator = np.random.default_rng(0)
    z = generator.normal(size=(40, 2)).astype("float32")
    x = generator.normal(size=(40, 3)).astype("float32")
    y = generator.integers(2, size=40)
    expected = metrics.embedding_scores(z, y, x=x)
    found = metrics.embedding_scores(z * scale, y, x=x * scale)
    assert found == pytest.approx(expected)


def test_embedding_scores_of_few_points():
    with pytest.raises(ValueError, match="`z` must have at least 3 points"):
        metrics.embedding_scores(np.eye(2), [0, 1], x=np.eye(2))


def test_auroc_of_extreme_scores():
    low, high = np.float32([-3e38, -np.inf]), np.float32([3e38, np.inf])
    assert metrics.auroc(high, low) == 1
    assert metrics.auroc(low, low) == 0.5


@pytest.mark.parametrize("assignments", [[0, 3], [-1, 0], [0.0, 1.0]])
def test_matched_clusters_refuse_by_name(assignments):
    with pytest.raises(ValueError, match="assignments.* must hold integers"):
        metrics.matched_clusters([0, 1], assignments, 3)
    with pytest.raises(ValueError, match="`num_clusters` must be"):
        metrics.matched_clusters([0, 1], [0, 1], 10**400)
