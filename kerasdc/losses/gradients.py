"""Gradients inside a loss, on every Keras backend."""

import keras
from keras import ops

from kerasdc.utils.arguments import shown


def input_gradient(function, x):
    """Gradient of a scalar with respect to a tensor, as a constant.

    For losses that need a gradient themselves, such as adversarial losses. It
    may be used in `compute_loss`, also in the compiled step of
    `keras.Model.fit`. No gradient flows through the result, neither to `x` nor
    to the weights that `function` uses.

    Variables that `function` assigns, such as the moving statistics of
    `BatchNormalization`, keep the new values, except on JAX outside of `fit`.

    Args:
        function: Function from a tensor like `x` to a scalar tensor.
        x: Float tensor or array of any shape.

    Returns:
        Tensor like `x`; zeros if `function` does not depend on it.

    Raises:
        ValueError: If `x` is not of a float dtype, or `function` is not a
            function or does not return a scalar.
        RuntimeError: If the Keras backend has no gradients.

    Example:

    >>> x = keras.ops.array([1.0, 2.0])
    >>> cubes = lambda x: keras.ops.sum(x**3)
    >>> kerasdc.losses.gradients.input_gradient(cubes, x)
    [3.0, 12.0]
    """
    backend = keras.backend.backend()
    if backend not in _GRADIENTS:
        raise RuntimeError(
            f"Gradients need one of the backends {', '.join(_GRADIENTS)}. "
            f"Received: backend={backend!r}"
        )
    check_function("function", function)
    x = _float_tensor(x)
    gradient = _GRADIENTS[backend](_checked(function), x)
    return ops.stop_gradient(gradient)


def check_function(name, function):
    """Raises unless something can be called.

    Args:
        name: String, the argument's name.
        function: What the caller passed.

    Raises:
        ValueError: If it is not a function, layer or model.
    """
    if not callable(function):
        raise ValueError(
            f"`{name}` must be a function. Received: {name}={shown(function)}"
        )


def _float_tensor(x):
    try:
        x = ops.convert_to_tensor(x)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"`x` must be of a float dtype. Received: x={shown(x)}"
        ) from error
    dtype = keras.backend.standardize_dtype(x.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError(
            f"`x` must be of a float dtype. Received: x of dtype {dtype}"
        )
    return x


def _checked(function):
    def scalar_function(x):
        value = ops.convert_to_tensor(function(x))
        if tuple(value.shape) != ():
            raise ValueError(
                "`function` must return a scalar. "
                f"Received: a value of shape {tuple(value.shape)}"
            )
        return value

    return scalar_function


def _tensorflow_gradient(function, x):
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x, unconnected_gradients="zero")


def _jax_gradient(function, x):
    import jax

    scope = keras.StatelessScope()

    def value_and_state(x):
        # Assigned values depend on `x`: they must be results of `jax.grad`.
        # Stored in the outer scope, they would be leaked tracers.
        with scope:
            if scope.original_scope is not None:
                scope.state_mapping.update(scope.original_scope.state_mapping)
            return function(x), scope.state_mapping

    gradient, state = jax.grad(value_and_state, has_aux=True)(x)
    if scope.original_scope is not None:
        scope.original_scope.state_mapping.update(state)
    return gradient


def _torch_gradient(function, x):
    import torch

    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        value = function(x)
    if not value.requires_grad:
        return torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(value, x, allow_unused=True)
    return torch.zeros_like(x) if gradient is None else gradient


_GRADIENTS = {
    "tensorflow": _tensorflow_gradient,
    "jax": _jax_gradient,
    "torch": _torch_gradient,
}
