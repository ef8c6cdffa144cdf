"""Callbacks that change a training from epoch to epoch."""

import keras

from kerasdc.callbacks.checks import CheckedCallback
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number


class EpochDecay(keras.callbacks.Callback):
    """Lowers the learning rate by a factor every few epochs.

    A training that goes on after a stop goes on with the rate it had.

    Args:
        factor: Float above 0, up to 1.
        every: Integer, epochs from one step to the next.
        minimum: Float, at least 0: the rate it does not go below.
    """

    def __init__(self, factor=0.9, every=10, minimum=0.0):
        super().__init__()
        self.factor = checked_number("factor", factor, 0, 1, above=True)
        self.every = checked_count("every", every)
        self.minimum = checked_number("minimum", minimum)

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0 or epoch % self.every:
            return
        rate = float(self.model.optimizer.learning_rate)
        lowest = min(rate, self.minimum)
        self.model.optimizer.learning_rate = max(rate * self.factor, lowest)


def check_no_schedule(optimizer):
    """Raises `ValueError` if `EpochDecay` could not set the learning rate.

    Args:
        optimizer: Keras optimizer.
    """
    rate = optimizer.get_config()["learning_rate"]
    if isinstance(rate, dict):  # a schedule, serialized
        raise ValueError(
            "`decay` needs an optimizer with a constant learning rate. "
            f"Received: learning_rate={rate['class_name']}"
        )


class ThresholdSchedule(CheckedCallback):
    """Moves DAC's thresholds from where they start to where they end.

    The first epoch has the thresholds that the model has, which are those of
    the start unless it was fitted before; the last one has those of the end,
    and in between they move in equal steps; one epoch alone keeps them. Both
    are logged, as `upper_threshold` and `lower_threshold`.
    `kerasdc.models.DAC.fit` uses it with its own number of epochs unless told
    otherwise.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
    section 4.

    Args:
        num_epochs: Integer, at least 1. Later epochs keep the thresholds of
            the end.
    """

    needs = ("threshold_range", "that has thresholds, such as DAC")

    def __init__(self, num_epochs):
        super().__init__()
        self.num_epochs = checked_count("num_epochs", num_epochs)

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            return
        # An equal share of what is left: nothing but the thresholds, which
        # are saved, need be known to go on.
        _, end = self.model.threshold_range
        current = self.model.thresholds.numpy()
        num_left = max(self.num_epochs - epoch, 1)
        self.model.thresholds.assign(current + (end - current) / num_left)

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        upper, lower = self.model.thresholds.numpy()
        logs["upper_threshold"] = float(upper)
        logs["lower_threshold"] = float(lower)


class ExaggerationSchedule(keras.callbacks.Callback):
    """Makes neighbors attract each other more in the first epochs.

    `kerasdc.models.ParametricTSNE.fit` uses it with its own number of epochs
    unless told otherwise.

    Reference: [van der Maaten and Hinton, 2008](https://www.jmlr.org/papers/v9/vandermaaten08a.html),
    section 3.4: early exaggeration.

    Args:
        factor: Float, at least 1.
        num_epochs: Integer, epochs in which it counts.
    """

    def __init__(self, factor=4.0, num_epochs=10):
        super().__init__()
        self.factor = checked_number("factor", factor, minimum=1)
        self.num_epochs = checked_count("num_epochs", num_epochs, minimum=0)

    def on_epoch_begin(self, epoch, logs=None):
        early = epoch < self.num_epochs
        self.model.current_exaggeration.assign(self.factor if early else 1.0)

    def on_train_end(self, logs=None):
        self.model.current_exaggeration.assign(1.0)


def checked_thresholds(upper, lower, all_pairs=False):
    """Thresholds of the start and the end, or raises.

    Args:
        upper: What the caller passed, two numbers.
        lower: Likewise.
        all_pairs: Boolean. Whether they may cross, as `lower` is not used.

    Returns:
        Tuple of two tuples of two floats.

    Raises:
        ValueError: If they are not from 0 to 1, or cross.
    """
    upper, lower = _checked_pair("upper", upper), _checked_pair("lower", lower)
    crossed = any(low > up for low, up in zip(lower, upper, strict=True))
    if crossed and not all_pairs:
        raise ValueError(
            "`lower` must not be above `upper`, at the start or at the end. "
            f"Received: upper={upper}, lower={lower}"
        )
    return upper, lower


def _checked_pair(name, value):
    pair = as_floats(value)
    if pair.shape != (2,) or not ((pair >= 0) & (pair <= 1)).all():
        raise ValueError(
            f"`{name}` must be two numbers from 0 to 1, at the start and at "
            f"the end. Received: {name}={value}"
        )
    return tuple(float(threshold) for threshold in pair)
