"""What every model shares: raw inputs, an encoder, perhaps a decoder."""

import keras
import numpy as np

from kerasdc.callbacks.checks import check_callbacks
from kerasdc.targets import FeatureBatches
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import steps_taken
from kerasdc.targets.feeding import feed
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import reject_labels
from kerasdc.utils.inputs import to_array


class EncoderModel(keras.Model):
    """A Keras model of raw data, with an encoder and perhaps a decoder.

    Subclasses set `encoder`, `decoder`, `preprocessor`, `augmentation` and
    `seed` (each may be `None`), and implement `build`, `call`, `fit` and
    `objective`; `fit` begins with `_begin_fit` and ends with `_fit_batches`.
    What `evaluate` runs on, `_scored_batches` says. Arguments of `compile`
    beside Keras' own go into the dictionary `_settings`, which is saved.
    Users pass raw data everywhere: the preprocessor is part of the model.
    """

    # Constructor arguments that are layers.
    _parts = ("encoder", "decoder", "preprocessor", "augmentation")

    objective_name = None  # in words, for the cards of published models

    # Whose model the zoo keeps: `"all"`, as the papers cluster all data, or
    # `"test"`, fitted on the training part alone.
    published_split = "all"
    ways_to_weights = "`pretrain(x)` or `fit(x)`"  # for those without
    smallest_batch = 1  # more, where the loss compares samples of a batch
    default_batch_size = 256

    # Arguments of `compile` beside Keras' own, by their names.
    _settings = {}

    # === Inputs ===

    def as_inputs(self, x):
        """Checks `x` and turns it into the array the model runs on.

        Args:
            x: Data in any form that `to_array` of `kerasdc.utils.inputs` takes.
                Labels
                that a dataset yields, too, are left out.

        Returns:
            Array `(n, ...)`: raw numbers, or features in place of texts.

        Raises:
            ValueError: If `x` is not what the model was built for.
        """
        return self._as_features(self._checked(x, allow_labels=True))

    def check_samples(self, x):
        """Raises `ValueError` if `as_inputs` would refuse `x`.

        Args:
            x: As in `as_inputs`.
        """
        self._checked(x, allow_labels=True)

    def _checked(self, x, allow_labels=False):
        shape = self._sample_shape if self.built else None
        accepts_text = getattr(self.preprocessor, "accepts_text", False)
        return to_array(x, shape, accepts_text, allow_labels)

    def _as_features(self, array):
        """Texts to features, once, so that training steps see numbers."""
        if array.dtype != object:
            return array
        return self.preprocessor.transform(array)

    def prepare(self, x, y=None, batch_size=None):
        """Checks training data; adapts the preprocessor; builds the model.

        Args:
            x: Training data.
            y: Must be `None`: labels never train.
            batch_size: Optional integer, of the training to come: whether
                such batches will do is checked, too.

        Returns:
            The array to train on.

        Raises:
            ValueError: If labels are passed, or `x` is not usable. Nothing
                has changed then.
        """
        reject_labels(y)
        array = self._checked(x)
        self._check_enough(array)
        if batch_size is not None:
            self._check_batches(array, batch_size)
        must_adapt = self._preprocessor_must_adapt()
        if array.dtype == object:
            # Only the vocabulary tells how wide the features are.
            if must_adapt:
                self.preprocessor.adapt(array)
            array, must_adapt = self._as_features(array), False
        if not self.built:
            self.build((None, *array.shape[1:]))
        if must_adapt:
            self.preprocessor.adapt(array)
        return array

    def _preprocessor_must_adapt(self):
        preprocessor = self.preprocessor
        if not hasattr(preprocessor, "adapt"):
            return False
        # Keras' own layers have no `adapted`, but are built when they are.
        return not getattr(preprocessor, "adapted", preprocessor.built)

    def _scorable(self, x):
        """Raw samples as inputs that the loss is defined for."""
        return self._as_features(self._checked(x))

    def _validation_inputs(self, data):
        return self._scorable(self._validation_samples(data))

    def _validation_samples(self, data):
        if not isinstance(data, tuple) or not data:
            return data
        for labels in data[1:]:
            reject_labels(labels)
        return data[0]

    def features(self, x, training=False):
        """Raw inputs to what the encoder takes; augmented in training.

        Args:
            x: Tensor of raw inputs.
            training: Boolean. `True` augments.

        Returns:
            Tensor.
        """
        if self.preprocessor is not None:
            x = self.preprocessor(x)
        else:
            x = keras.ops.cast(x, self.compute_dtype)
        if training and self.augmentation is not None:
            x = self.augmentation(x, training=True)
        return x

    # === What users ask of a fitted model ===

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """The model's outputs.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Optional integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            **kwargs: Further arguments of `keras.Model.predict`.

        Returns:
            Array `(n, ...)`.

        Raises:
            ValueError: If `x` or `batch_size` is not usable.
        """
        if batch_size is not None:
            batch_size = checked_count("batch_size", batch_size)
        return super().predict(
            self.as_inputs(x), batch_size=batch_size, verbose=verbose, **kwargs
        )

    def embed(self, x, batch_size=1024, verbose=0):
        """The space in which clusters are told apart.

        The encoder's output, unless a system says otherwise.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, dim)`.
        """
        return self.latent(x, batch_size, verbose)

    def latent(self, x, batch_size=1024, verbose=0):
        """The encoder's output, which the decoder, if any, takes.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, latent_dim)`.
        """
        if not self.built:
            raise ValueError(
                f"This {type(self).__name__} has no weights yet: call "
                f"{self.ways_to_weights} first. Received: built=False"
            )
        x = self.as_inputs(x)
        batches = FeatureBatches(x, self.preprocessor, batch_size)
        return self.encoder.predict(batches, verbose=verbose)

    def reconstruct(self, x, batch_size=1024, verbose=0):
        """Samples as the decoder sees them.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array in the scale and shape of the raw inputs (for texts:
            their features).

        Raises:
            ValueError: If the model has no decoder.
        """
        if self.encoder is not None and self.decoder is None:
            raise ValueError(
                f"This {type(self).__name__} has no decoder. "
                "Received: decoder=None"
            )
        z = self.latent(x, batch_size, verbose)
        return self._decoded(z, batch_size, verbose)

    def _decoded(self, z, batch_size=1024, verbose=0):
        """Raw samples `(n, ...)` of points `(n, latent_dim)`, as arrays."""
        outputs = self.decoder.predict(z, batch_size, verbose=verbose)
        return keras.ops.convert_to_numpy(self.raw_samples(outputs))

    def raw_samples(self, outputs):
        """The decoder's outputs on the scale of raw inputs.

        Args:
            outputs: Tensor `(n, ...)`.

        Returns:
            Tensor of that shape. Without a preprocessor that can `invert`,
            features.
        """
        invert = getattr(self.preprocessor, "invert", None)
        # Keras' Normalization has a flag of that name.
        return invert(outputs) if callable(invert) else outputs

    # === Training ===

    def _begin_fit(
        self, x, y, batch_size, epochs, callbacks, initial_epoch, frequency
    ):
        """Checks arguments of `fit`, and prepares, before a long training.

        Args:
            x, y, batch_size, epochs, callbacks, initial_epoch: As in `fit`.
            frequency: The `validation_freq` of `fit`.

        Returns:
            Tuple of `x`, `batch_size` and `epochs`, as `fit` uses them.
        """
        self._check_compiled("fit")
        epochs = checked_count("epochs", epochs, minimum=0)
        checked_count("initial_epoch", initial_epoch, minimum=0)
        if not isinstance(frequency, (list, tuple)):
            checked_count("validation_freq", frequency)
        batch_size = self._checked_batch_size(batch_size)
        x = self.prepare(x, y, batch_size)
        check_callbacks(callbacks, self, x)
        return x, batch_size, epochs

    def _fit_batches(self, batches, callbacks, **kwargs):
        """Keras' own `fit`, on batches that know where training stands."""
        batches, callbacks = feed(batches, callbacks)
        return super().fit(
            batches,
            callbacks=callbacks,
            # The batches do it: Keras' order would not survive a restart.
            shuffle=False,
            **kwargs,
        )

    def _validation_batches(self, data, batch_size):
        """What Keras validates on, or `None`."""
        if data is None:
            return None
        return self._scored_batches(self._validation_inputs(data), batch_size)

    def evaluate(
        self, x=None, y=None, batch_size=None, verbose="auto", **kwargs
    ):
        """The loss on `x`.

        Args:
            x: Samples, as in `fit`.
            y: Must be `None`.
            batch_size: Integer, as in `fit`, whose default `None` is.
            verbose: As in `keras.Model.evaluate`.
            **kwargs: Further arguments of `keras.Model.evaluate`.

        Returns:
            As `keras.Model.evaluate`.

        Raises:
            ValueError: If the model is not compiled or not ready, if labels
                are passed, or `x` or `batch_size` is not usable.
        """
        if not isinstance(x, ShuffledBatches):  # as Keras' `fit` passes
            self._check_compiled("evaluate")
            self._check_ready()
            batch_size = self._checked_batch_size(batch_size)
            reject_labels(y)
            x = self._scored_batches(self._scorable(x), batch_size)
        return super().evaluate(x, verbose=verbose, **kwargs)

    def _scored_batches(self, x, batch_size):
        """The batches that `evaluate` takes the loss of."""
        raise NotImplementedError

    def objective(self, x, batch_size=1024):
        """What training lowers, on all of `x`: chooses among seeds.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.

        Returns:
            Float, the lower the better. No labels take part.
        """
        raise NotImplementedError

    def share_adapted(self, other):
        """Takes what `other` found of the training data and does not save.

        Args:
            other: A model of the same class and arguments, which `adapt` has
                shown the data: what takes long is not found twice.
        """

    def _count_steps(self):
        return steps_taken(self.optimizer)

    def _record(self, terms, batch):
        """Reports terms of a batch's loss, weighted as Keras weights it."""
        batch_size = keras.ops.shape(batch)[0]
        for name, value in terms.items():
            self._terms[name].update_state(value, batch_size)

    def _draw_seed(self):
        if self.seed is not None:
            return self.seed
        # NumPy's generator is what `keras.utils.set_random_seed` seeds.
        return int(np.random.randint(2**31))

    def default_optimizer(self):
        """What `compile` makes of `"auto"`: the paper's, where it says one.

        Returns:
            A Keras optimizer.
        """
        return keras.optimizers.Adam(1e-3)

    def _optimizer(self, name, optimizer):
        if isinstance(optimizer, str) and optimizer == "auto":
            return self.default_optimizer()
        if optimizer is None:
            raise ValueError(
                f"`{name}` must be a Keras optimizer. Received: {name}=None"
            )
        return keras.optimizers.get(optimizer)

    def _build_optimizer(self):
        # As soon as it can be: what is saved then has what is loaded.
        if self.compiled and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    # === Config ===

    def get_compile_config(self):
        config = super().get_compile_config()
        return {**config, **self._settings} if config else config

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def get_config(self):
        config = super().get_config()
        for name in self._parts:
            config[name] = keras.saving.serialize_keras_object(
                getattr(self, name)
            )
        return {**config, "seed": self.seed}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **keras.saving.deserialize_keras_object(
                config, custom_objects=custom_objects
            )
        )

    # === Checks ===

    def _check_compiled(self, verb):
        if not self.compiled:
            raise ValueError(
                f"Call `compile()` before `{verb}`. Received: compiled=False"
            )

    def _check_ready(self):
        """Raises `ValueError` if the loss has no meaning yet."""

    def _checked_batch_size(self, batch_size):
        if batch_size is None:
            batch_size = self.default_batch_size
        return checked_count("batch_size", batch_size, self.smallest_batch)

    def _check_enough(self, array):
        """Raises `ValueError` if there is too little to learn from."""

    def _check_batches(self, array, batch_size):
        """Raises `ValueError` if batches hold too little to learn from."""
