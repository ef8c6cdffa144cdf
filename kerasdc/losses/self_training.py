"""DEC's self-training: the target distribution and the clustering loss."""

import keras
import numpy as np
from keras import ops

from kerasdc.utils.arguments import checked_number
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.mapped import blocks
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor

_TINY = 1e-15  # squares of smaller numbers are lost in float32


def target_distribution(q, power=2.0, frequency_power=1.0, frequencies=None):
    """Sharpens soft assignments into training targets P.

    `p_ij = (q_ij^a / f_j^b) / sum_j' (q_ij'^a / f_j'^b)` with the soft
    cluster frequencies `f_j = sum_i q_ij`: confident assignments count more,
    large clusters less. `q` must hold the assignments of **all** the data,
    because `f_j` is a sum over all samples, unless these sums are passed.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335),
    equation (3), with the powers 2 and 1. [Li et al., 2018](
    https://arxiv.org/abs/1703.07980) boost by a power above 1 alone (b is 0);
    [Dizaji et al., 2017](https://arxiv.org/abs/1704.06327), equation (4),
    balance alone, by the powers 1 and 1/2.

    Args:
        q: Array `(n, k)` of soft assignments; every row sums to 1.
        power: Float above 0, a.
        frequency_power: Float, at least 0, b.
        frequencies: Optional array `(k,)`, f, where `q` holds some samples
            only: see `soft_frequencies`.

    Returns:
        Float32 NumPy array `(n, k)`; every row sums to 1.

    Raises:
        ValueError: If `q` has another shape, is not finite, or holds numbers
            that are not from 0 to 1 or a row of zeros; or if a power is out
            of its range.

    Example:

    >>> kerasdc.losses.target_distribution([[0.5, 0.5], [1.0, 0.0]])
    [[0.25, 0.75], [1, 0]]
    """
    q = np.asarray(checked_array("q", q, 2), dtype="float32")
    power = checked_number("power", power, above=True)
    frequency_power = checked_number("frequency_power", frequency_power)
    largest = q.max(axis=1, keepdims=True)
    _check_probabilities(q, largest)
    # A cluster of frequency 0 would give 0 / 0.
    if frequencies is None:
        frequencies = soft_frequencies(q)
    sizes = np.maximum(frequencies, 1e-12)
    weight = _raised(q, largest, power)
    weight /= (sizes**frequency_power).astype("float32")
    weight /= weight.sum(axis=1, keepdims=True)
    return weight


def soft_frequencies(q):
    """The sums of soft assignments over all samples, f above.

    Args:
        q: Array `(n, k)`.

    Returns:
        Float64 array `(k,)`.
    """
    sums = [b.sum(axis=0, dtype="float64") for _, b in blocks(q)]
    return np.sum(sums, axis=0)


def _raised(q, largest, power):
    """`q ** power`, times a factor for each row: none is lost."""
    if power == 2.0:  # as fast as it was without other powers
        few = largest < _TINY
        return np.square(q / np.where(few, largest, 1) if few.any() else q)
    return (q / largest) ** np.float32(power)


def _check_probabilities(q, largest):
    zeros = np.flatnonzero(largest == 0)
    if zeros.size:
        raise ValueError(
            "Every row of `q` must have a probability above 0. "
            f"Received: q with zeros only in row {zeros[0]}"
        )
    # Rounding may make a probability slightly larger than 1.
    if q.min() < 0 or q.max() > 1.01:
        raise ValueError(
            "`q` must hold probabilities, from 0 to 1. "
            f"Received: q from {q.min()} to {q.max()}"
        )


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
    target = checked_tensor("target", target)
    soft_assignment = checked_tensor("soft_assignment", soft_assignment)
    check_same_shape(target=target, soft_assignment=soft_assignment)
    tiny = 1e-30  # 0 log 0 is 0; the smallest float32 is 1e-38
    target = ops.cast(target, soft_assignment.dtype)
    log_ratio = ops.log(ops.maximum(target, tiny)) - ops.log(
        ops.maximum(soft_assignment, tiny)
    )
    return ops.sum(target * log_ratio, axis=-1)
