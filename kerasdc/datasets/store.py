"""Normalized files: search, read, check, write."""

import gzip
import io
import json
import os
import zlib
from zipfile import BadZipFile

import numpy as np

from kerasdc.utils import reading
from kerasdc.utils.download import check_sha256
from kerasdc.utils.files import local_path
from kerasdc.utils.files import replace

_LARGEST = 2**30  # bytes of a normalized file
_LONGEST_SIDECAR = 1000


def cache_folder():
    """The user's cache folder of data sets.

    Returns:
        `pathlib.Path`, on Linux `$XDG_CACHE_HOME/kerasdc/datasets`, with
        `~/.cache` as the default.
    """
    import platformdirs

    return platformdirs.user_cache_path("kerasdc", False) / "datasets"


def folders(data_dir=None):
    """Folders to search for a normalized file, in order.

    Args:
        data_dir: The caller's folder, or `None`.

    Returns:
        A list of `pathlib.Path`; the cache is the last one.

    Raises:
        ValueError: If one is not a path of this machine.
    """
    named = [] if data_dir is None else [local_path("data_dir", data_dir)]
    if os.environ.get("KERASDC_DATA"):
        named.append(local_path("KERASDC_DATA", os.environ["KERASDC_DATA"]))
    return [*named, cache_folder()]


def read(path, sha256=None):
    """Reads a normalized file after checking its digest.

    Valid digests are `sha256` and the one in `<path>.sha256`, which `write`
    writes with every file.

    Args:
        path: `pathlib.Path` of an `.npz` or `.jsonl.gz` file.
        sha256: The known digest, or `None`.

    Returns:
        A tuple of the content (dict of arrays or list of dicts) and the
        digest of the file.

    Raises:
        ValueError: If the digest differs or none is known, or if the file
            was damaged before its digest was computed.
    """
    expected = [sha256] if sha256 else []
    sidecar = _sidecar(path)
    if sidecar.is_file():
        text = reading.read_bytes(sidecar, _LONGEST_SIDECAR)
        words = text.decode("ascii", errors="replace").split()
        expected.append(words[0] if words else f"none in {sidecar.name}")
    if not expected:
        raise ValueError(
            f"No checksum is known for {path.name}: copy {sidecar.name}, "
            "which was written with it, into the same folder. "
            f"Received: file={str(path)!r}"
        )
    # Hash and content come from the same bytes, read once.
    data = reading.read_bytes(path, _LARGEST)
    digest = check_sha256(data, expected, path)
    try:
        return _decode(path.name, data), digest
    except (OSError, EOFError, ValueError, zlib.error, BadZipFile) as error:
        raise ValueError(
            "The file has the expected digest, but it is damaged: "
            f"{error}. Received: file={str(path)!r}, "
            f"sha256={digest}"
        ) from error


def write(path, content):
    """Writes a normalized file and its digest, each atomically.

    Args:
        path: `pathlib.Path` ending in `.npz` or `.jsonl.gz`.
        content: Dict of arrays, or list of dicts.

    Returns:
        The digest of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = _encode(path.name, content)
    digest = check_sha256(data, [], path)
    # First the digest: a file without one cannot be read.
    replace(_sidecar(path), f"{digest}  {path.name}\n".encode("ascii"))
    replace(path, data)
    return digest


def _sidecar(path):
    return path.with_name(path.name + ".sha256")


def _decode(name, data):
    if name.endswith(".npz"):
        with np.load(io.BytesIO(data)) as arrays:
            return dict(arrays)
    lines = gzip.decompress(data).decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _encode(name, content):
    if name.endswith(".npz"):
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **content)
        return buffer.getvalue()
    lines = "".join(json.dumps(record) + "\n" for record in content)
    return gzip.compress(lines.encode("utf-8"), mtime=0)
