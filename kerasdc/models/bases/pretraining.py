"""Models whose encoder is first half of an autoencoder."""

import keras

from kerasdc import networks
from kerasdc.layers.adaptable import add_flag
from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.encoder_model import EncoderModel
from kerasdc.models.bases.parts import checked_layer
from kerasdc.models.bases.parts import checked_model
from kerasdc.models.bases.parts import checked_preprocessor
from kerasdc.models.bases.parts import features_shape
from kerasdc.utils.arguments import checked_count


class PretrainedModel(EncoderModel):
    """A model with two trainings: `pretrain`, then `fit`.

    In `__init__`, subclasses call `set_networks`; in `build`,
    `build_networks` before and `add_pretrained_flag` after everything else;
    those that are clustering models, too, override `forget_clusters`.
    """

    trains_decoder = False  # whether `fit` does, too

    def set_networks(
        self, encoder, decoder, preprocessor, augmentation, default
    ):
        """Takes the constructor's arguments that all systems have.

        Args:
            encoder: `keras.Model` or `None`.
            decoder: `keras.Model` or `None`.
            preprocessor: Layer, `None` or `"auto"`.
            augmentation: Layer or `None`.
            default: Function that makes the preprocessor of `"auto"`.

        Raises:
            ValueError: If they do not fit each other.
        """
        if decoder is not None and encoder is None:
            raise ValueError(
                "A `decoder` needs its `encoder`. Received: encoder=None"
            )
        self.preprocessor = checked_preprocessor(preprocessor, default)
        self.augmentation = checked_layer("augmentation", augmentation)
        self.encoder = checked_model("encoder", encoder)
        self.decoder = checked_model("decoder", decoder)

    def build_networks(self, input_shape):
        """Builds the preprocessor; makes the paper's networks where missing.

        Args:
            input_shape: Tuple, the shape of a batch of raw inputs.
        """
        shape = features_shape(self, input_shape)
        if self.encoder is not None:
            self.check_networks()
        self._sample_shape = tuple(input_shape[1:])
        if self.preprocessor is not None and not self.preprocessor.built:
            self.preprocessor.build(input_shape)
        if self.encoder is None:
            self.encoder, self.decoder = self.default_networks(shape)
        if self.decoder is not None:
            # Where no loss of `fit` reaches it, only `pretrain` trains it.
            self.decoder.trainable = self.trains_decoder

    def check_networks(self):
        """Raises `ValueError` if the user's networks do not fit the system.

        Their shapes are known then, and nothing else is built.
        """

    def default_networks(self, shape):
        """The paper's networks, for samples of a shape.

        Args:
            shape: Tuple, of one sample's features.

        Returns:
            Tuple of two `keras.Model`: encoder and decoder.
        """
        return networks.mlp_encoder(shape), networks.mlp_decoder(shape)

    def add_pretrained_flag(self):
        """Makes the weight that says whether `pretrain` was done."""
        self._pretrained = add_flag(self, "pretrained")
        self._build_optimizer()

    @property
    def pretrained(self):
        """Whether the encoder was trained (kept when saved)."""
        if self.encoder is not None and self.decoder is None:
            return True
        return self.built and bool(self._pretrained.numpy())

    def compile(
        self,
        optimizer="auto",
        loss=None,
        metrics=None,
        pretrain_optimizer="auto",
        reconstruction_loss="mean_squared_error",
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the clustering stage. `"auto"` is
                `default_optimizer()`.
            loss: Keras loss of the clustering stage.
            metrics: As in `keras.Model.compile`.
            pretrain_optimizer: Keras optimizer of `pretrain`. `"auto"` is
                Adam with a learning rate of 0.001.
            reconstruction_loss: Keras loss of `pretrain`.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        optimizer = self._optimizer("optimizer", optimizer)
        if pretrain_optimizer == "auto":
            pretrain_optimizer = keras.optimizers.Adam(1e-3)
        self.pretrain_optimizer = self._optimizer(
            "pretrain_optimizer", pretrain_optimizer
        )
        if reconstruction_loss is None:
            raise ValueError(
                "`reconstruction_loss` must be a Keras loss. "
                "Received: reconstruction_loss=None"
            )
        self.reconstruction_loss = keras.losses.get(reconstruction_loss)
        super().compile(
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            **kwargs,
        )
        if self.built:
            self._build_optimizer()

    def pretrain(
        self,
        x,
        epochs=50,
        batch_size=256,
        callbacks=None,
        verbose="auto",
        validation_data=None,
        **kwargs,
    ):
        """Trains encoder and decoder as an autoencoder.

        Clusters found before are forgotten, for the embedding has moved:
        `fit` looks for new ones.

        Args:
            x: Training samples.
            epochs: Integer, passes over the data.
            batch_size: Integer.
            callbacks: Keras callbacks of this stage.
            verbose: As in `keras.Model.fit`.
            validation_data: Optional samples on which the loss is reported.
            **kwargs: Further arguments of `keras.Model.fit`.

        Returns:
            The stage's `History`.
        """
        self._check_compiled("pretrain")
        if self.encoder is not None and self.decoder is None:
            raise ValueError(
                "`pretrain` needs a decoder; an encoder that comes alone is "
                "taken to be trained. Received: decoder=None"
            )
        epochs = checked_count("epochs", epochs, minimum=0)
        batch_size = checked_count("batch_size", batch_size)
        x = self.prepare(x, kwargs.pop("y", None))
        if validation_data is not None:
            validation_data = (self._validation_inputs(validation_data),)
        autoencoder = Autoencoder(
            self.encoder,
            self.decoder,
            self.preprocessor,
            self.augmentation,
            self.reconstruction_loss,
        )
        autoencoder.compile(_fresh(self.pretrain_optimizer))
        self.decoder.trainable = True
        try:
            history = autoencoder.fit(
                x,
                epochs=epochs,
                batch_size=batch_size,
                callbacks=callbacks,
                verbose=verbose,
                validation_data=validation_data,
                **kwargs,
            )
        finally:
            self.decoder.trainable = self.trains_decoder
        self._pretrained.assign(1)
        self.forget_clusters()
        return history

    def forget_clusters(self):
        """Makes the model look for clusters again, where it has any."""

    def complete_stages(self, x, batch_size, verbose):
        """Pretrains and adapts, each where it was not done yet.

        Args:
            x: Prepared training data.
            batch_size: Integer, of `pretrain`.
            verbose: Of both, as in `keras.Model.fit`.

        Raises:
            ValueError: If clusters were found in an embedding that is yet to
                be trained: `pretrain` would forget them.
        """
        if self.adapted and not self.pretrained:
            raise ValueError(
                "`pretrain` forgets the clusters of `adapt`: call it before, "
                "with epochs=0 if the encoder is trained already. "
                "Received: adapted=True, pretrained=False"
            )
        if not self.pretrained:
            self.pretrain(x, batch_size=batch_size, verbose=verbose)
        if not self.adapted:
            self.adapt(x, verbose=verbose)

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            serialize = keras.saving.serialize_keras_object
            config["pretrain_optimizer"] = serialize(self.pretrain_optimizer)
            config["reconstruction_loss"] = serialize(self.reconstruction_loss)
        return config


def _fresh(optimizer):
    """An unused copy: an optimizer serves one training."""
    return optimizer.__class__.from_config(optimizer.get_config())
