"""Features of an encoder's layers, and what a decoder makes of them."""

import math

import keras
from keras import ops

from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.replicas import whole_loss


class MirroredFeatures:
    """Pairs what layers of an encoder take in with what a decoder's do.

    The second to last layer with a kernel (dense ones, convolutions) of the
    decoder takes what the second one of the encoder did, and so on.

    Args:
        encoder: `keras.Model`, Functional or Sequential, from samples.
        decoder: `keras.Model`, likewise, to samples.

    Raises:
        ValueError: If one is neither, or they do not mirror each other.
    """

    def __init__(self, encoder, decoder):
        inside = _taken_in("encoder", encoder)
        mirrored = _taken_in("decoder", decoder)[::-1]
        sizes = [
            [math.prod(tensor.shape[1:]) for tensor in tensors]
            for tensors in (inside, mirrored)
        ]
        if sizes[0] != sizes[1]:
            raise ValueError(
                "The decoder must mirror the encoder: as many layers with a "
                "kernel, which take in as many numbers, in reverse. If it "
                "does not, compile with `layerwise_weight=0`. Received: "
                f"sizes {sizes[0]} in the encoder, {sizes[1]} in the decoder"
            )
        self._encoder = (
            keras.Model(encoder.inputs[0], inside) if inside else None
        )
        self._decoder = keras.Model(
            decoder.inputs[0], [*decoder.outputs, *mirrored]
        )

    def of_samples(self, features):
        """Clean features of the encoder's layers.

        Args:
            features: Tensor `(batch, ...)`, what the encoder takes.

        Returns:
            List of tensors, `features` first.
        """
        if self._encoder is None:
            return [features]
        found = self._encoder(features, training=False)
        return [features, *_as_list(found)]

    def of_code(self, z, training=False):
        """What the decoder makes of a code, in the order of `of_samples`.

        Args:
            z: Tensor `(batch, dim)`.
            training: Boolean.

        Returns:
            List of tensors, the reconstruction first.
        """
        return _as_list(self._decoder(z, training=training))

    def errors(self, features, z, training=False):
        """Squared errors of the layers' features, not of samples.

        Args:
            features, z, training: As above.

        Returns:
            Tuple of the reconstruction, and a tensor `(batch,)`, the mean
            squared error of each layer, summed over layers.
        """
        outputs, *made = self.of_code(z, training)
        total = 0.0
        for expected, found in zip(
            self.of_samples(features)[1:], made, strict=True
        ):
            excess = _flat(expected) - _flat(found)
            total += ops.mean(ops.square(excess), axis=1)
        return outputs, total


def is_mirrored(encoder, decoder):
    """Whether `MirroredFeatures` can pair their layers.

    Args:
        encoder, decoder: `keras.Model`.

    Returns:
        Boolean.
    """
    try:
        MirroredFeatures(encoder, decoder)
    except ValueError:
        return False
    return True


@keras.saving.register_keras_serializable(package="kerasdc")
class MirroredAutoencoder(Autoencoder):
    """An `Autoencoder` that reproduces features of the layers, too.

    Args:
        *args: As in `Autoencoder`.
        layerwise_weight: Float, of those errors.
        **kwargs: As in `Autoencoder`.
    """

    def __init__(self, *args, layerwise_weight=0.1, **kwargs):
        super().__init__(*args, **kwargs)
        self.layerwise_weight = layerwise_weight
        mirrored = MirroredFeatures(self.encoder, self.decoder)
        self._errors = lambda *a: mirrored.errors(*a)  # no layer to be saved

    def reconstruct(self, features, z, training=False):
        outputs, errors = self._errors(features, z, training)
        loss = whole_loss(
            self.reconstruction_loss,
            ops.cast(features, "float32"),
            ops.cast(outputs, "float32"),
        )
        self.add_loss(ops.mean(loss) + self.layerwise_weight * ops.mean(errors))
        return outputs

    def get_config(self):
        weight = self.layerwise_weight
        return {**super().get_config(), "layerwise_weight": weight}


def _taken_in(name, network):
    """What its layers with a kernel take in, without the first one."""
    layers = getattr(network, "layers", [])
    kernels = [each for each in layers if hasattr(each, "kernel")]
    try:
        return [each.input for each in kernels[1:]]
    except (AttributeError, ValueError) as error:
        raise ValueError(
            f"The layers of the {name} must be called once each, in a "
            "Functional or Sequential model; or compile with "
            f"`layerwise_weight=0`. Received: {network.name!r}"
        ) from error


def _as_list(found):
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _flat(x):
    return ops.reshape(ops.cast(x, "float32"), (ops.shape(x)[0], -1))
