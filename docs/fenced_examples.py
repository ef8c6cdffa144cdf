"""An extension of mkdocstrings: sessions in docstrings as blocks of code."""

import re

import griffe

_SESSION = re.compile(
    r"^>>> .*(?:\n(?!\s*$).*)*(?:\n\n>>> .*(?:\n(?!\s*$).*)*)*", re.M
)


class FencedExamples(griffe.Extension):
    """Puts a fence around lines from `>>>` to an empty one."""

    def on_instance(self, *, obj, **kwargs):
        """Called by griffe for everything that may have a docstring."""
        if obj.docstring is not None:
            obj.docstring.value = _SESSION.sub(_fence, obj.docstring.value)


def _fence(match):
    return f"```pycon\n{match[0]}\n```"
