"""Addresses that are allowed, and time that a server may take."""

import io
import time
import urllib.request

import pytest
from dataset_samples import Server

from kerasdc.utils import connection
from kerasdc.utils.arguments import masked
from kerasdc.utils.arguments import shown

pytestmark = pytest.mark.usefixtures("isolated")


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/b",
        "http://127.0.0.1:80",
        "http://localhost/",
        "http://[::1]:8000/a",
        "http://me:word@127.9.9.9",
    ],
)
def test_safe_addresses(url):
    assert connection.check_address(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "http://127.0.0.1.a.example",
        "http://127.0.0.1@a.example",
        "http://a.example\\@127.0.0.1",
        "http://128.0.0.1",
        "http://0x7f.1",
        "file:///etc/hostname",
        "ftp://127.0.0.1",
        "data:,x",
        "https:///path",
        "https://a b",
        "https://a\n.example",
        "https://a.example:99999",
        "https://[::1",
        "",
        None,
        b"https://a.example",
    ],
)
def test_unsafe_addresses(url):
    with pytest.raises(ValueError, match="must begin with https.*Received"):
        connection.check_address(url)


def test_plain_addresses_may_be_allowed():
    connection.check_address("http://a.example", plain=True)
    with pytest.raises(ValueError, match="must begin with https"):
        connection.check_address("ftp://a.example", plain=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:secret@a.example/b", "https://***@a.example/b"),
        ("x://token@a: no", "x://***@a: no"),
        ("https://u:p/a@ss w'ord@a.example", "https://***@a.example"),
        ("'https://a.example/b?key=1&c' b?", "'https://a.example/b?***' b?"),
        ("https://a.example: what? me@b", "https://***@b"),
        ("a@b and c?d", "a@b and c?d"),
    ],
)
def test_passwords_are_masked(text, expected):
    assert masked(text) == expected
    assert shown([text]) == repr([expected]) or "'" in text


def test_masks_take_no_time():
    for text in ("://" * 10**5, "?" * 10**5, "https://?" * 10**5):
        assert "@" not in masked(text)


# === Redirections ===


def open_all(url):
    with connection.open_url(url, connection.Budget()) as response:
        return response.read()


def test_redirection_is_followed_without_the_password(server):
    server.files["a"] = b"data"
    with Server() as first:
        import threading

        first.redirect = server.url("a")
        thread = threading.Thread(target=first.handle_request)
        thread.start()
        url = first.url("x").replace("://", "://me:secret@")
        assert open_all(url) == b"data"
        thread.join()
    assert first.logins == ["Basic bWU6c2VjcmV0"]
    assert server.logins == [None]


@pytest.mark.parametrize(
    "url", ["http://a.example/", "file:///etc/hostname", "ftp://127.0.0.1/a"]
)
def test_redirection_must_be_safe(server, url):
    server.redirect = url
    with pytest.raises((ValueError, OSError), match="https://|not allowed"):
        open_all(server.url("a"))


def test_redirection_must_not_lead_to_this_machine():
    request = urllib.request.Request("https://a.example/")
    redirects, page = connection._Redirects(plain=False), io.BytesIO(b"page")
    arguments = (request, page, 302, "Found", {})
    target = redirects.redirect_request(*arguments, "https://b.example/")
    assert target.full_url == "https://b.example/" and page.closed
    with pytest.raises(ValueError, match="redirects to this machine"):
        redirects.redirect_request(*arguments, "http://localhost:80/")


# === Time ===


def test_time_grows_with_what_was_received(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    budget = connection.Budget()
    assert budget.seconds() == connection.TIMEOUT
    now[0] += connection.GRACE - 1
    assert budget.seconds() == 1
    budget.spend(10 * connection.SLOWEST)
    assert budget.seconds() == 11
    now[0] += 11
    with pytest.raises(connection.TooSlow, match="102,400 bytes in 70 sec"):
        budget.seconds()
