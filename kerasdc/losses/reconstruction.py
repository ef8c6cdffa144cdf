"""Reconstruction losses of autoencoders."""

import keras
from keras import ops

from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor


@keras.saving.register_keras_serializable(package="kerasdc")
def half_mean_squared_error(y_true, y_pred):
    """Half the mean squared error.

    The Euclidean loss in DEC's version of Caffe, for which DEC's learning
    rates were chosen. It divides by the number of all features; the original
    Caffe divides by the number of samples.

    Args:
        y_true: Tensor `(batch, ...)`.
        y_pred: Tensor of the same shape.

    Returns:
        Tensor `(batch,)`.
    """
    y_true, y_pred, axes = _checked(y_true, y_pred)
    return 0.5 * ops.mean(ops.square(y_true - y_pred), axis=axes)


@keras.saving.register_keras_serializable(package="kerasdc")
def summed_binary_crossentropy(y_true, y_pred):
    """Binary cross-entropy of logits, summed over features.

    Minus the log-probability of a Bernoulli decoder (see
    `kerasdc.losses.likelihoods`). The learning rates in the embedding
    network's code are for the sum; Keras' own loss is a mean.

    Args:
        y_true: Tensor `(batch, ...)`, values from 0 to 1.
        y_pred: Tensor of the same shape, logits.

    Returns:
        Tensor `(batch,)`, in nats.
    """
    y_true, y_pred, axes = _checked(y_true, y_pred)
    return ops.sum(ops.softplus(y_pred) - y_true * y_pred, axis=axes)


@keras.saving.register_keras_serializable(package="kerasdc")
def summed_squared_error(y_true, y_pred):
    """Squared error, summed over features.

    Minus the log-density of a Gaussian decoder, up to a constant (see
    `kerasdc.losses.likelihoods`).

    Args:
        y_true: Tensor `(batch, ...)`.
        y_pred: Tensor of the same shape.

    Returns:
        Tensor `(batch,)`.
    """
    y_true, y_pred, axes = _checked(y_true, y_pred)
    return ops.sum(ops.square(y_true - y_pred), axis=axes)


def _checked(y_true, y_pred):
    """Both tensors in the dtype of the second, and the axes of features."""
    y_true = checked_tensor("y_true", y_true)
    y_pred = checked_tensor("y_pred", y_pred)
    check_same_shape(y_true=y_true, y_pred=y_pred)
    axes = tuple(range(1, len(y_pred.shape)))
    return ops.cast(y_true, y_pred.dtype), y_pred, axes
