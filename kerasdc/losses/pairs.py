"""Losses of pairs of samples."""

from keras import ops

from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor

_EPSILON = 1e-7


def pairwise_cross_entropy(similarity, positive):
    """Binary cross-entropy of pair labels and similarities.

    `-r log(s) - (1 - r) log(1 - s)` for the label r and the similarity s.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
    section 3.

    Args:
        similarity: Tensor `(n, n)`, values from 0 to 1.
        positive: Tensor of that shape: 1 for pairs of the same cluster, 0
            for pairs of different clusters.

    Returns:
        Tensor of that shape, in nats; finite at 0 and 1.

    Example:

    >>> similarity = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> kerasdc.losses.pairwise_cross_entropy(similarity, np.eye(2))
    [[0, 0.693], [0.693, 0]]
    """
    similarity = checked_tensor("similarity", similarity)
    positive = checked_tensor("positive", positive)
    check_same_shape(similarity=similarity, positive=positive)
    positive = ops.cast(positive, similarity.dtype)
    # Rounding may make similarities slightly larger than 1 or less than 0.
    equal = ops.maximum(similarity, 0.0)
    different = ops.maximum(1.0 - similarity, 0.0)
    return -positive * ops.log(equal + _EPSILON) - (1.0 - positive) * ops.log(
        different + _EPSILON
    )
