"""The folder of one model: its files, their hashes, its metadata."""

import hashlib
import json
import pathlib
import re

METADATA = "metadata.json"
CARD = "README.md"
GOLDEN = "golden.npz"
PREVIEW = "preview.png"
WEIGHTS = "model.weights.h5"
SAVED_MODEL = "saved_model/1"

_REQUIRED = (WEIGHTS, GOLDEN)
# The metadata cannot hold its own hash; the card is made from it.
_UNLISTED = (METADATA, CARD)


def describe_files(folder):
    """Size and hash of every file that the metadata lists.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        Dict from a file's path in the folder, with slashes, to a dict with
        the keys `size` and `sha256`.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    return {
        name: {"size": path.stat().st_size, "sha256": _sha256(path)}
        for name, path in zip(names, paths, strict=True)
        if name not in _UNLISTED
    }


def metadata_sha256(folder):
    """SHA-256 of an entry's metadata, by which the zoo's index knows it.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        The digest in hexadecimal.
    """
    return _sha256(folder / METADATA)


def read_metadata(folder):
    """Reads the metadata of an entry; checks that it is complete.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        Dictionary.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or lists files outside the folder.
    """
    path = folder / METADATA
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
        files, _ = metadata["files"], metadata["model"]
        names = [name for name in files if files[name].keys() and name]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{METADATA} is damaged: {error!r}. Received: file={str(path)!r}"
        ) from error
    for name in names:
        _check_inside(folder, name)
    return metadata


def check_files(folder, files):
    """Compares size and hash of all files with those of the metadata.

    Weights and golden outputs must be among them. The SavedModel must have
    no others.

    Args:
        folder: `pathlib.Path` of an entry.
        files: Dictionary as `describe_files` returns it.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not the one that was published, or was never
            published.
    """
    unlisted = [name for name in _REQUIRED if name not in files]
    if unlisted:
        raise ValueError(
            f"{METADATA} must list the files {' and '.join(_REQUIRED)}. "
            f"Received: no {' and no '.join(unlisted)} in {str(folder)!r}"
        )
    for path in sorted((folder / SAVED_MODEL).parent.rglob("*")):
        # TensorFlow reads the folder, not the list.
        name = path.relative_to(folder).as_posix()
        if name not in files and not path.is_dir():
            raise ValueError(
                "A file of the model is not one that was published. "
                f"Received: {str(path)!r}"
            )
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(
                f"A file of the model is missing. Received: {str(path)!r}"
            )
        received = {"size": path.stat().st_size}
        if received["size"] == expected["size"]:
            received["sha256"] = _sha256(path)
        for key, value in received.items():
            if value != expected[key]:
                raise ValueError(
                    f"{name} is truncated or altered. Expected "
                    f"{key}={expected[key]}. Received: {key}={value}, "
                    f"file={str(path)!r}"
                )


def check_name(name):
    """Checks the name of an entry.

    Args:
        name: String.

    Returns:
        Tuple of the system and the data set in the name.

    Raises:
        ValueError: If it is not of the form `<system>_<dataset>`.
    """
    if not re.fullmatch(r"[a-z0-9]+_[a-z0-9_]+", str(name)):
        raise ValueError(
            "A model's name must be <system>_<dataset>, of small letters, "
            f"digits and underscores. Received: name={name!r}"
        )
    return tuple(name.split("_", 1))


def _check_inside(folder, name):
    parts = pathlib.PurePosixPath(name).parts
    outside = ".." in parts or name.startswith("/") or re.search(r"[\\:]", name)
    # The second test follows links.
    if outside or not (folder / name).resolve().is_relative_to(
        folder.resolve()
    ):
        raise ValueError(
            f"{METADATA} lists a file outside of the model's folder. "
            f"Received: {name!r}"
        )


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
