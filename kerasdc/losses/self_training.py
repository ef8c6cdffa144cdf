"""How far soft assignments are from their targets."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdc")
def kl_divergence(target, soft_assignment):
    """KL(P || Q), summed over clusters: DEC's clustering loss.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335),
    equation (2).

    Args:
        target: Tensor `(batch, k)`, probabilities P.
        soft_assignment: Tensor `(batch, k)`, probabilities Q.

    Returns:
        Tensor `(batch,)`, in nats, at least 0.
    """
    tiny = 1e-30  # 0 log 0 is 0; float32 reaches down to 1e-38
    target = ops.cast(target, soft_assignment.dtype)
    log_ratio = ops.log(ops.maximum(target, tiny)) - ops.log(
        ops.maximum(soft_assignment, tiny)
    )
    return ops.sum(target * log_ratio, axis=-1)
