"""What callers pass as `callbacks`, with those that a model adds."""

import keras


def with_first(own, callbacks):
    """A model's own callbacks before those that the caller has for `fit`.

    Args:
        own: List of Keras callbacks.
        callbacks: As in `keras.Model.fit`: `None`, a callback, a list of them
            or a `keras.callbacks.CallbackList`. One of the same class as one
            of `own` replaces it.

    Returns:
        List of callbacks.
    """
    callbacks = as_list(callbacks)
    own = [
        each
        for each in own
        if not any(isinstance(other, type(each)) for other in callbacks)
    ]
    return [*own, *callbacks]


def as_list(callbacks):
    """Callbacks in a list.

    Args:
        callbacks: As in `with_first`.

    Returns:
        List of callbacks.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return list(callbacks.callbacks)
    return keras.tree.flatten(callbacks or [])
