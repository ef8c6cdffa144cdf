"""How well a score tells the data from what is not of its kind."""

import numpy as np


def auroc(inliers, outliers):
    """Area under the ROC curve of a score that should be higher for inliers.

    Args:
        inliers: Array `(n,)` of scores.
        outliers: Array `(m,)` of scores.

    Returns:
        Float from 0 to 1: the share of pairs in which the inlier's score is
        the higher one, ties counted half.

    Raises:
        ValueError: If one of them is empty, or not an array of numbers.
    """
    from scipy.stats import rankdata

    inliers = _checked_scores("inliers", inliers)
    outliers = _checked_scores("outliers", outliers)
    num_inliers, num_outliers = len(inliers), len(outliers)
    if num_inliers == 0 or num_outliers == 0:
        raise ValueError(
            "There must be scores of both. "
            f"Received: {num_inliers} inliers, {num_outliers} outliers"
        )
    ranks = rankdata(np.concatenate([inliers, outliers]))[:num_inliers]
    above = ranks.sum() - num_inliers * (num_inliers + 1) / 2
    return float(above / (num_inliers * num_outliers))


def _checked_scores(name, scores):
    scores = np.asarray(scores)
    is_real = scores.ndim == 1 and scores.dtype.kind in "buif"
    if not is_real or np.isnan(scores).any():
        raise ValueError(
            f"`{name}` must be an array (n,) of scores, none of them NaN. "
            f"Received: {name}={scores!r}"
        )
    return scores
