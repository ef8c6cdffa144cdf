"""Encoder, decoder, preprocessor, augmentation: whether they fit."""

import keras
import numpy as np

from kerasdc.layers import Scaling


def checked_preprocessor(preprocessor, default):
    """The preprocessor a model shall have, or raises.

    Args:
        preprocessor: Layer, `None` or `"auto"`.
        default: Function that makes the preprocessor of `"auto"`.

    Returns:
        Layer or `None`.

    Raises:
        ValueError: If it is any other string.
    """
    if isinstance(preprocessor, str) and preprocessor != "auto":
        raise ValueError(
            '`preprocessor` must be a layer, None or "auto". '
            f"Received: preprocessor={preprocessor!r}"
        )
    return default() if preprocessor == "auto" else preprocessor


def features_shape(model, input_shape):
    """The shape of one sample's features; raises if networks differ.

    Args:
        model: Model with `preprocessor`, `encoder`, `decoder` and
            `augmentation`, each of which may be `None`.
        input_shape: Tuple, the shape of a batch of raw inputs.

    Returns:
        Tuple.

    Raises:
        ValueError: If encoder or decoder were made for other data.
    """
    if model.preprocessor is not None:
        input_shape = model.preprocessor.compute_output_shape(input_shape)
    shape = tuple(input_shape[1:])
    if model.encoder is not None:
        check_shape(model.encoder, "input", shape)
        check_shape(model.encoder, "output", (None,))
    if model.decoder is not None:
        check_shape(model.decoder, "output", shape)
    for augmentation in keras.tree.flatten([model.augmentation]):
        if isinstance(augmentation, keras.Layer) and not augmentation.built:
            augmentation.build((None, *shape))
    return shape


def check_shape(network, side, expected):
    """Raises unless a network takes or makes samples of a shape.

    Args:
        network: `keras.Model`.
        side: `"input"` or `"output"`.
        expected: Tuple, where `None` stands for any size.

    Raises:
        ValueError: If it does not.
    """
    shape = getattr(network, f"{side}_shape")[1:]
    same = len(shape) == len(expected) and all(
        None in pair or pair[0] == pair[1]
        for pair in zip(shape, expected, strict=True)
    )
    if not same:
        raise ValueError(
            f"The {side} of `{network.name}` must have samples of shape "
            f"{expected} for this data. Received: {side} shape {shape}"
        )


def check_range(array, preprocessor):
    """Raises unless features are from 0 to 1, before anything changes.

    Args:
        array: Array of raw samples.
        preprocessor: Layer that makes features of them, or `None`.

    Raises:
        ValueError: If they are not, as far as that can be told.
    """
    limits = np.array([array.min(), array.max()], "float64")
    if isinstance(preprocessor, Scaling):
        limits *= preprocessor.scale_for(array)
    elif preprocessor is not None:
        return  # its own business; the loss stays finite
    if limits[0] < 0 or limits[1] > 1 + 1e-5:
        raise ValueError(
            "A Bernoulli decoder needs features from 0 to 1: scale them, or "
            'use likelihood="gaussian". Received: features from '
            f"{limits[0]:.4g} to {limits[1]:.4g}"
        )
