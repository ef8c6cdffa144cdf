"""The attractive term of parametric t-SNE's loss."""

from keras import ops

from kerasdc.utils.tensors import checked_tensor


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

    Raises:
        ValueError: If the shapes are known and do not fit.
    """
    log_kernel = checked_tensor("log_kernel", log_kernel, 2)
    affinities = checked_tensor("affinities", affinities)
    _check_fit(log_kernel.shape, affinities.shape)
    size = ops.shape(log_kernel)[0]
    if len(affinities.shape) == 1:
        half = size // 2
        return -ops.mean(ops.diagonal(log_kernel[:half, half:]))
    p = affinities[:, :size]
    # On the diagonal, p is 0 and log k close to minus infinity. NaN stays.
    return -ops.sum(ops.where(p <= 0, 0.0, p * log_kernel))


def _check_fit(kernel, affinities):
    sizes = kernel[0], kernel[1], affinities[0]
    known = {size for size in sizes if size is not None}
    pairs = len(affinities) == 1
    if len(known) > 1 or len(affinities) > 2 or (pairs and known == {1}):
        raise ValueError(
            "`log_kernel` must be (n, n), `affinities` (n, width) or (n,), of "
            f"at least two points. Received: shapes {tuple(kernel)} and "
            f"{tuple(affinities)}"
        )
    width = None if pairs else affinities[1]
    if known and width is not None and width < min(known):
        raise ValueError(
            "`affinities` must have at least n columns. Received: shapes "
            f"{tuple(kernel)} and {tuple(affinities)}"
        )
