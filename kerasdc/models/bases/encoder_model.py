"""What every model shares: raw inputs, an encoder, perhaps a decoder."""

import keras

from kerasdc.layers import Scaling
from kerasdc.layers.input_range import InputRange
from kerasdc.models.bases.compiling import METRICS
from kerasdc.models.bases.compiling import refuse_hdf5
from kerasdc.models.bases.compiling import refuse_loss
from kerasdc.models.bases.compiling import refuse_metrics
from kerasdc.models.bases.evaluation import Evaluation
from kerasdc.models.bases.freezing import Freezing
from kerasdc.models.bases.parts import checked_layer
from kerasdc.models.bases.parts import checked_model
from kerasdc.models.bases.parts import checked_preprocessor
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.parts import features_shape
from kerasdc.models.bases.prediction import Prediction
from kerasdc.models.bases.preparation import Preparation
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.models.bases.stacking import Stacking
from kerasdc.models.bases.training import Training
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.lookups import checked_optimizer
from kerasdc.utils.lookups import is_auto


class EncoderModel(
    Preparation,
    Training,
    Evaluation,
    Prediction,
    Freezing,
    Stacking,
    keras.Model,
):
    """A Keras model of raw data, with an encoder and perhaps a decoder.

    Users pass raw data everywhere: the preprocessor is part of the model. In
    `__init__`, subclasses call `set_networks`; they implement
    `default_networks`, `build_head`, `call`, `loss_terms` and `objective`.
    """

    # Constructor arguments that are layers.
    parts = ("encoder", "decoder", "preprocessor", "augmentation")
    augmented = True  # until compiled
    compile_arguments = ()  # attributes that `compile` sets, to be saved
    scaling_target = "mean_square"  # of the preprocessor "auto"
    decoder = augmentation = None
    needs_decoder = False  # whether an encoder alone is refused
    takes_loss = False  # whether `compile` has an argument `loss`

    # === Layers ===

    def set_networks(
        self,
        encoder,
        preprocessor,
        decoder=None,
        augmentation=None,
        seed=None,
        **scaling,
    ):
        """Takes the constructor's arguments that all systems have.

        Args:
            encoder: `keras.Model` or `None`.
            preprocessor: Layer, `None` or `"auto"`, a `Scaling`.
            decoder: `keras.Model` or `None`.
            augmentation: As the system documents.
            seed: Integer or `None`.
            **scaling: Arguments of that `Scaling`.

        Raises:
            ValueError: If one is of another type, or a decoder comes without
                its encoder.
        """
        if decoder is not None and encoder is None:
            raise ValueError("A `decoder` needs its `encoder`.")
        if self.needs_decoder and encoder is not None and decoder is None:
            raise ValueError("An `encoder` needs its `decoder`.")
        self.autocast = False  # raw inputs reach the preprocessor exactly
        self.preprocessor = checked_preprocessor(
            preprocessor,
            lambda: Scaling(target=self.scaling_target, **scaling),
        )
        if "augmentation" in self.parts:
            self.augmentation = self.checked_augmentation(augmentation)
        self.encoder = checked_model("encoder", encoder)
        if "decoder" in self.parts:
            self.decoder = checked_model("decoder", decoder)
        self._makes_encoder = encoder is None
        self.seed = checked_seed(seed)

    def checked_augmentation(self, augmentation):
        """Returns it, or raises `ValueError` if the system cannot use it.

        Args:
            augmentation: What the caller passed.
        """
        return checked_layer("augmentation", augmentation)

    def build(self, input_shape):
        with strategy_scope(self), drawing_from(self.seed):
            self._build_parts(input_shape)
            if self.compiled:
                self._build_optimizer()

    def _build_parts(self, input_shape):
        shape = features_shape(self, input_shape)
        encoder, decoder = self.encoder, self.decoder
        if encoder is None:
            encoder, decoder = self.default_networks(shape)
        self.check_networks(encoder, decoder)
        self._sample_shape = tuple(input_shape[1:])
        if self.preprocessor is not None and not self.preprocessor.built:
            self.preprocessor.build(input_shape)
        if self.encoder is None:
            self.encoder = encoder
            if decoder is not None:
                self.decoder = decoder
        self.build_head(self.encoder.output_shape)
        # Last, so that weights are in one order, whoever made the networks.
        self.input_range = InputRange(name="input_range")
        self.input_range.build()

    def default_networks(self, shape):
        """The paper's networks, for samples of a shape.

        Args:
            shape: Tuple, of one sample's features.

        Returns:
            Tuple of the encoder and, or `None`, the decoder.
        """
        raise NotImplementedError

    def check_networks(self, encoder, decoder):
        """Raises `ValueError` if networks do not fit the system.

        Their shapes fit the data; nothing else is built yet.

        Args:
            encoder: `keras.Model`.
            decoder: `keras.Model` or `None`.
        """

    def build_head(self, input_shape):
        """Builds what follows the encoder, and the system's own weights.

        Args:
            input_shape: Tuple, of the encoder's output.
        """

    def features(self, x, training=False):
        """Raw inputs to what the encoder takes; augmented in training.

        Args:
            x: Tensor of raw inputs.
            training: Boolean. `True` augments, unless the model is compiled
                with `augmented=False`.

        Returns:
            Tensor.
        """
        return features_of(self, x, training and self.augmented)

    # === Compile, config ===

    def share_adapted(self, other):
        """Takes what `adapt` found of the training data and does not save.

        Args:
            other: A model of the same class and arguments.
        """

    def default_optimizer(self):
        """What `compile` makes of `"auto"`: the paper's, where it says one.

        Returns:
            A Keras optimizer.
        """
        return keras.optimizers.Adam(1e-3)

    def compile(self, optimizer="auto", **kwargs):
        """Configures training.

        Args:
            optimizer: Keras optimizer, or its name. `"auto"` is
                `default_optimizer()`.
            **kwargs: Further arguments of `keras.Model.compile`, but no
                metrics.

        Raises:
            ValueError: If metrics are passed: there are no labels to compare
                outputs with.
        """
        refuse_metrics(kwargs)
        if not self.takes_loss:
            refuse_loss(type(self).__name__, kwargs)
        optimizer = self._optimizer("optimizer", optimizer)
        super().compile(optimizer=optimizer, **kwargs)
        self.forget_passes()
        if self.built:
            self._build_optimizer()

    def _optimizer(self, name, optimizer):
        if is_auto(optimizer):
            return self.default_optimizer()
        return checked_optimizer(name, optimizer)

    def _build_optimizer(self):
        # At once, so that what is saved has what a loaded model has.
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        config = super().get_compile_config()
        if not config:
            return config
        own = {name: getattr(self, name) for name in self.compile_arguments}
        return {**config, **own}

    def compile_from_config(self, config):
        config = dict(config)
        for name in METRICS:  # of files of version 0.1.0
            config.pop(name, None)
        self.compile(**keras.saving.deserialize_keras_object(config))

    def save(self, filepath, overwrite=True, **kwargs):
        """Saves all of the model, with the state of its optimizers.

        Args:
            filepath: Path of a file whose name ends in `.keras`.
            overwrite: Boolean. Whether an existing file is replaced.
            **kwargs: Further arguments of `keras.Model.save`.

        Raises:
            ValueError: If the name ends in `.h5`; nothing is written then.
        """
        refuse_hdf5(filepath)
        super().save(filepath, overwrite=overwrite, **kwargs)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        parts = {name: serialize(getattr(self, name)) for name in self.parts}
        return {**super().get_config(), **parts, "seed": self.seed}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **keras.saving.deserialize_keras_object(
                config, custom_objects=custom_objects
            )
        )
