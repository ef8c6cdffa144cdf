"""Printing where few characters are known."""

import codecs
import sys

_PLAIN = {"\xb1": "+-", "\xd7": "x", "\u2013": "-", "\u2501": "="}


def print_anywhere():
    """Lets a terminal that knows fewer characters print the others plain."""
    codecs.register_error("plain", _in_plain_characters)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="plain")


def _in_plain_characters(error):
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(c, "?") for c in text), error.end
