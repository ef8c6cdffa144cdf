"""A zoo at an address: its models are downloaded into a cache.

The cache has one folder a model, named by the digest of its metadata. It
appears there whole, after every file was checked, and is made again if it is
damaged. Locks and unfinished downloads lie beside it.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import tempfile
import urllib.parse
import warnings

from kerasdc.datasets.store import cache_folder
from kerasdc.utils import files
from kerasdc.utils import locks
from kerasdc.utils import reading
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import masked
from kerasdc.utils.connection import Budget
from kerasdc.utils.connection import check_address
from kerasdc.utils.download import fetch_unlocked
from kerasdc.utils.download import file_sha256
from kerasdc.zoo import entry
from kerasdc.zoo import index
from kerasdc.zoo import trust

_MAX_BYTES = 2**34  # of all files of a model
_MAX_FILES = 1000


def names_at(url):
    """Names of all entries of an address, sorted.

    Args:
        url: String.

    Returns:
        List of strings: those last known, if the server does not answer.

    Raises:
        OSError: If the server does not answer, and never did.
        ValueError: If the address is not allowed, or what is there is not
            the index of a zoo.
    """
    return sorted(_index_of(url))


def download(url, name):
    """The folder of an entry in the cache, where it is downloaded if needed.

    A model that was published with this package must be that one, unless
    the address is the user's own: see `kerasdc.zoo.trust`.

    Args:
        url: String.
        name: Name of an entry.

    Returns:
        `pathlib.Path`.

    Raises:
        OSError: If a file cannot be downloaded.
        ValueError: If there is no such entry, or it is not what was
            published.
    """
    _check(url)
    is_known = entry.is_name(name) and not trust.is_trusted(url)
    known = trust.published().get(name) if is_known else None
    if known and _is_complete(_place(name, known), known):
        return _place(name, known)
    digests = _index_of(url)
    digest = digests[checked_name("name", name, digests, "model")]
    if known and digest != known:
        raise ValueError(
            f"The address has another {name} than the one published with "
            "this version of kerasdc. If the address is yours, name it in "
            f"the environment variable {trust.TRUSTED}. Expected SHA-256 "
            f"{known}. Received: sha256={digest}, zoo={masked(url)!r}"
        )
    folder = _place(name, digest)
    if not _is_complete(folder, digest):
        _make(url, name, digest, folder)
    return folder


def _check(url):
    try:
        parts = check_address(url, trust.is_trusted(url))
    except ValueError as error:
        raise ValueError(
            f"The zoo's address cannot be used; if it is yours, name it in "
            f"the environment variable {trust.TRUSTED}, too. {error}"
        ) from error
    if parts.query or parts.fragment:
        raise ValueError(
            "The zoo's address must have no `?` and no `#`. "
            f"Received: zoo={masked(url)!r}"
        )


# === The index ===


def _index_of(url):
    """Names and digests; the last ones known if there are no valid ones."""
    _check(url)
    key = hashlib.sha256(trust.without_login(url).encode()).hexdigest()[:16]
    path = _cache() / f"{key}-{index.INDEX}"
    try:
        data = _fetch_index(url)
        digests = _parse(data, f"{masked(url)}/{index.INDEX}")
    except (OSError, ValueError) as error:
        known = _last_index(path)
        if known is None:
            raise
        if isinstance(error, ValueError):
            warnings.warn(
                "The zoo's address has no valid index; the last one is used. "
                f"{error}",
                stacklevel=5,
            )
        return known
    # What was found is used also if it cannot be kept.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, data)
    return digests


def _fetch_index(url):
    # In an empty folder, no older index is kept.
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / index.INDEX
        fetch_unlocked(
            [f"{url}/{index.INDEX}"],
            path,
            max_bytes=index.MAX_BYTES,
            plain=trust.is_trusted(url),
        )
        return path.read_bytes()


def _parse(data, place):
    digests = index.parse(data, place)
    if not digests:
        raise ValueError(f"The index lists no model. Received: file={place!r}")
    return digests


def _last_index(path):
    try:
        return _parse(reading.read_bytes(path, index.MAX_BYTES), str(path))
    except (OSError, ValueError):
        return None


# === The entries ===


def _cache():
    return cache_folder().parent / "zoo"


def _place(name, digest):
    return _cache() / f"{name}-{digest[:16]}"


def _is_complete(folder, digest):
    try:
        if entry.metadata_sha256(folder) != digest:
            return False
        entry.check_files(folder, entry.read_metadata(folder)["files"])
    except (OSError, ValueError):
        return False
    return True


def _make(url, name, digest, folder):
    """Downloads an entry beside its folder, then moves it there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locks.locked(folder.with_name(f".{folder.name}.lock")):
        # Another process may have made it in the meantime.
        if _is_complete(folder, digest):
            return
        # Unfinished downloads are continued.
        unfinished = folder.with_name(f".{folder.name}.part")
        _fetch_entry(f"{url}/{name}", digest, unfinished)
        _remove(folder)  # it was damaged
        os.replace(unfinished, folder)


def _fetch_entry(url, digest, folder):
    limits = {"budget": Budget(), "plain": trust.is_trusted(url)}
    listed = {entry.METADATA: {"size": entry.MAX_METADATA, "sha256": digest}}
    _fetch_files(url, listed, folder, limits)
    listed = entry.read_metadata(folder)["files"]
    num_bytes = sum(file["size"] for file in listed.values())
    if len(listed) > _MAX_FILES or num_bytes > _MAX_BYTES:
        raise ValueError(
            f"A model may have {_MAX_FILES:,} files and {_MAX_BYTES:,} bytes. "
            f"Received: {len(listed):,} files, {num_bytes:,} bytes, "
            f"model={masked(url)!r}"
        )
    files.check_space(folder, num_bytes)
    _fetch_files(url, listed, folder, limits)
    try:
        entry.check_files(folder, listed)
    except (OSError, ValueError):
        _remove(folder)
        raise


def _fetch_files(url, listed, folder, limits):
    for name, file in listed.items():
        path = folder / name
        if path.is_symlink() or not _is_file(path, file["sha256"]):
            _remove(path)
        address = f"{url}/{urllib.parse.quote(name)}"
        fetch_unlocked(
            [address], path, file["sha256"], max_bytes=file["size"], **limits
        )


def _is_file(path, sha256):
    return path.is_file() and file_sha256(path) == sha256


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
