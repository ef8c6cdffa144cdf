"""Penalty on the sizes of clusters."""

from keras import ops

from kerasdc.losses.information import marginal_divergence
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import checked_tensor


def size_penalty(soft_assignment, class_prior=None, tolerance=0.0):
    """IMSAT's constraint on cluster sizes, as a penalty.

    `max(KL(p(y) || prior) - tolerance - (k - 1) / 2n, 0)`, for the order of
    the prior with the smallest divergence; `(k - 1) / 2n` is the expected
    divergence by chance in a batch of n samples.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720), section
    3.3.

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.
        class_prior: Optional `k` numbers above 0 whose sum is 1. `None`
            means equal sizes.
        tolerance: Float, at least 0, in nats.

    Returns:
        Scalar float32 tensor, in nats, at least 0.

    Raises:
        ValueError: If `tolerance` is negative, or `class_prior` not `k` such
            numbers (values of tensors are not checked).
    """
    soft_assignment = checked_tensor("soft_assignment", soft_assignment, 2)
    if not ops.is_tensor(tolerance):
        tolerance = checked_number("tolerance", tolerance)
    num_samples, num_clusters = ops.shape(soft_assignment)
    prior = class_prior
    if prior is None:
        prior = [1 / soft_assignment.shape[1]] * num_clusters
    divergence = marginal_divergence(soft_assignment, prior, any_order=True)
    by_chance = (num_clusters - 1) / (2 * ops.cast(num_samples, "float32"))
    return ops.maximum(divergence - tolerance - by_chance, 0.0)
