"""Samples that are ids of an encoder's `Embedding`, such as words."""

import keras

from kerasdc.utils.mapped import extremes


def check_ids(array, model):
    """Raises if an encoder's `Embedding` has no row for some of the samples.

    The backends differ: TensorFlow raises an error of its own on a CPU, and
    gives zeros on a GPU; JAX takes another row.

    Args:
        array: Array of raw samples.
        model: Model with `preprocessor` and `encoder`, each of which may be
            `None`.

    Raises:
        ValueError: If there is one that the layer has no row for.
    """
    layer = _first_layer(model.encoder)
    if model.preprocessor is not None or not isinstance(
        layer, keras.layers.Embedding
    ):
        return
    lowest, highest = extremes(array)
    if lowest < 0 or highest >= layer.input_dim:
        raise ValueError(
            f"`x` must hold ids from 0 to {layer.input_dim - 1}: the encoder's "
            f"layer {layer.name!r} has `input_dim={layer.input_dim}`. "
            f"Received: ids from {lowest} to {highest}"
        )


def _first_layer(network):
    """What a network does first, or `None`."""
    layers = getattr(network, "layers", [])
    inputs = keras.layers.InputLayer
    layers = [layer for layer in layers if not isinstance(layer, inputs)]
    if layers and isinstance(layers[0], keras.Model):
        return _first_layer(layers[0])
    return layers[0] if layers else None
