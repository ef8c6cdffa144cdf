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
