"""Entropies and mutual information of soft assignments."""

from keras import ops

from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_shares
from kerasdc.utils.tensors import checked_tensor


def mutual_information(soft_assignment):
    """Mutual information I(X; Y) of samples and clusters.

    `H(Y) - H(Y|X)`, estimated from a batch: high if assignments are certain
    and clusters are of equal size. IMSAT weights the two terms: its loss is
    `R(theta) - lambda (mu H(Y) - H(Y|X))`.

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
    """Entropy H(Y) of the mean assignment: high for clusters of equal size.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720),
    equation (8), with a batch instead of all data.

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.

    Returns:
        Scalar float32 tensor, in nats, from 0 (one cluster) to log k.
    """
    return _entropy(ops.mean(_probabilities(soft_assignment), axis=0))


def marginal_divergence(soft_assignment, class_prior, any_order=False):
    """KL(p(y) || prior) of the mean assignment: IMSAT's constraint.

    For clusters of known, unequal sizes. With a uniform prior it is
    `log k - H(Y)`.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720), section
    3.3.

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.
        class_prior: `k` numbers above 0 whose sum is 1.
        any_order: Boolean. `False` gives cluster i the share
            `class_prior[i]`. `True` takes the order of the prior with the
            smallest divergence: the largest share for the largest cluster,
            and so on.

    Returns:
        Scalar float32 tensor, in nats, at least 0.

    Raises:
        ValueError: If `class_prior` is not `k` such numbers (values of
            tensors are not checked).
    """
    marginal = ops.mean(_probabilities(soft_assignment), axis=0)
    log_prior = ops.log(_prior(class_prior, marginal.shape[0]))
    if checked_flag("any_order", any_order):
        marginal, log_prior = ops.sort(marginal), ops.sort(log_prior)
    return -_entropy(marginal) - ops.sum(marginal * log_prior)


def conditional_entropy(soft_assignment):
    """Entropy H(Y|X), the mean over samples: low for certain assignments.

    Reference: [Hu et al., 2017](https://arxiv.org/abs/1702.08720),
    equation (9).

    Args:
        soft_assignment: Tensor `(n, k)`, probabilities; rows sum to 1.

    Returns:
        Scalar float32 tensor, in nats, from 0 (certain) to log k.
    """
    return ops.mean(_entropy(_probabilities(soft_assignment)))


def _probabilities(soft_assignment):
    checked = checked_tensor("soft_assignment", soft_assignment, 2)
    return ops.cast(checked, "float32")


def _prior(class_prior, num_clusters):
    if not ops.is_tensor(class_prior):
        checked_shares("class_prior", class_prior, num_clusters)
        return ops.cast(class_prior, "float32")
    prior = ops.cast(checked_tensor("class_prior", class_prior, 1), "float32")
    if prior.shape[0] not in (None, num_clusters):
        raise ValueError(
            f"`class_prior` must be {num_clusters} numbers. "
            f"Received: class_prior of shape {tuple(prior.shape)}"
        )
    return prior


def _entropy(probabilities):
    tiny = 1e-30  # 0 log 0 is 0; the gradient at 0 is finite
    log_probabilities = ops.log(ops.maximum(probabilities, tiny))
    return -ops.sum(probabilities * log_probabilities, axis=-1)
