"""Scores of a clustering against reference labels.

Labels may be integers or strings, need not be consecutive, and the numbers of
clusters and of classes may differ.
"""

import numbers

import numpy as np


def clustering_accuracy(y_true, y_pred):
    """Share of samples whose cluster is matched to their class.

    Clusters are matched one to one to classes so that the share is largest
    (the Hungarian method). If there are more clusters than classes, or fewer,
    the rest is not matched, and its samples count as errors.

    Reference: H. W. Kuhn, "The Hungarian method for the assignment problem",
    Naval Research Logistics Quarterly 2, 1955.

    Args:
        y_true: 1-d integers or strings, the reference classes.
        y_pred: 1-d integers or strings of the same length, the clusters.

    Returns:
        A float in (0, 1].

    Raises:
        ValueError: If the labels are not 1-d, not of one length, empty, or
            not integers or strings.

    Example:

    >>> kerasdc.metrics.clustering_accuracy([0, 0, 1, 1], [7, 7, 3, 7])
    0.75
    """
    table, _, _ = _contingency(y_true, y_pred)
    rows, columns = _match(table)
    return float(table[rows, columns].sum() / table.sum())


def nmi(y_true, y_pred):
    """Mutual information, divided by the arithmetic mean of the entropies.

    Reference: N. X. Vinh, J. Epps and J. Bailey, "Information theoretic
    measures for clusterings comparison", JMLR 11, 2010.

    Args:
        y_true: 1-d integers or strings, the reference classes.
        y_pred: 1-d integers or strings of the same length, the clusters.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: As in `clustering_accuracy`.
    """
    from sklearn.metrics import normalized_mutual_info_score

    return _score(normalized_mutual_info_score, y_true, y_pred)


def ari(y_true, y_pred):
    """Adjusted Rand index: 0 in expectation for random labels, 1 at best.

    Reference: L. Hubert and P. Arabie, "Comparing partitions", Journal of
    Classification 2, 1985.

    Args:
        y_true: 1-d integers or strings, the reference classes.
        y_pred: 1-d integers or strings of the same length, the clusters.

    Returns:
        A float in [-0.5, 1].

    Raises:
        ValueError: As in `clustering_accuracy`.
    """
    from sklearn.metrics import adjusted_rand_score

    return _score(adjusted_rand_score, y_true, y_pred)


def evaluate(y_true, y_pred):
    """Accuracy, NMI and ARI.

    Args:
        y_true: 1-d integers or strings, the reference classes.
        y_pred: 1-d integers or strings of the same length, the clusters.

    Returns:
        A dict of floats with the keys `accuracy`, `nmi` and `ari`.

    Raises:
        ValueError: As in `clustering_accuracy`.
    """
    return {
        "accuracy": clustering_accuracy(y_true, y_pred),
        "nmi": nmi(y_true, y_pred),
        "ari": ari(y_true, y_pred),
    }


def confusion_matrix(y_true, y_pred):
    """Counts of samples by class (rows) and cluster (columns).

    Columns are in the order of the rows they are matched to, so that with as
    many clusters as classes the diagonal is what `clustering_accuracy` counts
    as correct. Unmatched clusters come last, in the order of their labels.

    Args:
        y_true: 1-d integers or strings, the reference classes.
        y_pred: 1-d integers or strings of the same length, the clusters.

    Returns:
        A tuple `(matrix, class_labels, cluster_order)`: int64 counts of shape
        `(num_classes, num_clusters)`, the sorted labels of the rows, and the
        cluster label of each column.

    Raises:
        ValueError: As in `clustering_accuracy`.
    """
    table, classes, clusters = _contingency(y_true, y_pred)
    _, matched = _match(table)
    others = np.setdiff1d(np.arange(clusters.size), matched)
    order = np.concatenate([matched, others])
    return table[:, order], classes, clusters[order]


def matched_clusters(previous, assignments, num_clusters):
    """Matches new clusters to old ones by the samples they share.

    The matching is one to one, as in `clustering_accuracy`.

    Args:
        previous: Integer array `(n,)`, the old assignments.
        assignments: Integer array `(n,)`, the new ones.
        num_clusters: Integer.

    Returns:
        Integer array `(num_clusters,)`: for each old cluster, the new one
        that should get its number so that most samples keep theirs.

    Raises:
        ValueError: If the lengths differ, or clusters are not integers from 0
            to `num_clusters - 1`.
    """
    _check_num_clusters(num_clusters)
    previous = _checked_clusters("previous", previous, num_clusters)
    assignments = _checked_clusters("assignments", assignments, num_clusters)
    if len(previous) != len(assignments):
        raise ValueError(
            "`previous` and `assignments` must be of the same samples. "
            f"Received: {len(previous)} and {len(assignments)} assignments"
        )
    shared = np.zeros((num_clusters, num_clusters), "int64")
    np.add.at(shared, (previous, assignments), 1)
    return _match(shared)[1]


def _match(table):
    """Matches rows to columns one to one, with the largest sum of cells."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(table, maximize=True)


def _score(function, y_true, y_pred):
    (_, true), (_, pred) = _codes(y_true, y_pred)
    return float(function(true, pred))


def _contingency(y_true, y_pred):
    (classes, true), (clusters, pred) = _codes(y_true, y_pred)
    shape = (classes.size, clusters.size)
    cells = true * clusters.size + pred
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.int64), classes, clusters


def _codes(y_true, y_pred):
    true = checked_labels("y_true", y_true)
    pred = checked_labels("y_pred", y_pred)
    if true.size != pred.size:
        raise ValueError(
            "y_true and y_pred must be equally long. "
            f"Received: y_true.shape={true.shape}, y_pred.shape={pred.shape}"
        )
    return [np.unique(label, return_inverse=True) for label in (true, pred)]


def checked_labels(name, values):
    """Labels, or cluster ids, as an array.

    Args:
        name: String, the argument's name.
        values: Array or list `(n,)` of integers or strings.

    Returns:
        Array `(n,)`.

    Raises:
        ValueError: If they are not 1-d, empty, or of another type.
    """
    try:
        values = np.asarray(values)
    except (TypeError, ValueError, OverflowError):  # of different lengths
        values = np.empty((0, 0))
    if values.ndim != 1 or values.size == 0:
        raise ValueError(
            f"{name} must be 1-d and not empty. "
            f"Received: {name}.shape={values.shape}"
        )
    # Soft assignments, passed by mistake, would make each value a class.
    if values.dtype.kind not in "biuUS" and not _are_labels(values):
        raise ValueError(
            f"{name} must hold integers or strings. "
            f"Received: {name}.dtype={values.dtype}"
        )
    return values


def _check_num_clusters(num_clusters):
    is_integer = isinstance(num_clusters, numbers.Integral)
    # More would need a table of 8 GB.
    if not is_integer or not 1 <= num_clusters <= 2**15:
        raise ValueError(
            f"`num_clusters` must be an integer from 1 to {2**15}. Received: "
            f"num_clusters of type {type(num_clusters).__name__}"
        )


def _checked_clusters(name, values, num_clusters):
    values = checked_labels(name, values)
    is_integer = values.dtype.kind in "iu"
    if not is_integer or not 0 <= values.min() <= values.max() < num_clusters:
        raise ValueError(
            f"`{name}` must hold integers from 0 to {num_clusters - 1}. "
            f"Received: {name} of dtype {values.dtype}"
        )
    return values


def _are_labels(values):
    """Whether all are strings or all are integers, which can be sorted."""
    return any(
        all(isinstance(value, kind) for value in values)
        for kind in (str, numbers.Integral)
    )
