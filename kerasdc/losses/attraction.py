"""The attractive term of parametric t-SNE's loss."""

from keras import ops


def attraction(log_kernel, affinities):
    """Cross-entropy `-sum p log k` of affinities p and a kernel k.

    Plus the logarithm of the kernel's sum, it is t-SNE's divergence KL(P || Q)
    up to the entropy of p, which is constant.

    Reference: [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
    equation (2).

    Args:
        log_kernel: Tensor `(n, n)`, as `log_student_t_kernel` returns it.
        affinities: Tensor `(n, width)` with p in its first n columns. Or
            `(n,)` with any values: point i of the first half is the neighbor
            of point i of the second half, and all these pairs have equal p.

    Returns:
        Scalar tensor, in nats.
    """
    size = ops.shape(log_kernel)[0]
    if len(affinities.shape) == 1:
        half = size // 2
        return -ops.mean(ops.diagonal(log_kernel[:half, half:]))
    p = affinities[:, :size]
    # On the diagonal, p is 0 and log k close to minus infinity.
    return -ops.sum(ops.where(p > 0, p * log_kernel, 0.0))
