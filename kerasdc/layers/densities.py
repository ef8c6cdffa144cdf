"""Densities of a Gaussian mixture, finite at any distance."""

import math

from keras import ops

from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor
from kerasdc.utils.tensors import largest_entry

_LARGEST = 1e37  # float32 ends at 3.4e38
_FAR = 1e8  # entries above it are scaled down, so that squares stay finite
_HIGHEST_LOG_PRECISION = 80.0


def log_joint(z, log_weights, means, log_variances, relative=False):
    """log p(z, c) of every point and component.

    Args:
        z: Tensor `(n, dim)`.
        log_weights: Tensor `(k,)`.
        means, log_variances: Tensors or variables `(k, dim)`.
        relative: Boolean. Whether a constant may be left out for each point
            that is so far away that the differences would be lost.

    Returns:
        Float32 tensor `(n, k)`, at least -1e37; NaN for points that hold NaN.

    Raises:
        ValueError: If `z` has another shape, or is not numeric.
    """
    z = _checked_points("z", z, means.shape[1])
    squares = _squared_distances(z, means, log_variances, relative)
    log_volume = ops.sum(log_variances, axis=1)
    constant = means.shape[1] * math.log(2 * math.pi)
    return log_weights - 0.5 * (squares + log_volume + constant)


def divergence(mean, log_variance, responsibilities, mixture):
    """The divergences of `kerasdc.layers.GaussianMixturePrior.divergence`.

    Args:
        mean, log_variance: Tensors `(n, dim)`.
        responsibilities: Tensor `(n, k)`.
        mixture: Tuple of log-weights `(k,)`, means and log-variances
            `(k, dim)`.

    Returns:
        Tuple of two float32 tensors `(n,)`, in nats.

    Raises:
        ValueError: If a tensor has another shape, or is not numeric.
    """
    log_weights, means, log_variances = mixture
    num_clusters, dim = means.shape
    parts = {"mean": mean, "log_variance": log_variance}
    mean, log_variance = (
        ops.expand_dims(_checked_points(name, part, dim), 1)
        for name, part in parts.items()
    )
    check_same_shape(mean=mean, log_variance=log_variance)
    # Sums stay finite; what is not finite becomes NaN.
    log_variance = ops.clip(log_variance, -1e30, 1e30) + 0.0 * log_variance
    gamma = _checked_points("responsibilities", responsibilities, num_clusters)
    rows = {mean.shape[0], gamma.shape[0]} - {None}
    if len(rows) > 1:
        raise ValueError(
            "`mean` and `responsibilities` must have the same number of rows. "
            f"Received: {mean.shape[0]} and {gamma.shape[0]} rows"
        )
    squares = ops.exp(log_variance) + ops.square(mean - means)
    # 0 times infinity would be NaN. A mean that is not finite stays so.
    squares = ops.minimum(squares, _LARGEST) + 0.0 * mean
    divergences = 0.5 * ops.sum(
        log_variances - log_variance + squares * ops.exp(-log_variances) - 1.0,
        axis=2,
    )
    divergences = ops.minimum(divergences, _LARGEST)
    # 0 log 0 is 0; the smallest float32 is 1e-38.
    log_gamma = ops.log(ops.maximum(gamma, 1e-30))
    return (
        ops.sum(gamma * divergences, axis=1),
        ops.sum(gamma * (log_gamma - log_weights), axis=1),
    )


def _squared_distances(z, means, log_variances, relative=False):
    """`sum_d (z_d - mu_cd)^2 / sigma_cd^2` for every point and component.

    `relative` subtracts the smallest of each point that is so far away that the
    differences would be lost.
    """
    largest = ops.max(largest_entry(means), initial=0.0)
    largest = ops.maximum(largest_entry(z), largest)
    unit = _FAR / ops.maximum(largest, _FAR)  # 1 unless points are far
    # Differences `(n, k, dim)`, not expanded squares, which would be
    # imprecise for small variances far from the origin.
    scale = ops.expand_dims(unit, 2)
    squares = ops.square(ops.expand_dims(z, 1) * scale - means * scale)
    precisions = ops.exp(ops.minimum(-log_variances, _HIGHEST_LOG_PRECISION))
    squares = ops.sum(squares * precisions, axis=2)
    squares = ops.minimum(squares, _LARGEST)
    if relative:
        nearest = ops.min(squares, axis=1, keepdims=True)
        squares = squares - ops.where(unit < 1, nearest, 0.0)
    return ops.minimum(squares / unit / unit, _LARGEST)


def _checked_points(name, z, dim):
    """Points of a latent space in float32, or raises."""
    z = ops.cast(checked_tensor(name, z, 2), "float32")
    if z.shape[1] != dim:
        raise ValueError(
            f"`{name}` must have shape (n, {dim}). "
            f"Received: {name} of shape {tuple(z.shape)}"
        )
    return z
