"""Downloads: resumed, bounded, checked by SHA-256, then moved into place."""

import contextlib
import hashlib
import http.client
import os
import re
import urllib.error

from kerasdc.utils.arguments import masked
from kerasdc.utils.connection import Budget
from kerasdc.utils.connection import TooSlow
from kerasdc.utils.connection import open_url
from kerasdc.utils.locks import locked

LARGEST = 2**28  # bytes of a file whose size is not known
_CHUNK = 1 << 20
_ATTEMPTS = 3


class _Restart(Exception):
    """The partial download cannot be continued."""


class _TooLarge(ValueError):
    """The server sends more than the file has."""


def fetch(urls, path, sha256=None, **limits):
    """Downloads one file, unless it exists.

    Bytes go to `<path>.part`. An interrupted download is continued with an
    HTTP Range request, by this call or a later one; if the server does not
    support that, it starts over. Only a complete and checked file is moved to
    `path`.

    Args:
        urls: Addresses of the same file, tried in this order. Those of
            `http://` need a digest, unless they are of this machine.
        path: `pathlib.Path` of the file to write.
        sha256: Digest the file must have, or `None` if it is not known.
        **limits: As for `fetch_unlocked`.

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
        return fetch_unlocked(urls, path, sha256, **limits)


def fetch_unlocked(
    urls, path, sha256=None, max_bytes=LARGEST, budget=None, plain=False
):
    """As `fetch`, for callers that keep other processes out themselves.

    Args:
        urls: As for `fetch`.
        path: As for `fetch`.
        sha256: As for `fetch`.
        max_bytes: Integer, the largest size of the file.
        budget: `kerasdc.utils.connection.Budget` of time, or `None` for one
            of its own.
        plain: Boolean. Whether addresses of `http://` are allowed without a
            digest, too.

    Returns:
        As `fetch`.

    Raises:
        As `fetch`.
    """
    if _exists(path, sha256):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    transfer = _Transfer(
        path, sha256, max_bytes, budget or Budget(), plain or bool(sha256)
    )
    failures = []
    for url in urls:
        try:
            transfer.fetch(url)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(f"{url}: {error}")
        else:
            os.replace(transfer.part, path)
            return True
    reasons = masked("; ".join(failures))
    raise OSError(
        f"{path.name} could not be downloaded ({reasons}). "
        f"Received: urls={[masked(url) for url in urls]}"
    )


def _exists(path, sha256):
    if not path.is_file():
        return False
    check_digest(file_sha256(path), [sha256] if sha256 else [], path)
    return True


# === Digests ===


def file_sha256(path):
    """SHA-256 of a file, which is not read into memory whole.

    Args:
        path: `pathlib.Path`.

    Returns:
        The digest in hexadecimal.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    check_digest(digest, expected, path)
    return digest


def check_digest(digest, expected, path):
    """Raises unless a file's SHA-256 is among the expected ones.

    Args:
        digest: The file's digest.
        expected: As for `check_sha256`.
        path: As for `check_sha256`.

    Raises:
        ValueError: As `check_sha256`.
    """
    if expected and digest not in expected:
        raise ValueError(
            f"{path.name} is truncated or altered. "
            f"Expected SHA-256 {' or '.join(expected)}. "
            f"Received: sha256={digest}, file={str(path)!r}"
        )


# === One file ===


class _Transfer:
    """The download of one file into its `.part`."""

    def __init__(self, path, sha256, max_bytes, budget, plain):
        self.part = path.with_name(path.name + ".part")
        self._expected = [sha256] if sha256 else []
        self._max_bytes, self._budget = max_bytes, budget
        self._plain = plain

    def fetch(self, url):
        """Fetches the file from this address and checks its digest."""
        resumed = self._size() > 0
        try:
            self._fetch_whole(url)
            check_digest(file_sha256(self.part), self._expected, self.part)
        except ValueError:
            self.part.unlink(missing_ok=True)
            if not resumed:
                raise
            # The part may be of another server or version of the file.
            self.fetch(url)

    def _size(self):
        """Size of the part; what cannot be one is removed."""
        if self.part.is_symlink() or not self.part.is_file():
            with contextlib.suppress(FileNotFoundError):
                self.part.unlink()
            return 0
        return self.part.stat().st_size

    def _fetch_whole(self, url):
        for attempt in range(_ATTEMPTS):
            try:
                return self._continue(url)
            except _Restart:
                self.part.unlink(missing_ok=True)
            except (urllib.error.URLError, TooSlow):
                # No connection, or an HTTP error: another attempt will not
                # help.
                raise
            except (OSError, http.client.HTTPException):
                if attempt == _ATTEMPTS - 1:
                    raise
        raise OSError("the server does not send the whole file")

    def _continue(self, url):
        start = self._size()
        if start > self._max_bytes:
            raise _Restart
        try:
            response = open_url(url, self._budget, start, self._plain)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416:
                    return _finish_or_restart(error, start)
            raise
        with response:
            append = response.status == 206
            if append and _range_start(response) != start:
                raise _Restart
            self._write(response, start if append else 0)

    def _write(self, response, start):
        end = _end(response, start)
        self._check_size(end or start)
        size = start
        with open(self.part, "ab" if start else "wb") as file:
            # `read1` returns what is there, and does not wait for a chunk.
            while chunk := response.read1(_CHUNK):
                size += len(chunk)
                self._check_size(size)
                file.write(chunk)
        if end is not None and size != end:
            raise OSError(f"the connection ended after {size} of {end} bytes")

    def _check_size(self, size):
        if size > self._max_bytes:
            raise _TooLarge(
                f"the server sends more than {self._max_bytes:,} bytes"
            )


def _finish_or_restart(error, start):
    # "bytes */N" is the size: the part may already be the whole file.
    if error.headers.get("Content-Range", "").strip() != f"bytes */{start}":
        raise _Restart


def _range_start(response):
    found = re.match(
        r"bytes (\d{1,18})-", response.headers["Content-Range"] or ""
    )
    return int(found.group(1)) if found else None


def _end(response, start):
    """Where the file ends, if the server says so."""
    length = response.headers["Content-Length"]
    if length is None:
        return None
    if not re.fullmatch(r"\d{1,18}", length, re.ASCII):
        raise OSError("the server sends no valid length")
    return start + int(length)
