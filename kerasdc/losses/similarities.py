"""Similarities of points by Student's t kernel, and how they differ."""

from keras import ops

from kerasdc.utils.arguments import checked_number

_NONE = -1e30  # logarithm of a similarity of a point to itself
_FEW_DIMENSIONS = 16


def student_t_similarities(x, dof=1.0, conditional=False):
    """Probabilities that fall with the distance of two points.

    The kernel is `(1 + d^2 / dof) ^ (-(dof + 1) / 2)`, Student's t with `dof`
    degrees of freedom; a point is not similar to itself. In a space of `dim`
    dimensions, a large `dof` such as `2 dim` keeps neighbors only, and 1
    leaves room for all others.

    Reference:

    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure,
      equation (4).

    Args:
        x: Tensor `(n, dim)`, n of at least 2. Distances of up to 16
            dimensions are precise at any scale. Those of more come of one
            matrix product: inexact where points are nearer to each other
            than a hundredth of the way to the mean of all.
        dof: Float above 0.
        conditional: Boolean. `False`: joint probabilities of all ordered
            pairs, whose sum is 1. `True`: of the second point, given the
            first; every row sums to 1.

    Returns:
        Float32 tensor `(n, n)`. Memory grows with the square of n, whatever
        the number of dimensions.

    Raises:
        ValueError: If `dof` is not above 0, `x` is not `(n, dim)`, or there
            is one point only. A compiled function that does not know n
            cannot tell: its caller has to see to it.

    Example:

    >>> x = np.array([[0.0], [1.0], [1.0]])
    >>> kerasdc.losses.student_t_similarities(x)
    [[0, 0.125, 0.125], [0.125, 0, 0.25], [0.125, 0.25, 0]]
    """
    return ops.exp(log_student_t_similarities(x, dof, conditional))


def log_student_t_similarities(x, dof=1.0, conditional=False):
    """Logarithms of `student_t_similarities`, which do not underflow.

    Args:
        x, dof, conditional: As in `student_t_similarities`.

    Returns:
        Float32 tensor `(n, n)`; on the diagonal a number below -1e29.
    """
    log_kernel = log_student_t_kernel(x, dof)
    # Unlike minus `logsumexp`, precise where far points' logarithms are so
    # large that float32 has no fractions there.
    return ops.log_softmax(log_kernel, axis=1 if conditional else None)


def log_student_t_kernel(x, dof=1.0):
    """Logarithms of the kernel of `student_t_similarities`, not normalized.

    Args:
        x, dof: As in `student_t_similarities`.

    Returns:
        Float32 tensor `(n, n)`; on the diagonal a number below -1e29.
    """
    checked_number("dof", dof, above=True)
    x = ops.cast(ops.convert_to_tensor(x), "float32")
    if len(x.shape) != 2 or x.shape[0] in (0, 1):
        raise ValueError(
            "Similarities need `x` of shape (n, dim), of at least 2 points. "
            f"Received: x of shape {tuple(x.shape)}"
        )
    log_kernel = -0.5 * (dof + 1) * ops.log1p(_squared_distances(x) / dof)
    itself = ops.eye(ops.shape(x)[0], dtype="float32")
    return log_kernel + _NONE * itself


def similarity_cross_entropy(similarities, log_similarities):
    """`-sum p log q`: least where the second equal the first.

    Args:
        similarities: Tensor `(n, n)`, p.
        log_similarities: Tensor of that shape, log q, as
            `log_student_t_similarities` gives it.

    Returns:
        Scalar tensor: for joint probabilities in nats, for conditional ones
        the sum of the rows'.

    Raises:
        ValueError: If the shapes are known and differ.
    """
    similarities = ops.cast(similarities, "float32")
    log_similarities = ops.cast(log_similarities, "float32")
    shapes = tuple(similarities.shape), tuple(log_similarities.shape)
    if None not in shapes[0] + shapes[1] and shapes[0] != shapes[1]:
        raise ValueError(
            "`similarities` and `log_similarities` must have the same shape. "
            f"Received: shapes {shapes[0]} and {shapes[1]}"
        )
    # 0 log 0 on the diagonal.
    finite = ops.maximum(log_similarities, 0.1 * _NONE)
    products = similarities * finite
    return -ops.sum(ops.where(similarities > 0, products, 0.0))


def _squared_distances(x):
    """Never a tensor `(n, n, dim)`, not even for the gradient."""
    products = _distances_by_product(x)
    if x.shape[1] > _FEW_DIMENSIONS:
        return ops.relu(products)
    # Near points among far ones would drown in the product's rounding. Its
    # gradient has less of it, and need not keep what was summed here.
    lost = _summed_distances(ops.stop_gradient(x)) - products
    return products + ops.stop_gradient(lost)


def _distances_by_product(x):
    """From the mean, where rounding is least."""
    x = x - ops.stop_gradient(ops.mean(x, axis=0, keepdims=True))
    squares = ops.sum(ops.square(x), axis=1)
    products = ops.matmul(x, ops.transpose(x))
    return squares[:, None] + squares[None, :] - 2.0 * products


def _summed_distances(x):
    """One dimension after the other."""
    columns = ops.transpose(x)
    return sum(
        ops.square(columns[i][:, None] - columns[i][None, :])
        for i in range(x.shape[1])
    )
