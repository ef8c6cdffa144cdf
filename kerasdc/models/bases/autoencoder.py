"""The autoencoder."""

import keras
import numpy as np
from keras import ops

from kerasdc.callbacks import FiniteLoss
from kerasdc.callbacks.lists import with_first
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.replicas import whole_loss
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.models.bases.stepping import stepping
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import fixed_order
from kerasdc.targets import steps_taken
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.inputs import to_array
from kerasdc.utils.lookups import checked_loss
from kerasdc.utils.processes import agreed
from kerasdc.utils.refusals import reject_labels


@keras.saving.register_keras_serializable(package="kerasdc")
class Autoencoder(keras.Model):
    """Encoder and decoder trained to reproduce their input.

    With `augmentation`, it learns to reproduce the augmented input.

    Args:
        encoder: `keras.Model` from features to `(batch, latent_dim)`.
        decoder: `keras.Model` from there to features.
        preprocessor: Optional layer from raw inputs to features.
        augmentation: Optional layer applied to features in training.
        reconstruction_loss: Name of a Keras loss, or a function of
            `(target, reconstruction)`.
        seed: Optional integer, of the order of the samples. `None` follows
            `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> encoder = kerasdc.networks.mlp_encoder((64,), units=(32,))
    >>> decoder = kerasdc.networks.mlp_decoder((64,), units=(32,))
    >>> model = kerasdc.models.Autoencoder(encoder, decoder)
    >>> model.compile("adam")
    >>> history = model.fit(np.random.rand(100, 64), verbose=0)
    """

    def __init__(
        self,
        encoder,
        decoder,
        preprocessor=None,
        augmentation=None,
        reconstruction_loss="mean_squared_error",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.reconstruction_loss = checked_loss(
            "reconstruction_loss", reconstruction_loss
        )
        self.seed = checked_seed(seed)
        self.built = True  # encoder and decoder come built

    # === Functional Model ===

    def call(self, x, training=False):
        features = features_of(self, x, training)
        z = self.encoder(features, training=training)
        return self.reconstruct(features, z, training)

    def reconstruct(self, features, z, training=False):
        """What the decoder makes of a code; adds the loss of it.

        Args:
            features: Tensor, what the code is of. Only here it is known:
                augmentation draws it.
            z: Tensor `(batch, latent_dim)`.
            training: Boolean.

        Returns:
            Tensor like `features`.
        """
        reconstruction = self.decoder(z, training=training)
        loss = whole_loss(
            self.reconstruction_loss,
            ops.cast(features, "float32"),
            ops.cast(reconstruction, "float32"),
        )
        self.add_loss(ops.mean(loss))
        return reconstruction

    # === Training ===

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        callbacks=None,
        shuffle=True,
        **kwargs,
    ):
        """Trains, as `keras.Model.fit` does, on checked data.

        A training that goes on after a stop sees the samples in the order
        that it would have seen them in.

        Args:
            x: Training samples, in any form that
                `kerasdc.utils.inputs.to_array` takes.
            y: Must be `None`: the inputs are the targets.
            batch_size: Integer. `None` takes Keras' 32.
            callbacks: Keras callbacks.
            shuffle: Boolean. Whether the samples come in a random order, the
                same in every pass: see `kerasdc.targets.fixed_order`.
            **kwargs: Further arguments of `keras.Model.fit`.

        Returns:
            The `History`.

        Raises:
            ValueError: If `x` is not usable, or labels are passed.
        """
        reject_labels(y)
        _refuse_weights(kwargs)
        batches = self.training_batches(to_array(x), batch_size or 32, shuffle)
        callbacks = with_first([FiniteLoss(each_epoch=False)], callbacks)
        with (
            strategy_scope(self),
            stepping(self, batches, callbacks, **kwargs) as arguments,
        ):
            return super().fit(**arguments)

    def training_batches(self, x, batch_size, shuffle=True):
        """The batches of `fit`.

        Args:
            x: Array of samples.
            batch_size: Integer.
            shuffle: Boolean.

        Returns:
            `kerasdc.targets.ShuffledBatches`.
        """
        seed = self.draw_seed()
        return ShuffledBatches(
            x,
            None,
            batch_size,
            shuffle=False,
            order=fixed_order(x, seed) if shuffle else None,
            count_steps=self.count_steps,
        )

    def draw_seed(self):
        """Its seed, or one by `keras.utils.set_random_seed`."""
        if self.seed is not None:
            return self.seed
        return agreed(np.random.randint(2**31))

    def count_steps(self):
        """How many steps this training has taken."""
        return steps_taken(self.optimizer)

    # === Config ===

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        config = super().get_config()
        for name in (
            "encoder",
            "decoder",
            "preprocessor",
            "augmentation",
            "reconstruction_loss",
        ):
            config[name] = serialize(getattr(self, name))
        return {**config, "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))


def _refuse_weights(arguments):
    for name in ("sample_weight", "class_weight"):
        if arguments.get(name) is not None:
            raise ValueError(
                f"All samples have the same weight here: `{name}` is not "
                f"supported. Received: {name} of type "
                f"{type(arguments[name]).__name__}"
            )
