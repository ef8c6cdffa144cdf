"""Student-t similarities of points, and their cross-entropy."""

from keras import ops

from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor
from kerasdc.utils.tensors import largest_entry

_NONE = -1e30  # log-similarity of a point to itself
_FEW_DIMENSIONS = 16
_FAR = 1e12  # entries above it are scaled down, so that squares stay finite
_LEAST_DOF = 1e-6


def student_t_similarities(x, dof=1.0, conditional=False):
    """Pairwise probabilities by Student's t kernel.

    The kernel of two points at distance d is
    `(1 + d^2 / dof) ^ (-(dof + 1) / 2)`, Student's t with `dof` degrees of
    freedom; that of a point and itself is 0. A large `dof`, such as twice the
    number of dimensions, gives near pairs nearly all of the probability; 1
    leaves more of it to distant pairs.

    Reference:

    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure,
      equation (4).

    Args:
        x: Tensor `(n, dim)`, n at least 2. Distances in up to 16 dimensions
            are precise at any scale. In more dimensions they are computed by
            one matrix product, which is inexact for points whose distance is
            below a hundredth of their distance to the mean.
        dof: Float of at least 1e-6, degrees of freedom.
        conditional: Boolean. `False`: joint probabilities of all ordered
            pairs, whose sum is 1. `True`: probabilities of the second point,
            given the first; every row sums to 1.

    Returns:
        Float32 tensor `(n, n)`. Memory grows with the square of n, but not
        with the number of dimensions.

    Raises:
        ValueError: If `dof` is too small, `x` is not `(n, dim)`, or there is
            only one point. A compiled function with unknown n does not
            check the latter.

    Example:

    >>> x = np.array([[0.0], [1.0], [1.0]])
    >>> kerasdc.losses.student_t_similarities(x)
    [[0, 0.125, 0.125], [0.125, 0, 0.25], [0.125, 0.25, 0]]
    """
    return ops.exp(log_student_t_similarities(x, dof, conditional))


def log_student_t_similarities(x, dof=1.0, conditional=False):
    """Logarithms of `student_t_similarities`, without underflow.

    Args:
        x, dof, conditional: As in `student_t_similarities`.

    Returns:
        Float32 tensor `(n, n)`; the diagonal is below -1e29.
    """
    conditional = checked_flag("conditional", conditional)
    log_kernel = log_student_t_kernel(x, dof)
    # More precise than subtracting `logsumexp` if logarithms are large.
    return ops.log_softmax(log_kernel, axis=1 if conditional else None)


def log_student_t_kernel(x, dof=1.0):
    """Logarithms of the kernel of `student_t_similarities`, not normalized.

    Args:
        x, dof: As in `student_t_similarities`.

    Returns:
        Float32 tensor `(n, n)`; the diagonal is below -1e29.
    """
    dof = checked_number("dof", dof, _LEAST_DOF)
    x = ops.cast(checked_tensor("x", x), "float32")
    if len(x.shape) != 2 or x.shape[0] == 1:
        raise ValueError(
            "Similarities need `x` of shape (n, dim) with at least 2 points. "
            f"Received: x of shape {tuple(x.shape)}"
        )
    log_kernel = -0.5 * (dof + 1) * _log_distances(x, dof)
    itself = ops.eye(ops.shape(x)[0], dtype="float32")
    return log_kernel + _NONE * itself


def _log_distances(x, dof):
    """`log(1 + d^2 / dof)` of all pairs, finite at any distance."""
    largest = ops.max(largest_entry(x), initial=0.0)
    unit = _FAR / ops.maximum(largest, _FAR)  # 1 unless points are far
    scaled_dof = ops.maximum(dof * unit * unit, _LEAST_DOF)
    squared = _squared_distances(x * unit)
    # What the smallest `scaled_dof` leaves out.
    rest = ops.log(scaled_dof / dof) - 2.0 * ops.log(unit)
    return ops.log1p(squared / scaled_dof) + ops.where(squared > 0, rest, 0.0)


def similarity_cross_entropy(similarities, log_similarities):
    """Cross-entropy `-sum p log q` of similarities, smallest for q = p.

    Args:
        similarities: Tensor `(n, n)`, p.
        log_similarities: Tensor of that shape, log q, as
            `log_student_t_similarities` returns it.

    Returns:
        Scalar tensor, in nats; of conditional probabilities, the sum over
        rows.

    Raises:
        ValueError: If the shapes are known and differ.
    """
    similarities, log_similarities = (
        ops.cast(checked_tensor(name, tensor, 2), "float32")
        for name, tensor in (
            ("similarities", similarities),
            ("log_similarities", log_similarities),
        )
    )
    check_same_shape(
        similarities=similarities, log_similarities=log_similarities
    )
    # 0 log 0 on the diagonal, finite.
    finite = ops.maximum(log_similarities, 0.1 * _NONE)
    return -ops.sum(similarities * finite)


def _squared_distances(x):
    """Without a tensor `(n, n, dim)`, in the gradient, too."""
    products = _distances_by_product(x)
    if x.shape[1] > _FEW_DIMENSIONS:
        return ops.maximum(products, 0.0)
    # Rounding errors of the product exceed small distances: the exact values
    # are added as constants. The gradient of the product is precise enough.
    lost = _summed_distances(ops.stop_gradient(x)) - products
    return products + ops.stop_gradient(lost)


def _distances_by_product(x):
    """By one matrix product, centered to reduce rounding errors."""
    x = x - ops.stop_gradient(ops.mean(x, axis=0, keepdims=True))
    squares = ops.sum(ops.square(x), axis=1)
    products = ops.matmul(x, ops.transpose(x))
    return squares[:, None] + squares[None, :] - 2.0 * products


def _summed_distances(x):
    """Exact, summed over dimensions one by one."""
    columns = ops.transpose(x)
    return sum(
        ops.square(columns[i][:, None] - columns[i][None, :])
        for i in range(x.shape[1])
    )
