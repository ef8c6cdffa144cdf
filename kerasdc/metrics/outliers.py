"""How well a score separates inliers from outliers."""

import numpy as np


def auroc(inliers, outliers):
    """Area under the ROC curve of a score that is higher for inliers.

    Args:
        inliers: Array `(n,)` of scores.
        outliers: Array `(m,)` of scores.

    Returns:
        Float from 0 to 1: the share of pairs in which the inlier has the
        higher score; ties count half.

    Raises:
        ValueError: If one of them is empty, or not an array of numbers.
    """
    from sklearn.metrics import roc_auc_score

    inliers = _checked_scores("inliers", inliers)
    outliers = _checked_scores("outliers", outliers)
    if len(inliers) == 0 or len(outliers) == 0:
        raise ValueError(
            "`inliers` and `outliers` must both hold scores. "
            f"Received: {len(inliers)} inliers, {len(outliers)} outliers"
        )
    is_inlier = np.repeat([1, 0], [len(inliers), len(outliers)])
    scores = np.concatenate([inliers, outliers])
    # scikit-learn refuses infinity, the log-density of impossible samples;
    # only the order counts.
    _, ranks = np.unique(scores, return_inverse=True)
    return float(roc_auc_score(is_inlier, ranks))


def _checked_scores(name, scores):
    try:
        array = np.asarray(scores)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, object)
    is_real = array.ndim == 1 and array.dtype.kind in "buif"
    if not is_real or np.isnan(array).any():
        raise ValueError(
            f"`{name}` must be an array (n,) of scores without NaN. "
            f"Received: {name}={_shown(array)}"
        )
    return array


def _shown(array):
    if array.dtype == object:
        return f"an array of objects of shape {array.shape}"
    return f"{repr(array):.200}"
