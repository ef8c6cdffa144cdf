"""What every model shares: raw inputs, an encoder, perhaps a decoder."""

import keras

from kerasdc.layers import Scaling
from kerasdc.models.bases.evaluation import Evaluation
from kerasdc.models.bases.freezing import Freezing
from kerasdc.models.bases.parts import checked_layer
from kerasdc.models.bases.parts import checked_model
from kerasdc.models.bases.parts import checked_preprocessor
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.parts import features_shape
from kerasdc.models.bases.parts import must_adapt
from kerasdc.models.bases.prediction import Prediction
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.models.bases.training import Training
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.inputs import Checked
from kerasdc.utils.inputs import is_checked_by
from kerasdc.utils.inputs import reject_labels
from kerasdc.utils.inputs import to_array


class EncoderModel(Training, Evaluation, Prediction, Freezing, keras.Model):
    """A Keras model of raw data, with an encoder and perhaps a decoder.

    Users pass raw data everywhere: the preprocessor is part of the model. In
    `__init__`, subclasses call `set_networks`; they implement
    `default_networks`, `build_head`, `call`, `loss_terms` and `objective`.
    """

    # Constructor arguments that are layers.
    parts = ("encoder", "decoder", "preprocessor", "augmentation")
    compile_arguments = ()  # attributes that `compile` sets, to be saved
    fewest_samples = 1  # more, where the loss compares samples
    scaling_target = "mean_square"  # of the preprocessor "auto"
    decoder = augmentation = None

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
            training: Boolean. `True` augments.

        Returns:
            Tensor.
        """
        return features_of(self, x, training)

    # === Inputs ===

    def as_inputs(self, x):
        """Checks `x` and turns it into the array the model runs on.

        Args:
            x: Data in any form that `fit` takes; labels in it are left out.

        Returns:
            Array `(n, ...)`: raw numbers, or features in place of texts.
            What the model was not built for raises `ValueError`.
        """
        return self._as_features(self._checked(x, allow_labels=True))

    def check_samples(self, x):
        """Raises `ValueError` if `as_inputs` would refuse `x`.

        Args:
            x: As in `as_inputs`.
        """
        self._checked(x, allow_labels=True)

    def prepare(self, x, y=None, batch_size=None):
        """Checks training data; adapts the preprocessor; builds the model.

        Args:
            x: Training data.
            y: Must be `None`: labels are never used for training.
            batch_size: Optional integer, of the training to come: whether
                such batches will do is checked, too.

        Returns:
            The array to train on. Methods of this model that are given it do
            not check it again.

        Raises:
            ValueError: If labels are passed, or `x` is not usable. Nothing
                has changed then.
        """
        reject_labels(y)
        array = self._checked(x)
        if not is_checked_by(self, array):
            self._check_enough(array)
        if batch_size is not None:
            self._check_batches(array, batch_size)
        adapts = must_adapt(self.preprocessor)
        if array.dtype == object:
            # Only the vocabulary tells how wide the features are.
            if adapts:
                self.preprocessor.adapt(array)
            array, adapts = self._as_features(array), False
        if not self.built:
            self.build((None, *array.shape[1:]))
        if adapts:
            self.preprocessor.adapt(array)
        return Checked.by(self, array)

    def _checked(self, x, allow_labels=False):
        shape = self._sample_shape if self.built else None
        accepts_text = getattr(self.preprocessor, "accepts_text", False)
        return to_array(x, shape, accepts_text, allow_labels)

    def _as_features(self, array):
        """Texts to features, once, so that training steps see numbers."""
        if array.dtype != object:
            return array
        return self.preprocessor.transform(array)

    def _scorable(self, x):
        """Raw samples as inputs that the loss is defined for."""
        return self._as_features(self._checked(x))

    def _check_enough(self, array):
        """Raises `ValueError` if there is too little to learn from."""
        self._check_length(array)

    def _check_length(self, array):
        if len(array) < self.fewest_samples:
            raise ValueError(
                f"{type(self).__name__} compares samples with each other: `x` "
                f"must hold at least {self.fewest_samples}. "
                f"Received: {len(array)} samples"
            )

    def _check_batches(self, array, batch_size):
        """Raises `ValueError` if batches hold too little to learn from."""

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
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        optimizer = self._optimizer("optimizer", optimizer)
        super().compile(optimizer=optimizer, **kwargs)
        if self.built:
            self._build_optimizer()

    def _optimizer(self, name, optimizer):
        if isinstance(optimizer, str) and optimizer == "auto":
            return self.default_optimizer()
        if optimizer is None:
            raise ValueError(
                f"`{name}` must be a Keras optimizer. Received: {name}=None"
            )
        return keras.optimizers.get(optimizer)

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
        self.compile(**keras.saving.deserialize_keras_object(config))

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
