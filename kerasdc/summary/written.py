"""Tables of samples as files: CSV, Parquet, an interactive page."""

import html
import io

import numpy as np

from kerasdc.plots.style import PALETTE
from kerasdc.utils.files import local_path
from kerasdc.utils.files import replace
from kerasdc.utils.files import write_csv

_MANY = 5000  # points, from which on a browser draws them by WebGL
_TEXT_LENGTH = 160
_HIDDEN = {"visible": False}
_GREY = "#a0a0a0"  # of outliers


def as_csv(path, columns):
    """Writes a CSV file, atomically.

    Args:
        path: String or path; folders that are missing are made.
        columns: Dictionary from names to sequences of one length.

    Returns:
        `pathlib.Path` of the file.
    """
    path = _ready(path)
    values = zip(*columns.values(), strict=True)
    write_csv(path, list(columns), (dict(zip(columns, row)) for row in values))
    return path


def as_parquet(path, columns):
    """Writes a Parquet file, atomically.

    Args:
        path: String or path; folders that are missing are made.
        columns: Dictionary from names to sequences of one length.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ImportError: If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            "A Parquet file needs the package pyarrow: pip install pyarrow. "
            f"Received: path={str(path)!r}"
        ) from error
    path, buffer = _ready(path), io.BytesIO()
    table = pyarrow.table({k: _of_one_type(v) for k, v in columns.items()})
    parquet.write_table(table, buffer)
    replace(path, buffer.getvalue())
    return path


def as_page(path, title, groups):
    """Writes points in the plane as one HTML file that needs no network.

    Args:
        path: String or path; folders that are missing are made.
        title: String.
        groups: List of tuples `(id, name, points, texts)`: an integer, whose
            color is always the same, a string, floats `(n, 2)`, and `n` lists
            of lines, shown at the pointer.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ImportError: If plotly is not installed.
    """
    try:
        from plotly import graph_objects
    except ImportError as error:
        raise ImportError(
            "An interactive map needs the package plotly: pip install plotly. "
            f"Received: path={str(path)!r}"
        ) from error
    path = _ready(path)
    num_points = sum(len(points) for _, _, points, _ in groups)
    kind = "Scattergl" if num_points > _MANY else "Scatter"
    figure = graph_objects.Figure(
        [
            getattr(graph_objects, kind)(
                x=points[:, 0].tolist(),
                y=points[:, 1].tolist(),
                mode="markers",
                name=plain_html(name),
                text=["<br>".join(map(plain_html, lines)) for lines in texts],
                hoverinfo="text",
                marker={"size": 6, "opacity": 0.75, "color": _color(cluster)},
            )
            for cluster, name, points, texts in groups
        ]
    )
    figure.update_layout(
        title=plain_html(title),
        template="plotly_white",
        xaxis=_HIDDEN,
        yaxis={**_HIDDEN, "scaleanchor": "x"},
        hoverlabel={"align": "left"},
    )
    page = figure.to_html(include_plotlyjs=True, div_id="map")
    replace(path, page.encode("utf-8"))
    return path


def plain_html(text):
    """Text of the user's as HTML of one short line.

    Args:
        text: Any value.

    Returns:
        String.
    """
    text = " ".join(str(text).split())
    if len(text) > _TEXT_LENGTH:
        text = text[: _TEXT_LENGTH - 1] + "…"
    return html.escape(text)


def _color(cluster):
    return PALETTE[cluster % len(PALETTE)] if cluster >= 0 else _GREY


def _ready(path):
    path = local_path("path", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _of_one_type(values):
    """Ids may be numbers and texts, which a column cannot."""
    array = np.asarray(values)
    same = len({type(value) for value in array.tolist()}) <= 1
    return array if same and array.dtype != object else list(map(str, values))
