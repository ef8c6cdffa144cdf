"""Base of layers whose state is set from data."""

import keras


def add_flag(layer, name):
    """Adds a flag as a non-trainable weight, which is saved with the model.

    Args:
        layer: Layer or model.
        name: String.

    Returns:
        Integer variable, 0.
    """
    return layer.add_weight(
        name=name, shape=(), initializer="zeros", dtype="int32", trainable=False
    )


def add_state(layer, name, initializer, shape=()):
    """Adds a non-trainable weight in float32, under every dtype policy.

    Args:
        layer: Layer or model.
        name: String.
        initializer: Keras initializer.
        shape: Tuple.

    Returns:
        Float variable.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=initializer,
        dtype="float32",
        trainable=False,
        autocast=False,
    )


class Adaptable(keras.layers.Layer):
    """A layer with an `adapt`, which sets weights without gradients.

    Subclasses call `add_adapted_flag` where they add weights, and
    `mark_adapted` at the end of `adapt`.
    """

    _adapted = None

    def add_adapted_flag(self):
        """Adds the weight that `adapted` reads."""
        self._adapted = add_flag(self, "adapted")

    @property
    def adapted(self):
        """Whether the state was set from data (saved with the weights)."""
        return self._adapted is not None and bool(self._adapted.numpy())

    def mark_adapted(self):
        """Marks the state as set from data."""
        self._adapted.assign(1)

    def forget(self):
        """Marks the state as not set from data."""
        self._adapted.assign(0)


class NewerState(Adaptable):
    """State that files of version 0.1.0 lack: it stays unset then."""

    def load_own_variables(self, store):
        if store.keys():
            super().load_own_variables(store)
