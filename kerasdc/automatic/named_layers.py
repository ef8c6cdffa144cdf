"""Layers and networks of the names that `Choices` has."""

import keras

from kerasdc import networks
from kerasdc.automatic.choices import HIDDEN_UNITS
from kerasdc.automatic.choices import LATENT_DIM
from kerasdc.automatic.choices import MAX_WORDS
from kerasdc.automatic.choices import ROTATION
from kerasdc.automatic.choices import SHIFT
from kerasdc.layers import ContrastNormalization
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.layers import TfIdf
from kerasdc.utils.arguments import checked_choice

_FILTERS = (32, 64, 128)
_KERNEL = 5


def preprocessor_of(name):
    """The layer of a name of `Choices.preprocessor`.

    Args:
        name: String.

    Returns:
        Keras layer, to be adapted.

    Raises:
        ValueError: If there is no such name.
    """
    made = {
        "standardization": keras.layers.Normalization,
        "scaling": Scaling,
        "contrast": ContrastNormalization,
        "tf-idf": lambda: TfIdf(MAX_WORDS),
    }
    return made[checked_choice("preprocessor", name, made)]()


def augmentation_of(name, seed):
    """The layer of a name of `Choices.augmentation`.

    Args:
        name: String or `None`.
        seed: Integer or `None`.

    Returns:
        Keras layer or `None`.

    Raises:
        ValueError: If there is no such name.
    """
    if name is None:
        return None
    checked_choice("augmentation", name, ("shift_rotation",))
    return RandomShiftRotation(SHIFT, ROTATION, seed=seed, fill_mode="nearest")


def encoder_of(name, shape):
    """The network of a name of `Choices.encoder`.

    Args:
        name: String.
        shape: Tuple, of one sample's features.

    Returns:
        `keras.Model` from `(batch, *shape)` to `(batch, 10)`.

    Raises:
        ValueError: If there is no such name.
    """
    made = {
        "perceptron": _perceptron,
        "convolutions": _convolutions,
        "convolutions_1d": _convolutions_1d,
    }
    return made[checked_choice("encoder", name, made)](shape)


def _perceptron(shape):
    return networks.mlp_encoder(
        shape, HIDDEN_UNITS, LATENT_DIM, activation="silu"
    )


def _convolutions(shape):
    kernels = [_KERNEL] * len(_FILTERS)
    return networks.conv_encoder(shape, _FILTERS, kernels, LATENT_DIM)


def _convolutions_1d(shape):
    inputs = x = keras.Input(shape)
    for filters in _FILTERS:
        x = keras.layers.Conv1D(
            filters,
            _KERNEL,
            strides=2,
            padding="same",
            activation="relu",
            data_format="channels_last",
        )(x)
    x = keras.layers.Flatten(data_format="channels_last")(x)
    outputs = keras.layers.Dense(LATENT_DIM, dtype="float32", name="latent")(x)
    return keras.Model(inputs, outputs, name="encoder")
