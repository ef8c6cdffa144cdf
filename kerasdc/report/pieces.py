"""Pieces of HTML."""

import base64
import html

from kerasdc import plots

_DPI = 160


def section(title, body):
    """A section, as HTML; both arguments are HTML."""
    return f"<section>\n<h2>{title}</h2>\n{body}\n</section>"


def table(rows, head=(), numbers=(), css=""):
    """A table, as HTML.

    Args:
        rows: List of lists of cells, which are HTML.
        head: Cells of the head, or none.
        numbers: Positions of the columns that hold numbers.
        css: String, the table's class.
    """
    top = f"<thead>{_row(head, numbers, 'th')}</thead>" if head else ""
    lines = "\n".join(_row(row, numbers, "td") for row in rows)
    return (
        f"<div class='wide'><table class='{css}'>{top}\n"
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _row(cells, numbers, tag):
    parts = []
    for column, cell in enumerate(cells):
        name = "th" if column == 0 else tag
        kind = " class='number'" if column in numbers else ""
        parts.append(f"<{name}{kind}>{cell}</{name}>")
    return f"<tr>{''.join(parts)}</tr>"


def image(figure, alt, caption=""):
    """A matplotlib `Figure`, as HTML that holds its pixels."""
    width = round(figure.get_figwidth() * 100)
    data = base64.b64encode(plots.png(figure, _DPI)).decode("ascii")
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f"<figure><img src='data:image/png;base64,{data}' alt='{alt}' "
        f"width='{width}'>{caption}</figure>"
    )


def note(text):
    """A remark, as HTML."""
    return f"<p class='note'>{text}</p>"


def escape(value):
    """Any value, as HTML."""
    return html.escape(str(value), quote=True)


def shorten(value, length):
    """Any value as one line of text, of at most `length` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
