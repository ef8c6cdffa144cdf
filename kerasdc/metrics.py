"""Scores of a clustering against reference labels.

Labels may be integers or strings, need not be consecutive, and the numbers of
clusters and of classes may differ. Nothing here is used for training.
"""

import numbers

import numpy as np


def clustering_accuracy(y_true, y_pred):
    """Share of samples that fall in the cluster matched to their class.

    Clusters are matched one to one to classes so that the share is largest
    (the Hungarian method). With more clusters than classes, or fewer, those
    left over match nothing, and their samples count as errors.

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

    >>> clustering_accuracy([0, 0, 1, 1], [7, 7, 3, 7])
    0.75
    """
    table, _, _ = _contingency(y_true, y_pred)
    rows, columns = _match(table)
    return float(table[rows, columns].sum() / table.sum())


def nmi(y_true, y_pred):
    """Normalized mutual information, with the arithmetic mean below.

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
    """All three scores at once.

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
    """Counts of classes against clusters, clusters put in the classes' order.

    Columns follow the rows they are matched to, so that with as many clusters
    as classes the diagonal holds what `clustering_accuracy` counts as right.
    Clusters without a class come last, in the order of their labels.

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
    """Which new cluster is which old one, by the samples they share.

    Matched one to one, as in `clustering_accuracy`.

    Args:
        previous: Integer array `(n,)`, the old assignments.
        assignments: Integer array `(n,)`, the new ones.
        num_clusters: Integer.

    Returns:
        Integer array `(num_clusters,)`: the new cluster that takes the number
        of each old one, such that most samples keep their number.

    Raises:
        ValueError: If the lengths differ.
    """
    if len(previous) != len(assignments):
        raise ValueError(
            "Assignments before and after must be of the same samples. "
            f"Received: {len(previous)} and {len(assignments)} assignments"
        )
    shared = np.zeros((num_clusters, num_clusters), "int64")
    np.add.at(shared, (previous, assignments), 1)
    return _match(shared)[1]


def _match(table):
    """Rows and columns matched one to one, so that most is in their cells."""
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
        name: String, what the caller calls them.
        values: Array or list `(n,)` of integers or strings.

    Returns:
        Array `(n,)`.

    Raises:
        ValueError: If they are not.
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(
            f"{name} must be 1-d and not empty. "
            f"Received: {name}.shape={values.shape}"
        )
    # Soft assignments passed by mistake would count as one class per value.
    if values.dtype.kind not in "biuUS" and not _are_labels(values):
        raise ValueError(
            f"{name} must hold integers or strings. "
            f"Received: {name}.dtype={values.dtype}"
        )
    return values


def _are_labels(values):
    """Whether objects are all strings or all integers, which can be sorted."""
    return any(
        all(isinstance(value, kind) for value in values)
        for kind in (str, numbers.Integral)
    )


def auroc(inliers, outliers):
    """Area under the ROC curve of a score that should be higher for inliers.

    Args:
        inliers: Array `(n,)` of scores.
        outliers: Array `(m,)` of scores.

    Returns:
        Float from 0 to 1: the share of pairs in which the inlier's score is
        the higher one, ties counted half.

    Raises:
        ValueError: If one of them is empty.
    """
    from scipy.stats import rankdata

    num_inliers, num_outliers = len(inliers), len(outliers)
    if num_inliers == 0 or num_outliers == 0:
        raise ValueError(
            "There must be scores of both. "
            f"Received: {num_inliers} inliers, {num_outliers} outliers"
        )
    ranks = rankdata(np.concatenate([inliers, outliers]))[:num_inliers]
    above = ranks.sum() - num_inliers * (num_inliers + 1) / 2
    return float(above / (num_inliers * num_outliers))


def embedding_scores(z, y, z_reference=None, y_reference=None, x=None):
    """How well an embedding keeps classes apart and neighbors together.

    Reference: J. Venna and S. Kaski, "Neighborhood preservation in nonlinear
    projection methods: an experimental study", ICANN 2001, for the
    trustworthiness.

    Args:
        z: Floats `(n, d)`, the embedding.
        y: Integers or strings `(n,)`, the classes.
        z_reference: Optional floats `(m, d)`: the nearest neighbor of each
            point is looked for among these, as of samples held out among
            those of the training. `None` looks among the other points.
        y_reference: Their classes `(m,)`, given if and only if these are.
        x: Optional array `(n, ...)`, the data: needed for trustworthiness.

    Returns:
        Dictionary: `neighbor_error`, the share of points whose nearest
        neighbor is of another class, from 0 to 1; and, where `x` is given,
        `trustworthiness`, from 0 to 1: 1 minus a penalty for the 12 nearest
        neighbors in the embedding that are not among the 12 nearest in the
        data, each of which counts by how much farther down it ranks there
        (of at most 10,000 evenly spaced points).

    Raises:
        ValueError: If lengths differ, or only one of `z_reference` and
            `y_reference` is given.
    """
    z, y = np.asarray(z, "float32"), np.asarray(y)
    _check_lengths(z=z, y=y, **({} if x is None else {"x": x}))
    held_out = z_reference is not None
    if held_out != (y_reference is not None):
        raise ValueError(
            "`z_reference` and `y_reference` must be given together. "
            f"Received: only {'z' if held_out else 'y'}_reference"
        )
    if held_out:
        _check_lengths(z_reference=z_reference, y_reference=y_reference)
    nearest = _nearest(z, z_reference if held_out else None)
    classes = np.asarray(y_reference if held_out else y)[nearest]
    scores = {"neighbor_error": float(np.mean(classes != y))}
    if x is not None:
        scores["trustworthiness"] = _trustworthiness(np.asarray(x), z)
    return scores


def _check_lengths(**arrays):
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"{', '.join(f'`{name}`' for name in arrays)} must have the same "
            f"length. Received: lengths {lengths}"
        )


def _nearest(z, z_reference):
    """Index of the nearest reference; `None`: of the other points."""
    from sklearn.neighbors import NearestNeighbors

    if z_reference is None:
        found = NearestNeighbors(n_neighbors=1).fit(z).kneighbors()
    else:
        search = NearestNeighbors(n_neighbors=1).fit(z_reference)
        found = search.kneighbors(z)
    return found[1][:, 0]


def _trustworthiness(x, z, num_neighbors=12, most=10_000):
    from sklearn.manifold import trustworthiness

    # Not above: it loads Keras, which the scores of labels do without.
    from kerasdc.inputs import evenly_spaced

    x, z = evenly_spaced(x, most), evenly_spaced(z, most)
    x = x.reshape(len(x), -1)
    num_neighbors = min(num_neighbors, (len(x) - 1) // 2)
    return float(trustworthiness(x, z, n_neighbors=num_neighbors))
