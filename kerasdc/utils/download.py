"""Downloads: resumed, checked by SHA-256, then moved into place."""

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.request

from kerasdc.utils.files import locked

_CHUNK = 1 << 20
_ATTEMPTS = 3
_TIMEOUT = 60.0  # seconds without an answer
_HEADERS = {"User-Agent": "kerasdc", "Accept-Encoding": "identity"}


class _Restart(Exception):
    """The partial download cannot be continued."""


def fetch(urls, path, sha256=None):
    """Downloads one file, unless it exists.

    Bytes go to `<path>.part`. An interrupted download is continued with an
    HTTP Range request, by this call or a later one; if the server does not
    support that, it starts over. Only a complete and checked file is moved to
    `path`.

    Args:
        urls: Addresses of the same file, tried in this order.
        path: `pathlib.Path` of the file to write.
        sha256: Digest the file must have, or `None` if it is not known.

    Returns:
        `True` if the file was downloaded, `False` if it existed.

    Raises:
        OSError: If no address gave the whole file with the right digest.
        ValueError: If the existing file has another digest. It is kept.
    """
    if _exists(path, sha256):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes must not write to the same part.
    with locked(path.with_name(f".{path.name}.lock")):
        # Another process may have fetched it in the meantime.
        if _exists(path, sha256):
            return False
        _fetch_first(urls, path, sha256)
    return True


def _exists(path, sha256):
    if not path.is_file():
        return False
    check_sha256(path.read_bytes(), [sha256] if sha256 else [], path)
    return True


def _fetch_first(urls, path, sha256):
    """Fetches from the first address that gives the right file."""
    part = path.with_name(path.name + ".part")
    failures = []
    for url in urls:
        try:
            _fetch_checked(url, part, sha256)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(f"{url}: {error}")
        else:
            os.replace(part, path)
            return
    raise OSError(
        f"{path.name} could not be downloaded ({'; '.join(failures)}). "
        f"Received: urls={list(urls)}"
    )


def check_sha256(data, expected, path):
    """Raises unless the SHA-256 of `data` is among the expected ones.

    Args:
        data: The bytes of the file.
        expected: Valid digests; an empty list accepts any data.
        path: The file's path, for the message.

    Returns:
        The digest of `data`.

    Raises:
        ValueError: If the digest is not among `expected`.
    """
    digest = hashlib.sha256(data).hexdigest()
    if expected and digest not in expected:
        raise ValueError(
            f"{path.name} is truncated or altered. "
            f"Expected SHA-256 {' or '.join(expected)}. "
            f"Received: sha256={digest}, file={str(path)!r}"
        )
    return digest


def _fetch_checked(url, part, sha256):
    resumed = part.is_file() and part.stat().st_size > 0
    _fetch_whole(url, part)
    try:
        check_sha256(part.read_bytes(), [sha256] if sha256 else [], part)
    except ValueError:
        part.unlink()
        if not resumed:
            raise
        # The part may be of another server or version of the file.
        _fetch_checked(url, part, sha256)


def _fetch_whole(url, part):
    for attempt in range(_ATTEMPTS):
        try:
            return _continue(url, part)
        except _Restart:
            part.unlink(missing_ok=True)
        except urllib.error.URLError:
            # No connection, or an HTTP error: another attempt will not help.
            raise
        except (OSError, http.client.HTTPException):
            if attempt == _ATTEMPTS - 1:
                raise
    raise OSError(f"the server does not send the whole file {url}")


def _continue(url, part):
    start = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers=dict(_HEADERS))
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:
                return _finish_or_restart(error, start)
        raise
    with response:
        append = response.status == 206
        if append and _range_start(response) != start:
            raise _Restart
        with open(part, "ab" if append else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
        _check_length(response, part, start if append else 0)


def _finish_or_restart(error, start):
    # "bytes */N" is the size: the part may already be the whole file.
    if error.headers.get("Content-Range", "").strip() != f"bytes */{start}":
        raise _Restart


def _range_start(response):
    found = re.match(r"bytes (\d+)-", response.headers["Content-Range"] or "")
    return int(found.group(1)) if found else None


def _check_length(response, part, start):
    length = response.headers["Content-Length"]
    size = part.stat().st_size
    if length is not None and size != start + int(length):
        raise OSError(
            f"the connection ended after {size} of {start + int(length)} bytes"
        )
