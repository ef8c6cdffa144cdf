"""The systems there are, by name."""

import keras

SYSTEMS = {}


def system(name):
    """Registers a class as a system, and with Keras, so that it can be saved.

    Args:
        name: String, the system's name in recipes and in the zoo.

    Returns:
        A class decorator.
    """

    def register(cls):
        SYSTEMS[name] = cls
        return keras.saving.register_keras_serializable(package="kerasdc")(cls)

    return register
