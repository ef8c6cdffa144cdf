"""Where the zoo is: a folder, or an address to download from."""

import contextlib
import os
import pathlib

import kerasdc
from kerasdc.utils import files
from kerasdc.utils import locks
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import masked
from kerasdc.utils.download import check_digest
from kerasdc.zoo import entry
from kerasdc.zoo import index
from kerasdc.zoo import remote
from kerasdc.zoo import trust

# Of installed packages, which come with the smallest models only: those of
# the release with this version. The package has the digests of all of them.
DEFAULT_URL = (
    "https://raw.githubusercontent.com/kerasdc/kerasdc/"
    f"v{kerasdc.__version__}/zoo"
)
BUNDLED = "bundled"  # folder of those smallest models


def source(zoo_dir=None):
    """The zoo in use.

    Args:
        zoo_dir: Folder or base URL. `None` takes the environment variable
            `KERASDC_ZOO`, then `zoo/` beside the package, then
            `DEFAULT_URL`.

    Returns:
        `pathlib.Path` of a folder, or a URL as a string.

    Raises:
        ValueError: If it is neither a path nor a URL.
    """
    named = _named(zoo_dir)
    if named:
        if "://" in str(named):
            return str(named).rstrip("/")
        return files.local_path("zoo_dir", named)
    beside = trust.folder_beside_package()
    if beside.is_dir() or (beside.parent / "pyproject.toml").is_file():
        return beside
    return DEFAULT_URL


def _named(zoo_dir):
    return zoo_dir or os.environ.get("KERASDC_ZOO")


def _is_release(found, zoo_dir):
    """Whether the zoo is the release's, which the package knows."""
    return found == DEFAULT_URL and not _named(zoo_dir)


def local_folder(zoo_dir=None):
    """The zoo in use, which must be a local folder.

    Args:
        zoo_dir: As for `source`.

    Returns:
        `pathlib.Path`.

    Raises:
        ValueError: If the zoo is an address.
    """
    found = source(zoo_dir)
    if isinstance(found, str):
        raise ValueError(
            "This needs a zoo in a local folder. "
            f"Received: zoo={masked(found)!r}"
        )
    return found


@contextlib.contextmanager
def locked(zoo_dir=None):
    """Locks the zoo for other processes, between a read and a write.

    A thread that holds the lock may take it again. Entries that a killed
    process has moved away are put back first.

    Args:
        zoo_dir: Folder of a zoo, made if missing. `None` is the one in use.

    Raises:
        OSError: If the folder cannot be made.
    """
    folder = local_folder(zoo_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"The zoo could not be written: {error}. "
            f"Received: folder={str(folder)!r}"
        ) from error
    with settled(folder):
        yield


@contextlib.contextmanager
def settled(folder):
    """Locks a folder for readers, once no replacement is interrupted.

    Args:
        folder: `pathlib.Path` of an existing folder, which may be read-only.
    """
    with locks.locked(folder):
        with contextlib.suppress(OSError):  # a reader may not write
            for name in files.interrupted(folder):
                files.recover(folder / name)
        yield


def names(zoo_dir=None):
    """Names of all entries, sorted.

    Args:
        zoo_dir: As for `source`.

    Returns:
        List of strings.

    Raises:
        FileNotFoundError: If the named folder does not exist.
        OSError: If the address does not answer.
        ValueError: If the address is not allowed, or has no valid index.
    """
    found = source(zoo_dir)
    if _is_release(found, zoo_dir):
        return sorted(trust.published())
    if isinstance(found, str):
        return remote.names_at(found)
    named = _named(zoo_dir)
    if named and not found.is_dir():
        raise FileNotFoundError(
            "The zoo must be a folder that exists. "
            f"Received: zoo={str(found)!r}"
        )
    return index.names_in(found)


def entry_folder(name, zoo_dir=None):
    """The folder of one entry, downloaded if the zoo is an address.

    Args:
        name: Name of an entry.
        zoo_dir: As for `source`.

    Returns:
        `pathlib.Path`.

    Raises:
        OSError: If a file cannot be downloaded.
        ValueError: If there is no such entry.
    """
    found = source(zoo_dir)
    if _is_release(found, zoo_dir):
        bundled = bundled_folder(name)
        if bundled is not None:
            return bundled
    if isinstance(found, str):
        return remote.download(found, name)
    known = names(zoo_dir)
    if name not in known or not (found / name).is_dir():
        if found.is_dir():
            # Its replacement was interrupted, or goes on.
            with settled(found):
                known = names(zoo_dir)
    checked_name("name", name, known, "model")
    return index.place_of(found, name)


def bundled_folder(name):
    """The folder of a small model that is part of an installed package.

    Such folders have no SavedModel, which `kerasdc.export` writes again.

    Args:
        name: String, name of an entry.

    Returns:
        `pathlib.Path`, or `None` if the package has no such model.

    Raises:
        ValueError: If its metadata are not those that were published.
    """
    folder = _bundled() / str(name)
    digest = trust.published().get(str(name))
    if digest is None or not folder.is_dir():
        return None
    received = entry.metadata_sha256(folder)
    check_digest(received, [digest], folder / entry.METADATA)
    return folder


def is_bundled(folder):
    """Whether a folder is that of such a model.

    Args:
        folder: `pathlib.Path`.

    Returns:
        Boolean.
    """
    return folder.parent == _bundled()


def _bundled():
    return pathlib.Path(kerasdc.__file__).parent / "zoo" / BUNDLED


def checked_folder(name, zoo_dir=None):
    """As `entry_folder`, with metadata that is that of the zoo's index.

    Args:
        name: Name of an entry.
        zoo_dir: As for `source`.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is no metadata.
        OSError: If a file cannot be downloaded.
        ValueError: As `entry_folder`; or if it has other metadata.
    """
    folder = entry_folder(name, zoo_dir)
    if isinstance(source(zoo_dir), pathlib.Path):
        index.check_indexed(folder, name)
    return folder
