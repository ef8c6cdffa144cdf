"""Greedy layer-wise pretraining of an autoencoder."""

import keras
from keras import ops

from kerasdc.models.bases.stepping import stepping
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import all_features
from kerasdc.targets import steps_taken
from kerasdc.utils.inputs import to_array


class LayerwisePretraining:
    """Greedy layer-wise pretraining by denoising, before `Autoencoder.fit`.

    Each dense layer of the encoder and its mirror in the decoder are trained
    as an autoencoder of the layer below's output, with dropout on the
    input and on the code; the data and the last code, as in the authors'
    code, are left whole.

    Reference: [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section
    3.2, after Vincent et al., 2010.

    Args:
        encoder: Dense Functional model, as `mlp_encoder` makes.
        decoder: Its mirror image, as `mlp_decoder` makes.
        dropout: Float from 0 to 1, share of inputs and codes dropped.
        reconstruction_loss: Name of a Keras loss, or a function.
        seed: Integer seed of the order of the samples.

    Raises:
        ValueError: If the two are not mirrored stacks of dense layers.
    """

    def __init__(
        self,
        encoder,
        decoder,
        dropout=0.2,
        reconstruction_loss="mse",
        seed=0,
    ):
        self.pairs = _mirrored_dense_layers(encoder, decoder)
        self.dropout = dropout
        self.reconstruction_loss = reconstruction_loss
        self.seed = seed

    def fit(self, x, make_optimizer, **fit_kwargs):
        """Trains the pairs one after the other.

        Args:
            x: Features `(n, d)`, in any form that `Autoencoder.fit` takes.
            make_optimizer: Function without arguments that returns a new
                optimizer, called once for each pair.
            **fit_kwargs: Arguments of `keras.Model.fit`, such as `epochs`.

        Returns:
            List of `History`, one for each pair.

        Raises:
            ValueError: If `x` is not usable.
        """
        x, histories = to_array(x), []
        for i in range(len(self.pairs)):
            histories.append(
                self.fit_pair(i, x, make_optimizer(), **fit_kwargs)
            )
            x = self.encode_with(i, x)
        return histories

    def fit_pair(
        self,
        index,
        codes,
        optimizer,
        batch_size=32,
        callbacks=None,
        shuffle=True,
        **fit_kwargs,
    ):
        """Trains one pair.

        Args:
            index: Integer, 0 for the layer next to the data.
            codes: Array, the output of the layer below (for 0: features).
            optimizer: A new Keras optimizer.
            batch_size: Integer.
            callbacks: Keras callbacks.
            shuffle: Boolean. Whether each pass has its own random order.
            **fit_kwargs: Arguments of `keras.Model.fit`.

        Returns:
            The `History`.
        """
        model = self._pair_model(index, codes.shape[1])
        model.compile(optimizer, self.reconstruction_loss)
        # Inputs are targets: Keras would hold a copy of each.
        batches = ShuffledBatches(
            codes,
            codes,
            batch_size,
            shuffle=shuffle,
            seed=self.seed,
            count_steps=lambda: steps_taken(model.optimizer),
        )
        with stepping(model, batches, callbacks, **fit_kwargs) as arguments:
            return model.fit(**arguments)

    def encode_with(self, index, codes):
        """The output of one encoder layer.

        Args:
            index: Integer, 0 for the layer next to the data.
            codes: Array, the output of the layer below.

        Returns:
            Float32 array `(n, units)`.
        """
        layer = self.pairs[index][0]
        # Cast by batches: all codes at once would be held twice.
        return all_features(codes, lambda x: ops.cast(layer(x), "float32"))

    def _pair_model(self, index, width):
        encode, decode = self.pairs[index]
        inputs = x = keras.Input((width,))
        if index > 0:
            x = keras.layers.Dropout(self.dropout)(x)
        x = encode(x)
        if index + 1 < len(self.pairs):
            x = keras.layers.Dropout(self.dropout)(x)
        # Under a mixed precision policy the loss is still float32.
        outputs = keras.layers.Activation("linear", dtype="float32")(decode(x))
        return keras.Model(inputs, outputs)


def _mirrored_dense_layers(encoder, decoder):
    encode = [x for x in encoder.layers if x.weights]
    decode = [x for x in decoder.layers if x.weights]
    pairs = list(zip(encode, reversed(decode), strict=False))
    mirrored = len(encode) == len(decode) and all(
        _mirror_each_other(*pair) for pair in pairs
    )
    if not pairs or not mirrored:
        raise ValueError(
            "Layer-wise pretraining needs an encoder of dense layers and a "
            "decoder that mirrors it, as `mlp_encoder` and `mlp_decoder` "
            f"make. Received: encoder layers {_names(encode)}, decoder layers "
            f"{_names(decode)}"
        )
    return pairs


def _mirror_each_other(encode, decode):
    dense = keras.layers.Dense
    if not isinstance(encode, dense) or not isinstance(decode, dense):
        return False
    return encode.kernel.shape == tuple(reversed(decode.kernel.shape))


def _names(layers):
    return ", ".join(layer.name for layer in layers)
