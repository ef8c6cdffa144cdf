"""Connections to servers that may be slow, broken or hostile."""

import base64
import functools
import http.client
import io
import ipaddress
import re
import time
import urllib.parse
import urllib.request

from kerasdc.utils.arguments import masked

TIMEOUT = 60.0  # seconds without an answer
GRACE = 60.0  # seconds that any download may take,
SLOWEST = 10 * 1024  # and a second more for so many bytes
_HEADERS = {"User-Agent": "kerasdc", "Accept-Encoding": "identity"}


class TooSlow(OSError):
    """The server sends less than the slowest line would."""


class Budget:
    """Time for one or more downloads: it grows with what was received."""

    def __init__(self):
        self._start = time.monotonic()
        self._received = 0

    def spend(self, num_bytes):
        """Counts what was received.

        Args:
            num_bytes: Integer.
        """
        self._received += num_bytes

    def seconds(self):
        """How long to wait for the next bytes.

        Returns:
            Seconds, as a float.

        Raises:
            TooSlow: If the time is used up.
        """
        passed = time.monotonic() - self._start
        left = GRACE + self._received / SLOWEST - passed
        if left <= 0:
            raise TooSlow(
                f"the server is too slow: {self._received:,} bytes in "
                f"{passed:.0f} seconds"
            )
        return min(TIMEOUT, left)


def check_address(url, plain=False):
    """Checks that an address can be trusted to be who it says.

    Args:
        url: String.
        plain: Boolean. Whether `http://` is allowed, and not only to this
            machine itself.

    Returns:
        The parts, as `urllib.parse.urlsplit` gives them.

    Raises:
        ValueError: If it is not an address, or not one of `https://`.
    """
    parts = _split(url)
    allowed = ("https", "http") if plain or _is_loopback(parts) else ("https",)
    if parts is None or not parts.hostname or parts.scheme not in allowed:
        raise ValueError(
            "An address must begin with https:// (http:// is for servers on "
            f"this machine). Received: {masked(str(url))!r}"
        )
    return parts


def open_url(url, budget, start=0, plain=False):
    """Opens an address.

    User name and password of the address are sent to its own server only,
    not where it redirects to.

    Args:
        url: String.
        budget: `Budget`.
        start: Integer, the first byte to ask for.
        plain: As for `check_address`, also for redirections.

    Returns:
        An `http.client.HTTPResponse`.

    Raises:
        OSError: If there is no answer, or none within the budget.
        ValueError: If it, or where it redirects to, is not allowed.
    """
    parts = check_address(url, plain)
    # Where a connection is made to is what was checked.
    netloc = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(
        parts._replace(netloc=netloc).geturl(), headers=dict(_HEADERS)
    )
    if parts.username is not None:
        request.add_unredirected_header("Authorization", _login(parts))
    if start:
        request.add_header("Range", f"bytes={start}-")
    opener = urllib.request.build_opener(
        _plain_handler(budget), _secure_handler(budget), _Redirects(plain)
    )
    return opener.open(request, timeout=budget.seconds())


def _split(url):
    if not isinstance(url, str) or re.search(r"[\s\\\0-\x1f]", url):
        return None
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port  # raises if it is none
    except ValueError:
        return None
    return parts


def _is_loopback(parts):
    try:
        host = parts.hostname
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (AttributeError, ValueError):
        return False


def _login(parts):
    user, password = (
        urllib.parse.unquote(part or "")
        for part in (parts.username, parts.password)
    )
    login = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return f"Basic {login}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, plain):
        self._plain = plain

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        fp.close()  # else the page is read whole, however long
        target = check_address(newurl, self._plain)
        if _is_loopback(target) and not _is_loopback(_split(req.full_url)):
            raise ValueError(
                "A server redirects to this machine. "
                f"Received: {masked(newurl)!r}"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


# === Time ===


class _TimedStream(io.RawIOBase):
    """What a socket receives; waits no longer than the budget allows."""

    def __init__(self, socket, budget):
        self._socket, self._budget = socket, budget
        self._stream = socket.makefile("rb", buffering=0)

    def readable(self):
        return True

    def readinto(self, buffer):
        self._socket.settimeout(self._budget.seconds())
        count = self._stream.readinto(buffer)
        self._budget.spend(count or 0)
        return count

    def close(self):
        self._stream.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, socket, *args, budget, **kwargs):
        super().__init__(socket, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedStream(socket, budget))


def _plain_handler(budget):
    class Connection(http.client.HTTPConnection):
        response_class = functools.partial(_TimedResponse, budget=budget)

    class Handler(urllib.request.HTTPHandler):
        def http_open(self, req):
            return self.do_open(Connection, req)

    return Handler()


def _secure_handler(budget):
    class Connection(http.client.HTTPSConnection):
        response_class = functools.partial(_TimedResponse, budget=budget)

    class Handler(urllib.request.HTTPSHandler):
        def https_open(self, req):
            return self.do_open(Connection, req, context=self._context)

    return Handler()
