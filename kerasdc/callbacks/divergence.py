"""A training that diverges ends, and nothing of it is kept."""

import keras
import numpy as np


class FiniteLoss(keras.callbacks.Callback):
    """Ends a training whose loss is not finite, with the state before.

    Every `fit` and `pretrain` has it. Weights and optimizer get the values
    that they had at the end of the epoch before, so that nothing is lost.

    Raises:
        ValueError: At the end of an epoch whose loss is NaN or infinite.
    """

    def on_epoch_begin(self, epoch, logs=None):
        model = self.model
        variables = [*model.variables, *model.optimizer.variables]
        self._kept = [
            (variable, np.array(keras.ops.convert_to_numpy(variable.value)))
            for variable in variables
        ]

    def on_epoch_end(self, epoch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if np.isfinite(loss):
            return
        for variable, value in self._kept:
            variable.assign(value)
        raise ValueError(
            f"The training diverged in epoch {epoch + 1}: lower the learning "
            "rate, or clip gradients (`clipnorm` of the optimizer). The model "
            f"is as it was before that epoch. Received: loss={loss}"
        )
