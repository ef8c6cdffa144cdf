"""Losses of pairs of samples that do, or do not, belong together."""

from keras import ops

_EPSILON = 1e-7


def pairwise_cross_entropy(similarity, positive):
    """Cross-entropy of whether pairs belong together, and their similarity.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
    section 3.

    Args:
        similarity: Tensor `(n, n)`, values from 0 to 1.
        positive: Tensor of that shape: 1 for pairs that belong together, 0
            for the others.

    Returns:
        Tensor of that shape, in nats; finite at 0 and 1.

    Example:

    >>> similarity = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> kerasdc.losses.pairwise_cross_entropy(similarity, np.eye(2))
    [[0, 0.693], [0.693, 0]]
    """
    # Rounding takes similarities a little above 1.
    different = ops.maximum(1.0 - similarity, 0.0)
    return -positive * ops.log(similarity + _EPSILON) - (
        1.0 - positive
    ) * ops.log(different + _EPSILON)
