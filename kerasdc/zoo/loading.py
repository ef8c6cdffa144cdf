"""`load`: from a name to a trainable model."""

import fnmatch

import keras

from kerasdc.models import EncoderModel
from kerasdc.utils.arguments import shown
from kerasdc.zoo import entry
from kerasdc.zoo import location
from kerasdc.zoo.weights import read_weights


def list_models(pattern="*", zoo_dir=None):
    """Names of the pretrained models.

    Args:
        pattern: String that names must match, such as `"*_mnist"` or
            `"dec_*"`: `*` stands for any letters, `?` for one.
        zoo_dir: Folder or base URL of a zoo. `None` takes the environment
            variable `KERASDC_ZOO`, then the `zoo/` folder beside the
            package; of an installed package, its release. Folders are
            trusted to be the user's own; of an address, see `load`.

    Returns:
        Sorted list of strings, `<system>_<dataset>`; empty if none matches.

    Raises:
        ValueError: If `pattern` is not a string, or the zoo not usable.

    Example:

    >>> kerasdc.list_models("dec_*")
    ['dec_digits', 'dec_mnist', 'dec_usps']
    """
    if not isinstance(pattern, str):
        raise ValueError(
            "`pattern` must be a string, such as '*_mnist'. "
            f"Received: pattern={shown(pattern)}"
        )
    return fnmatch.filter(location.names(zoo_dir), pattern)


def load(name, zoo_dir=None):
    """Loads a pretrained model, compiled and ready to predict or to fit on.

    Every file is compared with its published size and SHA-256 before any
    is opened. What an address gives under the name of a model that was
    published with this package must be that model, and the address must be
    `https://`, unless the environment variable `KERASDC_TRUSTED_ZOO` names
    it, too. What was downloaded is kept in the user's cache, and loads
    without a connection.

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
    >>> model.assign(np.full((5, 28, 28), 80, "uint8")).shape
    (5,)
    """
    folder, metadata = checked_entry(name, zoo_dir)
    return build(folder, metadata)


def checked_entry(name, zoo_dir=None):
    """An entry whose files are those that were published.

    Args:
        name: Name of an entry.
        zoo_dir: As for `list_models`.

    Returns:
        Tuple of the `pathlib.Path` of its folder and the dictionary of its
        metadata.

    Raises:
        As `load`.
    """
    try:
        return _checked_entry(name, zoo_dir)
    except (FileNotFoundError, ValueError):
        zoo = location.source(zoo_dir)
        if isinstance(zoo, str) or not zoo.is_dir():
            raise
        # Somebody may be publishing: look again when that is done.
        with location.settled(zoo):
            return _checked_entry(name, zoo_dir)


def _checked_entry(name, zoo_dir):
    folder = location.checked_folder(name, zoo_dir)
    metadata = entry.read_metadata(folder)
    listed = metadata["files"]
    if location.is_bundled(folder):
        listed = {
            name: file
            for name, file in listed.items()
            if not name.startswith(entry.SAVED_MODEL)
        }
    entry.check_files(folder, listed)
    return folder, {**metadata, "files": listed}


def rebuild(folder):
    """The model of an entry's folder.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        The model.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not the one that was published, or the model
            is not one of this library.
    """
    metadata = entry.read_metadata(folder)
    entry.check_files(folder, metadata["files"])
    return build(folder, metadata)


def build(folder, metadata):
    """The model of an entry whose files were checked.

    Args:
        folder: `pathlib.Path` of an entry.
        metadata: Dictionary, its metadata.

    Returns:
        The model.

    Raises:
        ValueError: If it is not one of this library, or the weights are of
            another model.
    """
    config = metadata["model"]
    name = config.get("registered_name") if isinstance(config, dict) else None
    cls = keras.saving.get_registered_object(str(name))
    # Before anything of it is made.
    if not (isinstance(cls, type) and issubclass(cls, EncoderModel)):
        raise ValueError(
            "A model of the zoo must be of a class of this library. "
            f"Received: class={shown(name)}, folder={str(folder)!r}"
        )
    model = keras.saving.deserialize_keras_object(config)
    if type(model) is not cls:
        raise ValueError(
            f"A model of the zoo must be the {cls.__name__} that it says. "
            f"Received: {type(model).__name__}, folder={str(folder)!r}"
        )
    read_weights(model, folder / entry.WEIGHTS)
    return model
