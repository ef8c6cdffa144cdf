"""Autoencoder and its two ways of pretraining."""

import keras
import numpy as np
from keras import ops

from kerasdc.models.base import ClusteringModel
from kerasdc.targets import FeatureBatches


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
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.reconstruction_loss = keras.losses.get(reconstruction_loss)

    features = ClusteringModel.features

    # === Functional Model ===

    def build(self, input_shape):
        pass  # encoder and decoder come built

    def call(self, x, training=False):
        target = self.features(x, training)
        z = self.encoder(target, training=training)
        reconstruction = self.decoder(z, training=training)
        # The target is known only here: augmentation draws it.
        loss = self.reconstruction_loss(target, reconstruction)
        self.add_loss(ops.mean(loss))
        return reconstruction

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
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))


class LayerwisePretraining:
    """Greedy layer-wise pretraining by denoising, before `Autoencoder.fit`.

    Each dense layer of the encoder and its mirror in the decoder are trained
    as an autoencoder of the layer below's output, with dropout on the
    input and on the code.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.2, after Vincent et al., 2010.

    Args:
        encoder: Dense Functional model, as `mlp_encoder` makes.
        decoder: Its mirror image, as `mlp_decoder` makes.
        dropout: Float from 0 to 1, share of inputs and codes dropped.
        reconstruction_loss: Name of a Keras loss, or a function.

    Raises:
        ValueError: If the two are not mirrored stacks of dense layers.
    """

    def __init__(
        self, encoder, decoder, dropout=0.2, reconstruction_loss="mse"
    ):
        self.pairs = _mirrored_dense_layers(encoder, decoder)
        self.dropout = dropout
        self.reconstruction_loss = reconstruction_loss

    def fit(self, x, make_optimizer, stage_callbacks=None, **fit_kwargs):
        """Trains the pairs one after the other.

        Args:
            x: Array `(n, d)` of features.
            make_optimizer: Function without arguments that returns a new
                optimizer, called once for each pair.
            stage_callbacks: Optional function from the pair's index to
                its list of callbacks.
            **fit_kwargs: Arguments of `keras.Model.fit`, such as `epochs`.

        Returns:
            List of `History`, one for each pair.
        """
        histories = []
        for i, (encode, decode) in enumerate(self.pairs):
            model = self._pair_model(x.shape[1], encode, decode)
            model.compile(make_optimizer(), self.reconstruction_loss)
            callbacks = stage_callbacks(i) if stage_callbacks else None
            histories.append(model.fit(x, x, callbacks=callbacks, **fit_kwargs))
            if i + 1 < len(self.pairs):
                x = _outputs(encode, x)
        return histories

    def _pair_model(self, width, encode, decode):
        inputs = keras.Input((width,))
        corrupted = keras.layers.Dropout(self.dropout)(inputs)
        code = keras.layers.Dropout(self.dropout)(encode(corrupted))
        return keras.Model(inputs, decode(code))


def _mirrored_dense_layers(encoder, decoder):
    encode = [x for x in encoder.layers if isinstance(x, keras.layers.Dense)]
    decode = [x for x in decoder.layers if isinstance(x, keras.layers.Dense)]
    pairs = list(zip(encode, reversed(decode), strict=False))
    mirrored = len(encode) == len(decode) and all(
        e.kernel.shape == tuple(reversed(d.kernel.shape)) for e, d in pairs
    )
    if not pairs or not mirrored:
        raise ValueError(
            "Layer-wise pretraining needs an encoder of dense layers and a "
            "decoder that mirrors it, as `mlp_encoder` and `mlp_decoder` "
            f"make. Received: {len(encode)} dense layers in the encoder, "
            f"{len(decode)} in the decoder"
        )
    return pairs


def _outputs(layer, x, block=8192):
    """The layer's outputs, written in place: no second copy at the end."""
    outputs = np.empty((len(x), layer.units), "float32")
    for i, (batch,) in enumerate(_batches(x, block)):
        outputs[i * block : (i + 1) * block] = ops.convert_to_numpy(
            layer(batch)
        )
    return outputs


def _batches(x, block):
    batches = FeatureBatches(x, batch_size=block)
    return (batches[i] for i in range(len(batches)))
