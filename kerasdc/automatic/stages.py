"""Stages of `cluster`: how far they are, and when they must end."""

import time

import keras


class Stage(keras.callbacks.Callback):
    """A bar over all steps of a training; ends it when time is up.

    Args:
        name: String, what the bar counts.
        num_steps: Integer, of the whole training.
        deadline: Float, of `time.monotonic()`, or `None`.
        verbose: 0, 1 or 2, as in `keras.Model.fit`.
    """

    takes_groups = True  # of steps

    def __init__(self, name, num_steps, deadline=None, verbose=1):
        super().__init__()
        self.deadline = deadline
        self._step, self._num_steps = 0, num_steps
        self._bar = None
        if verbose:
            print(name, flush=True)
            self._bar = keras.utils.Progbar(
                num_steps, verbose=verbose, unit_name="step"
            )

    def on_epoch_begin(self, epoch, logs=None):
        self._before = self._step

    def on_train_batch_end(self, batch, logs=None):
        self._step = self._before + batch + 1
        if self._bar is not None:
            self._bar.update(min(self._step, self._num_steps))
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self._bar is not None and self._step < self._num_steps:
            self._bar.update(self._step, finalize=True)


class Budget:
    """Deadlines of stages, each a share of the minutes allowed.

    Args:
        max_minutes: Float above 0, or `None` for no limit.
    """

    def __init__(self, max_minutes=None):
        self._started = time.monotonic()
        self._seconds = None if max_minutes is None else 60 * max_minutes

    def deadline(self, share):
        """When a stage must end.

        Args:
            share: Float from 0 to 1, of all the time.

        Returns:
            Float, of `time.monotonic()`, or `None`.
        """
        if self._seconds is None:
            return None
        return self._started + share * self._seconds

    def elapsed(self):
        """Seconds since the start, a float."""
        return time.monotonic() - self._started
