"""Augmentations inside models: as they train, repeatably, and checked."""

import contextlib

import keras
import numpy as np
from keras import ops


def distorted(augmentation, features):
    """Features as an augmentation changes them while training.

    Args:
        augmentation: Layer or function.
        features: Tensor `(batch, ...)`.

    Returns:
        Tensor of that shape.
    """
    if isinstance(augmentation, keras.Layer):
        return augmentation(features, training=True)
    return augmentation(features)


@contextlib.contextmanager
def repeated_draws(*augmentations):
    """In this context layers draw the same each time; it leaves no trace.

    Args:
        *augmentations: Layers; functions draw as they do.
    """
    starts = [
        (state, (getattr(layer, "seed", None) or 0, i))
        for layer in augmentations
        if isinstance(layer, keras.Layer)
        for i, state in enumerate(_draw_states(layer))
    ]
    before = [ops.copy(state.value) for state, _ in starts]
    try:
        for state, start in starts:
            state.assign(np.array(start, state.dtype))
        yield
    finally:
        for (state, _), value in zip(starts, before, strict=True):
            state.assign(value)


def _draw_states(layer):
    """Where its draws stand: variables that Keras counts to no weights."""
    return [v for v in layer.variables if v.name == "seed_generator_state"]


def check_augmentation(augmentation, shape, dtype):
    """Raises `ValueError` unless it changes samples, and not their shape.

    Args:
        augmentation: Layer or function.
        shape: Tuple, of one sample's features.
        dtype: String, of the features.
    """
    if _is_of_keras_images(augmentation) and len(shape) != 3:
        # Those of shape (height, width) it would take for one image.
        raise ValueError(
            f"{augmentation.name} needs images of shape (height, width, "
            f"channels). Received: samples of shape {shape}"
        )
    if None in shape:
        return
    samples = ops.zeros((2, *shape), dtype)
    try:
        with repeated_draws(augmentation):
            found = tuple(ops.shape(distorted(augmentation, samples)))
    except Exception as error:
        raise ValueError(
            f"`augmentation` must take samples of shape {shape}. "
            f"Received: {_name(augmentation)}, which raises {error!r}"
        ) from error
    if found != (2, *shape):
        raise ValueError(
            "`augmentation` must keep the shape of the samples. Received: "
            f"{_name(augmentation)}, which makes {found} of {(2, *shape)}"
        )


def kinds_of(augmentation):
    """Names, layers and functions of an augmentation: one, several or none.

    Args:
        augmentation: As `checked_kinds` takes it.

    Returns:
        List.
    """
    kinds = keras.tree.flatten([augmentation])
    return [kind for kind in kinds if kind is not None]


def checked_kinds(augmentation, names):
    """Returns `augmentation`, or raises: names, layers, functions, several.

    Args:
        augmentation: What the caller passed.
        names: Strings that stand for augmentations.

    Raises:
        ValueError: If it is anything else.
    """
    for kind in keras.tree.flatten([augmentation]):
        named = isinstance(kind, str) and kind in names
        instance = callable(kind) and not isinstance(kind, type)
        if kind is None or named or instance:
            continue
        raise ValueError(
            f"`augmentation` must be one of {', '.join(names)}, a "
            "layer or function of features, None, or a list of them. "
            f"Received: augmentation={augmentation!r}"
        )
    return augmentation


def assigned_copies(model, x, batch_size):
    """Clusters of augmented samples, by the statistics of inference.

    Args:
        model: `kerasdc.models.DiscriminativeModel` with an augmentation.
        x: Array of samples, as the model takes them.
        batch_size: Integer.

    Returns:
        Integer array `(n,)`, the same every time.
    """
    found = []
    with repeated_draws(model.augmentation):
        for start in range(0, len(x), batch_size):
            batch = x[start : start + batch_size]
            logits = model.logits(model.features(batch, training=True))
            found.append(ops.convert_to_numpy(logits).argmax(axis=1))
    return np.concatenate(found)


def check_copyable(augmentation):
    """Raises `ValueError` if the models of restarts could not have it.

    Args:
        augmentation: Layer, function, name or `None`.
    """
    try:
        keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(augmentation)
        )
    except Exception as error:
        raise ValueError(
            "With `restarts`, `augmentation` must be registered by "
            "`keras.saving.register_keras_serializable`. "
            f"Received: augmentation={augmentation!r}"
        ) from error


def _is_of_keras_images(augmentation):
    if not isinstance(augmentation, keras.Layer):
        return False
    inside = augmentation._flatten_layers()
    # What all of Keras' own image layers inherit from has no public name.
    name = "BaseImagePreprocessingLayer"
    return any(
        base.__name__ == name
        for layer in inside
        for base in type(layer).__mro__
    )


def _name(augmentation):
    return getattr(augmentation, "name", None) or repr(augmentation)
