"""A training that diverges stops, and nothing of it is kept."""

import warnings

import keras
import numpy as np


class FiniteLoss(keras.callbacks.Callback):
    """Stops a training whose loss is not finite, with the state before.

    Every `fit` and `pretrain` has it. At the end of an epoch whose loss is
    NaN or infinite, weights and optimizer get the values that they had
    before, a warning says so, and training stops.

    Args:
        each_epoch: Boolean. `True` goes back to the state before that epoch,
            `False` to the state before the training.
    """

    def __init__(self, each_epoch=True):
        super().__init__()
        self.each_epoch = each_epoch

    def on_train_begin(self, logs=None):
        self._kept = None

    def on_epoch_begin(self, epoch, logs=None):
        if self._kept is not None and not self.each_epoch:
            return
        model = self.model
        variables = [*model.variables, *model.optimizer.variables]
        self._kept = [
            (variable, np.array(keras.ops.convert_to_numpy(variable)))
            for variable in variables
        ]

    def on_epoch_end(self, epoch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if np.isfinite(loss):
            return
        for variable, value in self._kept:
            variable.assign(value)
        self.model.stop_training = True
        before = "that epoch" if self.each_epoch else "this training"
        warnings.warn(
            f"The training diverged in epoch {epoch + 1}, with a loss of "
            f"{loss}: lower the learning rate, or clip gradients (`clipnorm` "
            f"of the optimizer). The model is as it was before {before}.",
            stacklevel=2,
        )


def diverged(history):
    """Whether a training was stopped by `FiniteLoss`.

    Args:
        history: Keras `History`.

    Returns:
        Boolean.
    """
    losses = history.history.get("loss", [])
    return bool(losses) and not np.isfinite(losses[-1])
