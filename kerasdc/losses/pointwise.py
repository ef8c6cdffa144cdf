"""Pointwise mutual information of pairs of soft assignments."""

from keras import ops

from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor

_TINY = 1e-37  # float32 reaches down to 1e-38


def pointwise_information(first, second, marginal, beta=1.0):
    """`log sum_c (q(c|x) q(c|x'))^beta / p(c)` of pairs (x, x').

    With `beta=1` and the mean assignment p it is the pointwise mutual
    information of the two: at most `-log p(c)`, if both are surely of
    cluster c; 0 if they are independent, as where one of them is p. A
    smaller beta also rewards pairs that are not certain of their cluster,
    so that all clusters stay in use.

    Reference:

    - [Adaloglou et al., 2023](https://arxiv.org/abs/2303.17896), Exploring the
      Limits of Deep Image Clustering using Pretrained Models, section 3.

    Args:
        first: Tensor `(..., k)`, probabilities; rows sum to 1.
        second: Tensor of that shape, of the other one of each pair.
        marginal: Tensor `(k,)`, or one whose axes are the last ones of
            `first`: shares of the clusters, each above 0.
        beta: Float above 0, up to 1.

    Returns:
        Float32 tensor `(...)`, in nats; finite where a product is 0.

    Raises:
        ValueError: If `beta` is out of its range, or the shapes are known
            and differ.

    Example:

    >>> q = np.array([[1.0, 0.0], [0.5, 0.5]])
    >>> kerasdc.losses.pointwise_information(q, q, np.array([0.5, 0.5]))
    [0.693, 0]
    """
    beta = checked_number("beta", beta, 0, 1, above=True)
    product = _product(first, second)
    marginal = ops.cast(checked_tensor("marginal", marginal), "float32")
    _check_clusters(product, marginal)
    # Of an empty cluster, 0: a limit from below would be divided by its share.
    powers = ops.exp(beta * ops.log(ops.maximum(product, _TINY)))
    powers = ops.where(product > _TINY, powers, 0.0)
    ratio = powers / ops.maximum(marginal, _TINY)
    return ops.log(ops.maximum(ops.sum(ratio, axis=-1), _TINY))


def pair_agreement(first, second):
    """`sum_c q(c|x) q(c|x')`: how surely pairs are of the same cluster.

    Reference:

    - [Adaloglou et al., 2023](https://arxiv.org/abs/2303.17896), section 3:
      the weight of a pair.

    Args:
        first: Tensor `(..., k)`, probabilities; rows sum to 1.
        second: Tensor of that shape, of the other one of each pair.

    Returns:
        Float32 tensor `(...)`, from 0 to 1.

    Raises:
        ValueError: If the shapes are known and differ.

    Example:

    >>> q = np.array([[1.0, 0.0], [0.5, 0.5]])
    >>> kerasdc.losses.pair_agreement(q, q)
    [1, 0.5]
    """
    return ops.sum(_product(first, second), axis=-1)


def _product(first, second):
    first, second = (
        ops.cast(checked_tensor(name, tensor), "float32")
        for name, tensor in (("first", first), ("second", second))
    )
    check_same_shape(first=first, second=second)
    return first * second


def _check_clusters(product, marginal):
    axes = len(marginal.shape)
    sizes = zip(product.shape[-axes:], marginal.shape, strict=False)
    fits = all(size in (None, other) for size, other in sizes)
    if axes > len(product.shape) or not fits:
        raise ValueError(
            "`marginal` must have the last axes of `first`. Received: "
            f"marginal of shape {tuple(marginal.shape)}, "
            f"first of shape {tuple(product.shape)}"
        )
