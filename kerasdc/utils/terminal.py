"""Printing where few characters are known."""

import codecs
import sys

_PLAIN = {"\xb1": "+-", "\xd7": "x", "\u2013": "-", "\u2501": "="}


def print_anywhere():
    """Lets a terminal that knows fewer characters print the others plain."""
    codecs.register_error("plain", _in_plain_characters)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="plain")


def explained(command, options):
    """Runs a command of `python -m kerasdc`; errors are one line.

    Args:
        command: Function of `options` that returns an exit status.
        options: `argparse.Namespace`.

    Returns:
        Exit status: that, or 2 after an error that the message explains.
    """
    try:
        print_anywhere()
        return command(options)
    except (ImportError, OSError, ValueError) as error:
        print(f"kerasdc: {error}", file=sys.stderr)
        return 2


def _in_plain_characters(error):
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(c, "?") for c in text), error.end
