"""What layers share whose state is set from data."""

import keras


def add_flag(layer, name):
    """Makes a weight that says whether something was done: it is saved.

    Args:
        layer: Layer or model that it belongs to.
        name: String.

    Returns:
        Integer variable, 0.
    """
    return layer.add_weight(
        name=name, shape=(), initializer="zeros", dtype="int32", trainable=False
    )


class Adaptable(keras.layers.Layer):
    """A layer with an `adapt`, which sets weights without gradients.

    Subclasses call `add_adapted_flag` among their weights, and `adapt` ends
    in `mark_adapted`.
    """

    _adapted = None

    def add_adapted_flag(self):
        """Makes the weight behind `adapted`."""
        self._adapted = add_flag(self, "adapted")

    @property
    def adapted(self):
        """Whether the state was set from data (kept when saved)."""
        return self._adapted is not None and bool(self._adapted.numpy())

    def mark_adapted(self):
        """Marks the state as set from data."""
        self._adapted.assign(1)

    def forget(self):
        """Marks the state as not set from data."""
        self._adapted.assign(0)
