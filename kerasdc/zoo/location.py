"""Where the zoo is: a folder, or an address to download from."""

import contextlib
import hashlib
import json
import os
import pathlib
import tempfile

import kerasdc
from kerasdc.datasets.store import cache_folder
from kerasdc.utils import files
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.download import check_sha256
from kerasdc.utils.download import fetch
from kerasdc.zoo import entry

# For installed packages, which come without the models. There is no public
# address yet: users of such packages name a zoo in KERASDC_ZOO.
DEFAULT_URL = None
INDEX = "index.json"
_NEXT_INDEX = "index.next.json"


def source(zoo_dir=None):
    """The zoo in use.

    Args:
        zoo_dir: Folder or base URL. `None` takes the environment variable
            `KERASDC_ZOO`, then `zoo/` beside the package, then
            `DEFAULT_URL`, if there is one.

    Returns:
        `pathlib.Path` of a folder, or a URL as a string.

    Raises:
        FileNotFoundError: If there is none.
    """
    named = zoo_dir or os.environ.get("KERASDC_ZOO")
    if named:
        if "://" in str(named):
            return str(named).rstrip("/")
        return pathlib.Path(named).expanduser()
    beside = folder_beside_package()
    if beside.is_dir() or (beside.parent / "pyproject.toml").is_file():
        return beside
    if DEFAULT_URL:
        return DEFAULT_URL
    raise FileNotFoundError(
        "There is no zoo beside this package: set the environment variable "
        "KERASDC_ZOO to the folder or the address of one. "
        f"Received: KERASDC_ZOO={os.environ.get('KERASDC_ZOO')!r}"
    )


def folder_beside_package():
    """The folder of the published models in a checkout.

    Returns:
        `pathlib.Path`; the folder need not exist.
    """
    return pathlib.Path(kerasdc.__file__).resolve().parent.parent / "zoo"


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
            f"This needs a zoo in a local folder. Received: zoo={found!r}"
        )
    return found


@contextlib.contextmanager
def locked(zoo_dir=None):
    """Locks the zoo for other processes, between a read and a write.

    A thread that holds the lock may take it again.

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
    with files.locked(folder):
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
    """
    found = source(zoo_dir)
    if isinstance(found, str):
        return sorted(_remote_index(found))
    named = zoo_dir or os.environ.get("KERASDC_ZOO")
    if named and not found.is_dir():
        raise FileNotFoundError(
            "The zoo must be a folder that exists. "
            f"Received: zoo={str(found)!r}"
        )
    return sorted(
        path.parent.name
        for path in found.glob(f"[!.]*/{entry.METADATA}")
        if "_" in path.parent.name
    )


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
    checked_name("name", name, names(zoo_dir), "model")
    found = source(zoo_dir)
    if isinstance(found, str):
        return _download(found, name)
    return found / name


def write_index(folder):
    """Writes the index: the SHA-256 of the metadata of every entry.

    Clients that download read the names of the entries there.

    Args:
        folder: `pathlib.Path` of the zoo.
    """
    digests = {
        name: entry.metadata_sha256(folder / name) for name in names(folder)
    }
    files.write_json(folder / INDEX, digests)
    (folder / _NEXT_INDEX).unlink(missing_ok=True)


@contextlib.contextmanager
def exchanging(folder, digests):
    """Allows entries to get other metadata within the block.

    Old and new metadata are both valid until the index is written at the
    end, so that every entry can be loaded, even if the process is killed.

    Args:
        folder: `pathlib.Path` of the zoo.
        digests: Dictionary from names of entries to the SHA-256 of the
            metadata that they will have.
    """
    write_index(folder)  # where a killed process left an older one
    files.write_json(folder / _NEXT_INDEX, digests)
    try:
        yield
    finally:
        write_index(folder)


def check_indexed(folder):
    """Compares an entry's metadata with the zoo's index, if it is listed.

    Args:
        folder: `pathlib.Path` of an entry.

    Raises:
        ValueError: If the hashes differ, or the index is damaged.
    """
    metadata = folder / entry.METADATA
    indexes = [folder.parent / name for name in (INDEX, _NEXT_INDEX)]
    listed = [_listed(index, folder.name) for index in indexes]
    listed = [digest for digest in listed if digest]
    if listed:
        check_sha256(metadata.read_bytes(), listed, metadata)


def _listed(index, name):
    try:
        return json.loads(index.read_bytes()).get(name)
    except FileNotFoundError:
        return None
    except (AttributeError, ValueError) as error:
        raise ValueError(
            f"{index.name} is damaged: {error!r}; `python -m kerasdc.zoo` "
            f"writes a new one. Received: file={str(index)!r}"
        ) from error


def _remote_index(url):
    """Names and digests; the last ones known if the server is down."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    path = _cache() / f"{digest}-{INDEX}"
    try:
        # In an empty folder, `fetch` finds no older index to keep.
        with tempfile.TemporaryDirectory() as folder:
            new = pathlib.Path(folder) / INDEX
            fetch([f"{url}/{INDEX}"], new)
            path.parent.mkdir(parents=True, exist_ok=True)
            files.replace(path, new.read_bytes())
    except OSError:
        if not path.is_file():
            raise
    index = json.loads(path.read_text(encoding="utf-8"))
    for name in index:
        entry.check_name(name)
    return index


def _download(url, name):
    """Fetches an entry into a folder of the cache, named by its hash."""
    digest = _remote_index(url)[name]
    folder = _cache() / f"{name}-{digest[:16]}"
    metadata = folder / entry.METADATA
    fetch([f"{url}/{name}/{entry.METADATA}"], metadata, digest)
    for file, expected in entry.read_metadata(folder)["files"].items():
        address = f"{url}/{name}/{file}"
        fetch([address], folder / file, expected["sha256"])
    return folder


def _cache():
    return cache_folder().parent / "zoo"
