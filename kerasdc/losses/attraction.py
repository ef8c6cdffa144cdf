"""How much neighbors attract each other in parametric t-SNE."""

from keras import ops


def attraction(log_kernel, affinities):
    """`-sum p log k`: cross-entropy of affinities and a kernel k.

    With the logarithm of the kernel's sum it is the divergence of t-SNE, but
    for the entropy of p.

    Reference: [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
    equation (2).

    Args:
        log_kernel: Tensor `(n, n)`, as `log_student_t_kernel` gives it.
        affinities: Tensor `(n, width)`: p in its first n columns. Or `(n,)`,
            of any values: the first half of the points are neighbors of the
            second half, one to one, with equal p.

    Returns:
        Scalar tensor, in nats.
    """
    size = ops.shape(log_kernel)[0]
    if len(affinities.shape) == 1:
        half = size // 2
        return -ops.mean(ops.diagonal(log_kernel[:half, half:]))
    p = affinities[:, :size]
    # On the diagonal, 0 times almost minus infinity.
    return -ops.sum(ops.where(p > 0, p * log_kernel, 0.0))
