"""Callbacks that work on some models only, checked before training."""

import keras

from kerasdc.callbacks.lists import as_list
from kerasdc.utils.arguments import shown

CLUSTERS = ("epoch_assignments", "of clusters, such as DEC")


class CheckedCallback(keras.callbacks.Callback):
    """A callback that refuses models which lack what it works on.

    Subclasses set `needs`: the name of what the model must have, and in
    words what such a model is.

    Raises:
        ValueError: When training begins, before anything has changed.
    """

    needs = ()

    def check(self, model, x=None):
        """Raises `ValueError` if the callback could not do its work.

        Args:
            model: The model that is to be trained.
            x: Its training data, where they are known.
        """
        attribute, words = self.needs
        if not hasattr(model, attribute):
            raise ValueError(
                f"{type(self).__name__} needs a model {words}. "
                f"Received: a {type(model).__name__}"
            )

    def on_train_begin(self, logs=None):
        self.check(self.model)


def check_callbacks(callbacks, model, x):
    """Raises `ValueError` where callbacks would stop a training later.

    Args:
        callbacks: As in `keras.Model.fit`.
        model: The model that is to be trained, built.
        x: Prepared training data.
    """
    for callback in as_list(callbacks):
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                "`callbacks` must be Keras callbacks. "
                f"Received: {callback!r} among them"
            )
        if isinstance(callback, CheckedCallback):
            callback.check(model, x)


def check_factory(name, callbacks):
    """Raises unless callbacks of several trainings can be made.

    Args:
        name: String, the argument's name.
        callbacks: What the caller passed: `None`, or a function from a
            training's name to its callbacks.

    Raises:
        ValueError: If it is anything else.
    """
    if callbacks is not None and not callable(callbacks):
        raise ValueError(
            f"`callbacks` of `{name}` must be a function from the name of a "
            "training to a list of its Keras callbacks. "
            f"Received: callbacks={shown(callbacks)}"
        )
