"""How well a linear classifier learns a partition: a score without labels."""

import warnings

import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled

_MAX_STEPS = 1000


def probe_accuracy(z, clusters, num_folds=10, seed=0):
    """Cross-validated accuracy of logistic regression on the clusters.

    Clusters with wide margins between them are learned from some of the
    samples for the others. Of several partitions of the same samples into as
    many clusters, the one of the highest accuracy is taken; of features of
    several networks, the mean over the networks.

    Reference:

    - [Gadetsky et al., 2024](https://arxiv.org/abs/2406.07236), Let Go of Your
      Labels with Unsupervised Transfer (TURTLE).

    Args:
        z: Array `(n, ...)`, features of a pretrained network; the axes of a
            sample are flattened. Their mean square is scaled to 1.
        clusters: Integer array `(n,)`, as `assign` returns it.
        num_folds: Integer, at least 2: parts of the samples, drawn at random,
            of which each is predicted by the others. With fewer samples, each
            is a part of its own.
        seed: Integer, of the draw.

    Returns:
        Float from 0 to 1, the higher the better; 1 for a single cluster, and
        nearly that where one cluster holds nearly all samples: see to it
        that clusters are of comparable size.

    Raises:
        ValueError: If there are fewer than 2 samples or folds, the lengths
            differ, or `z` is not finite.

    Example:

    >>> z = np.repeat(np.eye(2), 10, axis=0)
    >>> kerasdc.metrics.probe_accuracy(z, z[:, 0].astype(int))
    1.0
    """
    from sklearn.model_selection import KFold

    z, clusters = _checked(z, clusters)
    num_folds = min(checked_count("num_folds", num_folds, 2), len(z))
    folds = KFold(num_folds, shuffle=True, random_state=checked_seed(seed))
    correct = 0
    for known, asked in folds.split(z):
        found = _predicted(z[known], clusters[known], z[asked])
        correct += np.count_nonzero(found == clusters[asked])
    return correct / len(z)


def _checked(z, clusters):
    z = checked_array("z", z)
    clusters = checked_array("clusters", clusters, 1)
    if len(z) != len(clusters) or len(z) < 2:
        raise ValueError(
            "`z` and `clusters` must have a row for each sample, at least 2. "
            f"Received: {len(z)} and {len(clusters)} rows"
        )
    if clusters.dtype.kind not in "iu":
        raise ValueError(
            "`clusters` must be integers. "
            f"Received: clusters of dtype {clusters.dtype}"
        )
    z, _ = rescaled(z.reshape(len(z), -1).astype("float64"))
    size = np.sqrt(np.mean(np.square(z)))
    return z / (size if size > 0 else 1.0), clusters


def _predicted(z, clusters, asked):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(clusters)) == 1:
        return np.full(len(asked), clusters[0])
    model = LogisticRegression(max_iter=_MAX_STEPS)
    with warnings.catch_warnings():
        # By then it is near enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(z, clusters).predict(asked)
