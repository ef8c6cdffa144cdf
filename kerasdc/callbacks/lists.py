"""What callers pass as `callbacks`, with those that a model adds."""

import keras


def with_first(callback, callbacks, unless=()):
    """A model's own callback before those that the caller has for `fit`.

    Args:
        callback: Keras callback.
        callbacks: As in `keras.Model.fit`. To a finished `CallbackList`
            nothing is added.
        unless: Class, or tuple of classes: where one of these is there, it
            stands in for `callback`.

    Returns:
        List of callbacks, or the `CallbackList`.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    callbacks = keras.tree.flatten(callbacks or [])
    if any(isinstance(each, unless) for each in callbacks):
        return callbacks
    return [callback, *callbacks]
