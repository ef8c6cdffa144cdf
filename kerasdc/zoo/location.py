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

# For installed packages, which come without the models. These have no public
# home yet: until there is an address here, such packages name a zoo.
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
    """Where a checkout has the published models.

    Returns:
        `pathlib.Path`, of a folder that need not exist.
    """
    return pathlib.Path(kerasdc.__file__).resolve().parent.parent / "zoo"


def local_folder(zoo_dir=None):
    """The zoo in use, as a folder that can be written.

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
            f"This needs a zoo in a local folder. Received: {found!r}"
        )
    return found


@contextlib.contextmanager
def locked(zoo_dir=None):
    """Keeps other processes from writing between a read and a write.

    Within such a block, its thread may enter others.

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
            f"The zoo could not be written: {error}. Received: {str(folder)!r}"
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
        FileNotFoundError: If a folder was named that is not there.
        OSError: If the address does not answer.
    """
    found = source(zoo_dir)
    if isinstance(found, str):
        return sorted(_remote_index(found))
    named = zoo_dir or os.environ.get("KERASDC_ZOO")
    if named and not found.is_dir():
        raise FileNotFoundError(
            f"The zoo must be a folder that exists. Received: {str(found)!r}"
        )
    return sorted(
        path.parent.name
        for path in found.glob(f"[!.]*/{entry.METADATA}")
        if "_" in path.parent.name
    )


def entry_folder(name, zoo_dir=None):
    """The folder of one entry, downloaded if need be.

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
    """Writes what a client that downloads cannot find out by itself.

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
    """Within such a block, entries may get other metadata.

    Whether it ends or is killed half-way, each entry can be loaded: what it
    had and what it is about to have both count as the zoo's until the index
    is written.

    Args:
        folder: `pathlib.Path` of the zoo.
        digests: Dictionary from names of entries to the SHA-256 of the
            metadata that they are about to have.
    """
    write_index(folder)  # of what a process that was killed left
    files.write_json(folder / _NEXT_INDEX, digests)
    try:
        yield
    finally:
        write_index(folder)


def check_indexed(folder):
    """Compares an entry's metadata with the zoo's index, if that lists it.

    Args:
        folder: `pathlib.Path` of an entry.

    Raises:
        ValueError: If it is not the one of the index, or that is damaged.
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
            f"writes it anew. Received: file={str(index)!r}"
        ) from error


def _remote_index(url):
    """Names and digests, as last seen where the server does not answer."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    path = _cache() / f"{digest}-{INDEX}"
    try:
        # Nothing that is there already must pass for what the server has.
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
    """Fetches an entry into a folder of the cache named by its content."""
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
