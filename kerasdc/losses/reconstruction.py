"""How far reconstructions are from what was to be reconstructed."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdc")
def half_mean_squared_error(y_true, y_pred):
    """Half the mean squared error.

    The Euclidean loss of DEC's own Caffe, which divides by the number of all
    features (Caffe's divides by the number of samples): its learning rates
    rest on it.

    Args:
        y_true: Tensor `(batch, ...)`.
        y_pred: Tensor of the same shape.

    Returns:
        Tensor `(batch,)`.
    """
    axes = tuple(range(1, len(y_pred.shape)))
    return 0.5 * ops.mean(ops.square(y_true - y_pred), axis=axes)


@keras.saving.register_keras_serializable(package="kerasdc")
def summed_binary_crossentropy(y_true, y_pred):
    """Cross-entropy of features from 0 to 1, of logits, summed over them.

    Minus the log-probability of a Bernoulli decoder (see
    `kerasdc.losses.likelihoods`). The learning rates of the embedding network's
    code assume the sum; Keras' own loss is a mean.

    Args:
        y_true: Tensor `(batch, ...)`, values from 0 to 1.
        y_pred: Tensor of the same shape, logits.

    Returns:
        Tensor `(batch,)`, in nats.
    """
    axes = tuple(range(1, len(y_pred.shape)))
    return ops.sum(ops.softplus(y_pred) - y_true * y_pred, axis=axes)


@keras.saving.register_keras_serializable(package="kerasdc")
def summed_squared_error(y_true, y_pred):
    """The squared error, summed over features.

    But for a constant, minus the log-density of a Gaussian decoder (see
    `kerasdc.losses.likelihoods`).

    Args:
        y_true: Tensor `(batch, ...)`.
        y_pred: Tensor of the same shape.

    Returns:
        Tensor `(batch,)`.
    """
    axes = tuple(range(1, len(y_pred.shape)))
    return ops.sum(ops.square(y_true - y_pred), axis=axes)
