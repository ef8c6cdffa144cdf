"""Encoder, decoder, preprocessor, augmentation: whether they fit."""

import keras
import numpy as np

from kerasdc.layers import Scaling
from kerasdc.models.bases.augmenting import check_augmentation
from kerasdc.targets import FeatureBatches
from kerasdc.utils.mapped import extremes


def checked_preprocessor(preprocessor, default):
    """The preprocessor a model shall have, or raises.

    Args:
        preprocessor: Layer, `None` or `"auto"`.
        default: Function that makes the preprocessor of `"auto"`.

    Returns:
        Layer or `None`.

    Raises:
        ValueError: If it is anything else.
    """
    if isinstance(preprocessor, str) and preprocessor == "auto":
        return default()
    words = 'a layer, None or "auto"'
    return _checked_part("preprocessor", preprocessor, keras.Layer, words)


def checked_layer(name, layer):
    """Returns `layer`, or raises.

    Args:
        name: String, what the caller calls it.
        layer: What the caller passed.

    Raises:
        ValueError: If it is neither a layer nor `None`.
    """
    return _checked_part(name, layer, keras.Layer, "a layer or None")


def checked_model(name, model):
    """Returns `model`, or raises.

    Args:
        name: String, what the caller calls it.
        model: What the caller passed.

    Raises:
        ValueError: If it is neither a `keras.Model` nor `None`.
    """
    return _checked_part(name, model, keras.Model, "a `keras.Model` or None")


def _checked_part(name, part, kind, words):
    if not isinstance(part, kind | None):
        raise ValueError(f"`{name}` must be {words}. Received: {name}={part!r}")
    return part


def features_of(model, x, training=False):
    """Raw inputs to what the encoder takes; augmented in training.

    Args:
        model: Model with `preprocessor` and `augmentation`, each of which may
            be `None`.
        x: Tensor of raw inputs.
        training: Boolean. `True` augments.

    Returns:
        Tensor.
    """
    if model.preprocessor is not None:
        x = model.preprocessor(x)
    else:
        x = keras.ops.cast(x, model.compute_dtype)
    if training and model.augmentation is not None:
        x = model.augmentation(x, training=True)
    return x


def features_shape(model, input_shape):
    """The shape of one sample's features; raises if parts do not fit it.

    Args:
        model: Model with `preprocessor`, `encoder`, `decoder` and
            `augmentation`, each of which may be `None`.
        input_shape: Tuple, the shape of a batch of raw inputs.

    Returns:
        Tuple.

    Raises:
        ValueError: If encoder or decoder were made for other data, or do
            not tell what for; if an augmentation does not take such samples.
    """
    if model.preprocessor is not None:
        input_shape = model.preprocessor.compute_output_shape(input_shape)
    shape = tuple(input_shape[1:])
    if model.encoder is not None:
        check_network("encoder", model.encoder, shape)
        check_shape(model.encoder, "input", shape)
        check_shape(model.encoder, "output", (None,))
    if model.decoder is not None:
        check_network("decoder", model.decoder, model.encoder.output_shape[1:])
        check_shape(model.decoder, "output", shape)
    for augmentation in keras.tree.flatten([model.augmentation]):
        if isinstance(augmentation, keras.Layer) and not augmentation.built:
            augmentation.build((None, *shape))
        if callable(augmentation):
            check_augmentation(augmentation, shape, model.compute_dtype)
    return shape


def must_adapt(preprocessor):
    """Whether a preprocessor waits for data to be adapted to.

    Args:
        preprocessor: Layer or `None`.

    Returns:
        Boolean.
    """
    if not hasattr(preprocessor, "adapt"):
        return False
    # Keras' own layers have no `adapted`, but are built when they are.
    return not getattr(preprocessor, "adapted", preprocessor.built)


def check_network(name, network, shape):
    """Raises unless it tells its shapes; builds what has waited for one.

    Args:
        name: String, what the caller calls it.
        network: What the caller passed.
        shape: Tuple, of one of its inputs.

    Raises:
        ValueError: If it is no model that tells its shapes.
    """
    if isinstance(network, keras.Sequential) and not network.built:
        network.build((None, *shape))
    if not isinstance(network, keras.Model) or not (
        hasattr(network, "input_shape") and hasattr(network, "output_shape")
    ):
        raise ValueError(
            f"`{name}` must be a Functional or Sequential model, one that "
            "begins with `keras.Input` and so tells its shapes. "
            f"Received: {name}={network!r}"
        )


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
    lowest, highest = _feature_limits(array, preprocessor)
    if not -1e-5 <= lowest <= highest <= 1 + 1e-5:
        raise ValueError(
            "A Bernoulli decoder needs features from 0 to 1: scale them, or "
            'use likelihood="gaussian". Received: features from '
            f"{lowest:.4g} to {highest:.4g}"
        )


def _feature_limits(array, preprocessor):
    """The least and the largest feature."""
    if preprocessor is None:
        return tuple(map(float, extremes(array)))
    if isinstance(preprocessor, Scaling):
        return preprocessor.limits_of(array)
    layer = _ready(preprocessor, array)
    if layer is None:
        return 0.0, 1.0
    if array.dtype == object:
        layer = layer.transform
    # By blocks: a float copy of uint8 images would be 4 times their size.
    batches = FeatureBatches(array, layer, batch_size=4096)
    limits = np.array([_block_limits(block) for (block,) in batches])
    return limits[:, 0].min(), limits[:, 1].max()


def _block_limits(block):
    limits = [float(block.min()), float(block.max())]
    # Half precision rounds 1 up to 1.004.
    return np.round(limits, 2) if block.dtype.itemsize < 4 else limits


def _ready(preprocessor, array):
    """The preprocessor, or an adapted copy where it is not ready itself.

    `None` where it is not, and cannot be copied.
    """
    can_adapt = hasattr(preprocessor, "adapt")
    built = can_adapt or getattr(preprocessor, "built", True)
    if built and not must_adapt(preprocessor):
        return preprocessor
    try:
        copy = type(preprocessor).from_config(preprocessor.get_config())
    except NotImplementedError:
        return None
    if can_adapt:
        copy.adapt(array)
    return copy


def trunk_of(encoder):
    """An encoder without its last layer; shares all weights.

    Args:
        encoder: `keras.Model`.

    Returns:
        `keras.Model`.

    Raises:
        ValueError: If a second layer cannot stand beside the last one.
    """
    layers = getattr(encoder, "layers", [])
    if not layers or not isinstance(layers[-1].output, keras.KerasTensor):
        raise ValueError(
            "The `encoder` must be Functional or Sequential, for the "
            "log-variance is computed beside its last layer. "
            f"Received: encoder of type {type(encoder).__name__}"
        )
    head = layers[-1]
    if not isinstance(head.input, keras.KerasTensor):
        raise ValueError(
            "The last layer of the `encoder` must have one input, for the "
            "log-variance is computed from it, too: put a `Dense` layer last. "
            f"Received: {type(head).__name__} of {len(head.input)} inputs"
        )
    if len(head.input.shape) != 2:
        raise ValueError(
            "The last layer of the `encoder` must have an input of shape "
            "(batch, dim), for the log-variance is computed from it, too: put "
            f"a `Dense` layer last. Received: {type(head).__name__} of an "
            f"input of shape {head.input.shape}"
        )
    # Not `encoder.input`, which a Sequential has only once it was called.
    (inputs,) = encoder.inputs
    return keras.Model(inputs, head.input)
