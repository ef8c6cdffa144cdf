"""How much assignments tell of the samples."""

from keras import ops

from kerasdc.utils.arguments import checked_shares


def mutual_information(soft_assignment):
    """I(X; Y) between samples and clusters: how much an assignment tells.

    `H(Y) - H(Y|X)`, estimated from a batch: high if every sample belongs to
    one cluster for certain and clusters are of equal size. IMSAT weighs the
    two: its loss is `R(theta) - lambda (mu H(Y) - H(Y|X))`.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720),
    equation (7).

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.

    Returns:
        Scalar float32 tensor, in nats, from 0 to log k.

    Example:

    >>> kerasdc.losses.mutual_information(keras.ops.eye(2))
    0.6931472
    """
    entropy = marginal_entropy(soft_assignment)
    return entropy - conditional_entropy(soft_assignment)


def marginal_entropy(soft_assignment):
    """H(Y), the entropy of the batch's mean assignment: how equal in size.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720),
    equation (8), with a batch in place of all the data.

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.

    Returns:
        Scalar float32 tensor, in nats, from 0 (one cluster) to log k.
    """
    probabilities = ops.cast(soft_assignment, "float32")
    return _entropy(ops.mean(probabilities, axis=0))


def marginal_divergence(soft_assignment, class_prior, any_order=False):
    """KL(p(y) || prior) of the batch's mean assignment: IMSAT's constraint.

    Where clusters of known, unequal sizes are asked for. With an even prior
    it is `log k - H(Y)`.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720), section
    3.3.

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.
        class_prior: `k` numbers above 0 whose sum is 1.
        any_order: Boolean. `True` leaves it to the data which cluster has
            which size: the least divergence of all orders of the prior, which
            is that of the largest cluster with the largest share, and so on.

    Returns:
        Scalar float32 tensor, in nats, at least 0.

    Raises:
        ValueError: If `class_prior` is not `k` such numbers (of tensors the
            values are not looked at).
    """
    if not ops.is_tensor(class_prior):
        checked_shares("class_prior", class_prior, soft_assignment.shape[-1])
    marginal = ops.mean(ops.cast(soft_assignment, "float32"), axis=0)
    log_prior = ops.log(ops.cast(class_prior, "float32"))
    if any_order:
        marginal, log_prior = ops.sort(marginal), ops.sort(log_prior)
    return -_entropy(marginal) - ops.sum(marginal * log_prior)


def conditional_entropy(soft_assignment):
    """H(Y|X), the mean entropy of the samples' assignments: how uncertain.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720),
    equation (9).

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.

    Returns:
        Scalar float32 tensor, in nats, from 0 (certain) to log k.
    """
    return ops.mean(_entropy(ops.cast(soft_assignment, "float32")))


def _entropy(probabilities):
    tiny = 1e-30  # 0 log 0 is 0; the gradient at 0 is finite
    log_probabilities = ops.log(ops.maximum(probabilities, tiny))
    return -ops.sum(probabilities * log_probabilities, axis=-1)
