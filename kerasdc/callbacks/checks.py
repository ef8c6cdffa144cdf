"""Callbacks for some models only."""

import keras

CLUSTERS = ("assign", "of clusters, such as DEC")


class CheckedCallback(keras.callbacks.Callback):
    """A callback that refuses models which lack what it works on.

    Subclasses set `needs`: the name of what the model must have, and in
    words what such a model is.

    Raises:
        ValueError: When training begins, before anything has changed.
    """

    needs = ()

    def on_train_begin(self, logs=None):
        attribute, words = self.needs
        if not hasattr(self.model, attribute):
            raise ValueError(
                f"{type(self).__name__} needs a model {words}. "
                f"Received: a {type(self.model).__name__}"
            )
