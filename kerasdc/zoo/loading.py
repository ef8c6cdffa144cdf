"""`load`: from a name to a trainable model."""

import keras

from kerasdc.zoo import entry
from kerasdc.zoo import location
from kerasdc.zoo.weights import read_weights


def list_models(zoo_dir=None):
    """Names of the pretrained models.

    Args:
        zoo_dir: Folder or base URL of a zoo. `None` takes the environment
            variable `KERASDC_ZOO`, then the `zoo/` folder beside the
            package.

    Returns:
        Sorted list of strings, `<system>_<dataset>`.
    """
    return location.names(zoo_dir)


def load(name, zoo_dir=None):
    """Loads a pretrained model, compiled and ready to predict or to fit on.

    Every file is compared with its published size and SHA-256 before any
    is opened.

    Args:
        name: One of `list_models()`.
        zoo_dir: As for `list_models`.

    Returns:
        A `keras.Model` of the class that was published, such as
        `kerasdc.models.DEC`.

    Raises:
        FileNotFoundError: If a file is missing.
        OSError: If a file cannot be downloaded.
        ValueError: If the name is unknown, or a file is not the one that
            was published.

    Example:

    >>> model = kerasdc.load("dec_mnist")
    >>> model.assign(np.zeros((5, 28, 28), "uint8")).shape
    (5,)
    """
    return rebuild(checked_folder(name, zoo_dir))


def checked_folder(name, zoo_dir=None):
    """The folder of an entry whose metadata is that of the zoo's index.

    Args:
        name: Name of an entry.
        zoo_dir: As for `list_models`.

    Returns:
        `pathlib.Path`.

    Raises:
        As `load`.
    """
    folder = location.entry_folder(name, zoo_dir)
    try:
        location.check_indexed(folder)
    except ValueError:
        # Somebody may be publishing: look again when that is done.
        with location.locked(folder.parent):
            location.check_indexed(folder)
    return folder


def rebuild(folder):
    """The model of an entry's folder.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        The model.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not the one that was published.
    """
    metadata = entry.read_metadata(folder)
    entry.check_files(folder, metadata["files"])
    model = keras.saving.deserialize_keras_object(metadata["model"])
    read_weights(model, folder / entry.WEIGHTS)
    return model
