"""Extra forward passes that do not update moving statistics."""

import contextlib

import keras
from keras import ops

from kerasdc.utils.arguments import shown


@contextlib.contextmanager
def kept_statistics(*layers):
    """Restores moving statistics at the end of the context.

    For forward passes on distorted inputs, next to the one on clean inputs:
    layers such as `BatchNormalization` normalize by the statistics of the
    batch, but the moving statistics for inference do not change. It works in
    `compute_loss`, on every Keras backend.

    Args:
        *layers: Built layers or models whose non-trainable weights are
            restored.

    Raises:
        ValueError: If one is not built.

    Example:

    >>> layer = keras.layers.BatchNormalization()
    >>> layer.build((None, 2))
    >>> x = np.random.normal(3, 1, (8, 2))
    >>> with kerasdc.layers.moving_statistics.kept_statistics(layer):
    ...     y = layer(x, training=True)
    >>> layer.moving_mean
    [0, 0]
    """
    for layer in layers:
        if not isinstance(layer, keras.Layer):
            raise ValueError(
                "`layers` must be Keras layers. "
                f"Received: layers={shown(layers)}"
            )
        if not layer.built:
            raise ValueError(
                "Statistics can be restored only of layers that are built. "
                f"Received: {layer.name!r}, which is not built"
            )
    weights = [w for layer in layers for w in layer.non_trainable_weights]
    # Copies, because PyTorch assigns in place.
    before = [ops.copy(weight.value) for weight in weights]
    try:
        yield
    finally:
        for weight, value in zip(weights, before, strict=True):
            weight.assign(value)
