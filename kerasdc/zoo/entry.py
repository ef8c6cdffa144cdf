"""The folder of one model: its files, their hashes, its metadata."""

import hashlib
import pathlib
import re

from kerasdc.utils import reading
from kerasdc.utils.arguments import shown
from kerasdc.utils.download import file_sha256
from kerasdc.zoo import trust

METADATA = "metadata.json"
CARD = "README.md"
GOLDEN = "golden.npz"
PREVIEW = "preview.png"
WEIGHTS = "model.weights.h5"
SAVED_MODEL = "saved_model/1"

MAX_METADATA = 2**24  # bytes
_NAME = r"[a-z0-9]+_[a-z0-9_]+"
_LONGEST_NAME = 100
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
        name: {"size": path.stat().st_size, "sha256": file_sha256(path)}
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
    data = reading.read_bytes(folder / METADATA, MAX_METADATA)
    return hashlib.sha256(data).hexdigest()


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
    data = reading.read_bytes(path, MAX_METADATA)
    try:
        metadata = reading.parse_json(data)
        files, _ = metadata["files"], metadata["model"]
        for name in files:
            _check_inside(folder, name)
        for name, file in files.items():
            _check_file(name, file)
    except _Outside:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{METADATA} is damaged: {error!r}. Received: file={str(path)!r}"
        ) from error
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
            received["sha256"] = file_sha256(path)
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
    if not is_name(name):
        raise ValueError(
            "A model's name must be <system>_<dataset>, of small letters, "
            f"digits and underscores. Received: name={shown(name)}"
        )
    return tuple(name.split("_", 1))


def is_name(name):
    """Whether a value may be the name of an entry.

    Args:
        name: Anything.

    Returns:
        Boolean.
    """
    is_text = isinstance(name, str) and len(name) <= _LONGEST_NAME
    return is_text and bool(re.fullmatch(_NAME, name))


class _Outside(ValueError):
    """A file that the metadata of an entry must not list."""


def _check_inside(folder, name):
    path = pathlib.PurePosixPath(name)
    outside = (
        path.is_absolute()
        or ".." in path.parts
        or path.as_posix() != name
        or re.search(r"[\\:\x00-\x1f\x7f]", name)
        or name in (*_UNLISTED, ".")
    )
    # The second test follows links.
    if outside or not (folder / name).resolve().is_relative_to(
        folder.resolve()
    ):
        raise _Outside(
            f"{METADATA} lists a file outside of the model's folder, or one "
            f"that is not the model's. Received: {shown(name)}"
        )


def _check_file(name, file):
    size, digest = file["size"], file["sha256"]
    is_size = type(size) is int and 0 <= size < 2**63
    if not is_size or not trust.is_digest(digest):
        raise ValueError(f"{shown(name)} must have a size and a SHA-256")
