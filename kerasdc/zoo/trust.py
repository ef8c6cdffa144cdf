"""Which models are the published ones: their digests are in the package.

A server is trusted with nothing: a name that this package knows must be the
model that was published with it. A user's own zoo may have other models of
these names. Local folders are the user's own; an address is if the
environment variable `KERASDC_TRUSTED_ZOO` names it (several are separated by
spaces), which may then begin with `http://`, too.
"""

import os
import pathlib
import re
import urllib.parse

import kerasdc
from kerasdc.utils import reading
from kerasdc.utils.files import write_json

TRUSTED = "KERASDC_TRUSTED_ZOO"
_MAX_BYTES = 2**20


def published():
    """The models that were published with this package.

    Returns:
        Dict from names to the SHA-256 of their metadata.

    Raises:
        FileNotFoundError: If the installation is not complete.
        ValueError: If the list is damaged.
    """
    path = _path()
    return reading.parse_json(reading.read_bytes(path, _MAX_BYTES))


def write_published(folder, digests):
    """Keeps the digests in the package, if the zoo is the project's own.

    Args:
        folder: `pathlib.Path` of a zoo.
        digests: Dict from names to the SHA-256 of their metadata.
    """
    own = folder_beside_package()
    is_checkout = (own.parent / "pyproject.toml").is_file()
    if is_checkout and folder.resolve() == own:
        write_json(_path(), digests)


def folder_beside_package():
    """The folder of the published models in a checkout.

    Returns:
        `pathlib.Path`; the folder need not exist.
    """
    return pathlib.Path(kerasdc.__file__).resolve().parent.parent / "zoo"


def is_digest(value):
    """Whether a value is a SHA-256 in hexadecimal.

    Args:
        value: Anything.

    Returns:
        Boolean.
    """
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value))


def is_trusted(url):
    """Whether the user says that an address is their own.

    Args:
        url: String.

    Returns:
        Boolean.
    """
    named = os.environ.get(TRUSTED, "").split()
    return without_login(url) in map(without_login, named)


def without_login(url):
    """An address without user, password and the slash at its end.

    Args:
        url: String, an address that `check_address` accepts.

    Returns:
        String.
    """
    parts = urllib.parse.urlsplit(url.rstrip("/"))
    netloc = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=netloc).geturl()


def _path():
    return pathlib.Path(kerasdc.__file__).parent / "zoo" / "digests.json"
