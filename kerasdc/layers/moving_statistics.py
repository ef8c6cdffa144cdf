"""Moving statistics, kept as they are during extra forward passes."""

import contextlib

from keras import ops


@contextlib.contextmanager
def kept_statistics(*layers):
    """Forward passes in this context leave moving statistics alone.

    For passes on distorted inputs beside the one on clean inputs: layers such
    as `BatchNormalization` normalize by the batch's own statistics as ever,
    but what they have gathered for inference is put back at the end. Works
    inside `compute_loss`, on every Keras backend.

    Args:
        *layers: Layers or models whose non-trainable weights are kept. They
            must be built.

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
        if not layer.built:
            raise ValueError(
                "Statistics are kept of layers that are built. "
                f"Received: {layer.name}, built=False"
            )
    weights = [w for layer in layers for w in layer.non_trainable_weights]
    # PyTorch assigns in place: what is kept must be a copy.
    before = [ops.copy(weight.value) for weight in weights]
    try:
        yield
    finally:
        for weight, value in zip(weights, before, strict=True):
            weight.assign(value)
