"""Virtual adversarial losses: predictions under perturbed inputs."""

import keras
import numpy as np
from keras import ops

from kerasdc.losses.gradients import check_function
from kerasdc.losses.gradients import input_gradient
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import shown
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor

_SMALLEST = float(np.finfo("float32").tiny)  # smallest normal number
_LOWEST = -1e30  # logarithm of probabilities that float32 has not


def virtual_adversarial(
    predict, x, radius, xi=10.0, num_iterations=1, seed=None, clean_logits=None
):
    """Divergence of the prediction under an adversarial perturbation.

    `KL(p(y|x) || p(y|x + r))`, where r has length `radius` and the direction
    of `adversarial_direction`. Minimizing it makes the prediction smooth
    around every sample. `p(y|x)` and r are constants: gradients reach the
    weights through the perturbed pass only.

    Reference:

    - [Miyato et al., 2015](https://arxiv.org/abs/1507.00677): minus the local
      distributional smoothness (LDS).
    - [Hu et al., 2017](https://arxiv.org/abs/1702.08720): the penalty R_SAT,
      equation (4), minus a constant, with the perturbation of equation (6).

    Args:
        predict: Function from a float32 tensor like `x` to **logits**
            `(n, k)`; the softmax is taken here. Called `num_iterations + 1`
            times, and once more without `clean_logits`.
        x: Tensor or array `(n, ...)`: vectors, images, ...
        radius: Number or tensor `(n,)`, at least 0: the Euclidean length of
            the perturbation, over all features of a sample, in units of `x`.
        xi, num_iterations, seed: As in `adversarial_direction`.
        clean_logits: Optional tensor `(n, k)`: what `predict(x)` returned, if
            known.

    Returns:
        Float32 tensor `(n,)`, in nats, at least 0 (up to rounding).

    Raises:
        ValueError: If `radius` is negative (values of tensors are not
            checked) or of another length than `x`, `xi` not above 0, or
            `num_iterations` not an integer of at least 0.

    Example:

    >>> dense = keras.layers.Dense(3)
    >>> x = np.random.normal(size=(5, 2))
    >>> kerasdc.losses.virtual_adversarial(dense, x, radius=0.5, seed=0).shape
    (5,)
    """
    check_function("predict", predict)
    x = ops.cast(checked_tensor("x", x), "float32")
    radius = _checked_radius(radius, x)
    if clean_logits is None:
        clean_logits = predict(x)
    direction = adversarial_direction(
        predict, x, xi, num_iterations, seed, clean_logits
    )
    radius = ops.reshape(radius, (-1,) + (1,) * (len(x.shape) - 1))
    return prediction_divergence(clean_logits, predict(x + radius * direction))


def _checked_radius(radius, x):
    """The radius as a float32 tensor."""
    if not ops.is_tensor(radius) and not _none_negative(as_floats(radius)):
        raise ValueError(
            "`radius` must be finite and at least 0. "
            f"Received: radius={shown(radius)}"
        )
    shape = tuple(np.shape(radius))
    # Sizes may be None in a traced graph.
    fits = shape in ((), (1,), (None,)) or x.shape[0] is None
    if not fits and shape != (x.shape[0],):
        raise ValueError(
            "`radius` must be a number or one for each row of `x`. Received: "
            f"radius of shape {shape}, x of shape {tuple(x.shape)}"
        )
    if not ops.is_tensor(radius):
        radius = as_floats(radius)
    return ops.cast(radius, "float32")


def _none_negative(values):
    largest = np.finfo("float32").max
    return values.size > 0 and np.all((values >= 0) & (values <= largest))


def adversarial_direction(
    predict, x, xi=10.0, num_iterations=1, seed=None, clean_logits=None
):
    """Unit direction in which the prediction at `x` changes most.

    The dominant eigenvector of the Hessian of `KL(p(y|x) || p(y|x + r))` at
    r = 0, by power iteration from a random direction d. By finite
    differences, the Hessian times d is the gradient at `r = xi * d`, divided
    by `xi`.

    Reference: [Miyato et al., 2015](https://arxiv.org/abs/1507.00677).

    Args:
        predict: Function from a float32 tensor like `x` to **logits**
            `(n, k)`.
        x: Tensor or array `(n, ...)`.
        xi: Float above 0, in units of `x`: the step of the finite difference.
            IMSAT's code uses 10.
        num_iterations: Integer, at least 0: number of power iterations. 0
            keeps the random direction (random perturbation training, RPT).
        seed: Integer (the same draw in every call) or, for training,
            `keras.random.SeedGenerator`. `None` uses Keras' global generator,
            which JAX does not allow in compiled functions.
        clean_logits: Optional tensor `(n, k)`: what `predict(x)` returned.

    Returns:
        Float32 tensor like `x`, a constant, of Euclidean norm 1 for every
        sample. If the gradient is zero, it is the random direction.

    Raises:
        ValueError: If `xi` is not above 0, or `num_iterations` not an integer
            of at least 0.
    """
    xi = checked_number("xi", xi, above=True)
    num_iterations = checked_count("num_iterations", num_iterations, 0)
    seed = _checked_generator(seed)
    check_function("predict", predict)
    x = ops.cast(checked_tensor("x", x), "float32")
    if clean_logits is None:
        clean_logits = predict(x)

    def divergence(direction):
        logits = predict(x + xi * direction)
        return ops.sum(prediction_divergence(clean_logits, logits))

    direction = keras.random.normal(ops.shape(x), dtype="float32", seed=seed)
    direction = _normalized(direction, direction)
    for _ in range(num_iterations):
        gradient = input_gradient(divergence, direction)
        direction = _normalized(gradient, direction)
    return direction


def _checked_generator(seed):
    if isinstance(seed, keras.random.SeedGenerator):
        return seed
    return checked_seed(seed)


def _normalized(vectors, otherwise):
    """Scales each sample's vector to norm 1; `otherwise` replaces zeros.

    First to a largest entry of 1: squares of small gradients would underflow.
    """
    axes = tuple(range(1, len(vectors.shape)))
    largest = ops.max(ops.abs(vectors), axis=axes, keepdims=True)
    found = ops.logical_not(largest < _SMALLEST)  # NaN is not replaced
    scaled = vectors / ops.where(found, largest, 1.0)
    norms = ops.sqrt(ops.sum(ops.square(scaled), axis=axes, keepdims=True))
    return ops.where(found, scaled / ops.maximum(norms, 1.0), otherwise)


def prediction_divergence(clean_logits, logits):
    """KL(p || q) of the softmaxes of two logits; p is a constant.

    Args:
        clean_logits: Tensor `(n, k)`, of p; no gradient reaches it.
        logits: Tensor `(n, k)`, of q.

    Returns:
        Float32 tensor `(n,)`, in nats, at least 0 (up to rounding).
    """
    clean_logits = checked_tensor("clean_logits", clean_logits, 2)
    logits = checked_tensor("logits", logits, 2)
    check_same_shape(clean_logits=clean_logits, logits=logits)
    clean = ops.stop_gradient(_log_softmax(clean_logits))
    difference = clean - _log_softmax(logits)
    return ops.sum(ops.exp(clean) * difference, axis=-1)


def _log_softmax(logits):
    """As `ops.log_softmax`, but precise if one probability is almost 1.

    Its logarithm and gradient depend on the other probabilities, which
    float32 would lose when added to 1.
    """
    logits = ops.cast(logits, "float32")
    likeliest = ops.one_hot(ops.argmax(logits, axis=-1), logits.shape[-1])
    others = 1.0 - likeliest
    top = ops.sum(likeliest * logits, axis=-1, keepdims=True)
    below = others * (logits - top)
    below = ops.where(below < _LOWEST, _LOWEST, below)  # NaN stays
    odds = ops.sum(others * ops.exp(below), axis=-1, keepdims=True)
    return below - ops.log1p(odds)
