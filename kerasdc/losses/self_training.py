"""DEC's self-training: the target distribution and the clustering loss."""

import keras
import numpy as np
from keras import ops


def target_distribution(q):
    """Sharpens soft assignments into training targets P.

    `p_ij = (q_ij^2 / f_j) / sum_j' (q_ij'^2 / f_j')` with the soft cluster
    frequencies `f_j = sum_i q_ij`: confident assignments count more, large
    clusters less. `q` must hold the assignments of **all** the data, because
    `f_j` is a sum over all samples.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335),
    equation (3).

    Args:
        q: Array `(n, k)` of soft assignments; every row sums to 1.

    Returns:
        Float32 NumPy array `(n, k)`; every row sums to 1.

    Raises:
        ValueError: If `q` has another shape.

    Example:

    >>> kerasdc.losses.target_distribution([[0.5, 0.5], [1.0, 0.0]])
    [[0.25, 0.75], [1, 0]]
    """
    q = np.asarray(q, dtype="float32")
    if q.ndim != 2:
        raise ValueError(
            f"`q` must have shape (n, k). Received: q of shape {q.shape}"
        )
    # A cluster of frequency 0 would give 0 / 0.
    sizes = np.maximum(q.sum(axis=0, dtype="float64"), 1e-12)
    weight = np.square(q)
    weight /= sizes.astype("float32")
    weight /= weight.sum(axis=1, keepdims=True)
    return weight


@keras.saving.register_keras_serializable(package="kerasdc")
def kl_divergence(target, soft_assignment):
    """KL(P || Q), DEC's clustering loss.

    `sum_j p_ij log(p_ij / q_ij)` for every sample i.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335),
    equation (2).

    Args:
        target: Tensor `(batch, k)`, probabilities P.
        soft_assignment: Tensor `(batch, k)`, probabilities Q.

    Returns:
        Tensor `(batch,)`, in nats, at least 0.
    """
    tiny = 1e-30  # 0 log 0 is 0; the smallest float32 is 1e-38
    target = ops.cast(target, soft_assignment.dtype)
    log_ratio = ops.log(ops.maximum(target, tiny)) - ops.log(
        ops.maximum(soft_assignment, tiny)
    )
    return ops.sum(target * log_ratio, axis=-1)
