"""The one `fit` of all systems."""

import contextlib

import numpy as np

from kerasdc.callbacks import FiniteLoss
from kerasdc.callbacks.checks import check_callbacks
from kerasdc.callbacks.lists import with_first
from kerasdc.layers.adaptable import add_flag
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.models.bases.stepping import stepping
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import steps_taken
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.frames import column_names
from kerasdc.utils.processes import agreed
from kerasdc.utils.refusals import reject_labels


class Training:
    """A mixin of `EncoderModel`: how its systems are trained.

    Where a system needs them, it overrides `training_batches`, `targets_of`,
    `complete_stages`, `own_callbacks` and `finish_fit`.
    """

    default_batch_size = 256
    default_epochs = 50
    smallest_batch = 1  # more, where the loss compares samples of a batch
    compares_batch = False  # if so, a last, short batch is left out
    checks_outcome = True  # when `fit` ends
    _fitted = None  # a weight, of systems that learn from `fit` alone
    _traced_for = None  # the class of the batches of the last `fit`

    # === fit ===

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=None,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        initial_epoch=0,
        validation_freq=1,
    ):
        """Trains the model; runs the stages before it that are missing.

        Args:
            x: Training samples: array, list, frame, sparse matrix, path of a
                `.npy`, `kerasdc.datasets.Parts`, `tf.data.Dataset` or other
                batches: see `kerasdc.utils.inputs.to_array`. What is large
                stays on disk.
            y: Must be `None`. Labels are used for evaluation only: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer, at least `smallest_batch`. `None` takes the
                system's `default_batch_size`. Where the loss compares the
                samples of a batch, the rest of a pass that does not fill a
                batch is left out of that pass.
            epochs: Integer, passes over the data, or update intervals of
                DEC. `None` takes the system's `default_epochs`.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of this stage. The system's own run
                before them.
            validation_data: Optional samples on which the loss is reported.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The `History` of this stage: the loss and its terms.

        Raises:
            ValueError: If labels are passed, the model is not compiled, or an
                argument is not usable. Nothing has been trained then.
        """
        self._check_compiled("fit")
        epochs = self._checked_epochs(epochs, initial_epoch, validation_freq)
        batch_size = self._checked_batch_size(batch_size)
        names = self.feature_names or column_names(x)
        validation = self._checked_validation(
            validation_data, batch_size, names
        )
        x = self.prepare(x, y, batch_size)
        check_callbacks(callbacks, self, x)
        if validation is not None:
            validation = self._scorable(validation)
        self.complete_stages(x, batch_size, verbose)
        if validation is not None:
            validation = self.scored_batches(validation, batch_size)
        own = self.own_callbacks(x, epochs, initial_epoch)
        with self._during_fit(x, epochs, initial_epoch):
            batches = self.training_batches(x, batch_size, shuffle)
            history = self._fit_batches(
                batches,
                with_first([FiniteLoss(), *own], callbacks),
                epochs=epochs,
                verbose=verbose,
                validation_data=validation,
                initial_epoch=initial_epoch,
                validation_freq=validation_freq,
            )
        self.finish_fit(x, own)
        if history.epoch and self.checks_outcome:
            self.check_outcome(x, callbacks)
        return history

    def training_batches(self, x, batch_size, shuffle=True):
        """The batches of `fit`.

        Args:
            x: Prepared training data.
            batch_size: Integer.
            shuffle: Boolean.

        Returns:
            `kerasdc.targets.ShuffledBatches`, with `targets_of(x)`.
        """
        return ShuffledBatches(
            x,
            self.targets_of(x),
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
            drop_remainder=self.compares_batch,
        )

    def targets_of(self, x):
        """What `loss_terms` is given as `y`, a row for each sample.

        Args:
            x: Array of samples, as the model takes them.

        Returns:
            Array `(n, ...)`, or `None`.
        """
        return None

    def complete_stages(self, x, batch_size, verbose):
        """Runs the stages before `fit` that were not run yet.

        Args:
            x: Prepared training data.
            batch_size: Integer.
            verbose: As in `keras.Model.fit`.
        """

    def own_callbacks(self, x, epochs, initial_epoch):
        """Callbacks that the system adds before those of the caller.

        Args:
            x: Prepared training data.
            epochs: Integer.
            initial_epoch: Integer.

        Returns:
            List of Keras callbacks.
        """
        return []

    def finish_fit(self, x, own_callbacks):
        """Called when training has ended without an error.

        Args:
            x: Prepared training data.
            own_callbacks: List, what `own_callbacks` returned.
        """

    def check_outcome(self, x, callbacks):
        """Warns if the trained model is of little use.

        Args:
            x: Prepared training data.
            callbacks: As in `keras.Model.fit`.
        """

    def _fit_batches(self, batches, callbacks, **kwargs):
        """Keras' own `fit`, on batches that know where training stands."""
        if type(batches) is not self._traced_for:
            # Of another rank: TensorFlow would trace for any.
            self.train_function, self._traced_for = None, type(batches)
        with (
            strategy_scope(self),
            stepping(self, batches, callbacks, **kwargs) as arguments,
        ):
            return super().fit(**arguments)

    def add_fitted_flag(self):
        """Makes the weight behind `fitted`, for systems without `adapt`."""
        self._fitted = add_flag(self, "fitted")

    @property
    def fitted(self):
        """Whether `fit` has trained the model (kept when saved)."""
        return self.built and bool(self._fitted.numpy())

    @contextlib.contextmanager
    def _during_fit(self, x, epochs, initial_epoch):
        """Marks the model as fitted, unless the very first epoch fails."""
        if self._fitted is None or not self._learns_in(epochs, initial_epoch):
            yield
            return
        fitted_before = self.fitted
        self._fitted.assign(1)
        try:
            yield
        except Exception:
            # Keras sets both late.
            history = getattr(self, "history", None)
            epochs_done = getattr(history, "epoch", [])
            self._fitted.assign(int(fitted_before or bool(epochs_done)))
            raise

    def _learns_in(self, epochs, initial_epoch):
        """Whether the model counts as fitted after so many epochs."""
        return True

    def _count_steps(self):
        return steps_taken(self.optimizer)

    def _draw_seed(self):
        if self.seed is not None:
            return self.seed
        # NumPy's generator is what `keras.utils.set_random_seed` seeds.
        return agreed(np.random.randint(2**31))

    # === Checks ===

    def _check_compiled(self, verb):
        if not self.compiled:
            raise ValueError(f"Call `compile()` before `{verb}`.")

    def _checked_epochs(self, epochs, initial_epoch, validation_freq):
        checked_count("initial_epoch", initial_epoch, minimum=0)
        if not isinstance(validation_freq, (list, tuple)):
            checked_count("validation_freq", validation_freq)
        if epochs is None:
            return self.default_epochs
        return checked_count("epochs", epochs, minimum=0)

    def _checked_batch_size(self, batch_size):
        if batch_size is None:
            batch_size = self.default_batch_size
        return checked_count("batch_size", batch_size, self.smallest_batch)

    def _checked_validation(self, data, batch_size, names=None):
        """Samples of `validation_data`, before anything is built."""
        if data is None:
            return None
        if isinstance(data, tuple) and data:
            for labels in data[1:]:
                reject_labels(labels)
            data = data[0]
        return self._checked(data, names=names)
