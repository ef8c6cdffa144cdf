"""Points in the plane, with the names of their groups among them."""

import numpy as np

from kerasdc.metrics import checked_labels
from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import check_lengths
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import plain
from kerasdc.plots.style import styled

_MOST_LABELS = 60
_FAR_OFF = 0.0005  # share of points on each side that may be left out


@styled
def embedding(points_2d, groups, title="", order=None):
    """Points in the plane, colored and named by group.

    Outliers that are so far off that all other points would be drawn as one
    are left out, and the picture says how many.

    Args:
        points_2d: Floats `(n, 2)`.
        groups: Integers or strings `(n,)`: clusters or labels. `None` draws
            all in one color, without a name.
        title: String.
        order: Optional sequence of groups, in the order of the colors, for
            figures that share colors. `None` sorts the groups.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If the points are not `(n, 2)` and finite, the groups not
            integers or strings, or the lengths differ.
    """
    figure = new_figure((5, 5.2))
    draw_embedding(figure.subplots(), points_2d, groups, title, order)
    return figure


def grid(points_2d, num_rows=16):
    """A regular grid of points over the square that `embedding` draws.

    Args:
        points_2d: Floats `(n, 2)`, at least one.
        num_rows: Integer.

    Returns:
        Floats `(num_rows, num_rows, 2)`, the centers of equal cells, from
        the top left one, row by row.
    """
    middle, half = _frame(np.asarray(points_2d, "float64"))
    steps = half * ((2 * np.arange(num_rows) + 1) / num_rows - 1)
    x, y = np.meshgrid(middle[0] + steps, middle[1] - steps)
    return np.stack([x, y], axis=-1)


def draw_embedding(ax, points, groups, title, order=None):
    """Draws into a matplotlib `Axes`; see `embedding`."""
    points, named = np.asarray(points, "float64"), groups is not None
    groups = np.asarray(groups) if named else np.zeros(len(points), "int64")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            "`points_2d` must have shape (n, 2). "
            f"Received: points_2d of shape {points.shape}"
        )
    if not np.isfinite(points).all():
        rows = np.flatnonzero(~np.isfinite(points).all(axis=1))
        raise ValueError(
            "`points_2d` must be finite. "
            f"Received: NaN or infinity in {len(rows)} rows, first {rows[0]}"
        )
    check_lengths(points_2d=points, groups=groups)
    if len(groups):
        groups = checked_labels("groups", groups)
    names, codes = np.unique(groups, return_inverse=True)
    colors = _colors(names, order)
    # In random order, no group covers another.
    shuffled = np.random.default_rng(0).permutation(len(points))
    num_points = max(len(points), 1)
    ax.scatter(
        *points[shuffled].T,
        c=colors[codes[shuffled]],
        s=min(400 / num_points**0.55, 30),
        alpha=min(1.6 * num_points**-0.13, 0.9),
        linewidths=0,
        rasterized=True,
    )
    _square(ax, points)
    ax.set(xticks=[], yticks=[])
    ax.set_title(plain(title, 60))
    ax.spines[:].set_visible(True)
    if named and 0 < len(names) <= _MOST_LABELS:
        medians = [np.median(points[codes == i], 0) for i in range(len(names))]
        _name_groups(ax, medians, names, colors)


def _colors(names, order):
    from matplotlib.colors import to_rgb

    order = list(names if order is None else order)
    ranks = [order.index(n) if n in order else len(order) for n in names]
    colors = [to_rgb(PALETTE[rank % len(PALETTE)]) for rank in ranks]
    return np.reshape(colors, (-1, 3))


def _square(ax, points):
    """Sets equal scales on both axes, and their limits."""
    ax.set_box_aspect(1)
    if len(points) == 0:
        return
    middle, half = _frame(points)
    ax.set_xlim(middle[0] - half, middle[0] + half)
    ax.set_ylim(middle[1] - half, middle[1] + half)
    num_outside = (abs(points - middle) > half).any(axis=1).sum()
    if num_outside:
        text = f"{num_outside:,} of {len(points):,} points lie outside"
        ax.text(0.01, 0.01, text, fontsize=7, transform=ax.transAxes)


def _frame(points):
    """Center and half the width of the square around points."""
    low, high = points.min(axis=0), points.max(axis=0)
    inner = np.quantile(points, [_FAR_OFF, 1 - _FAR_OFF], axis=0)
    width = (inner[1] - inner[0]).max()
    if (high - low).max() > 4 * width > 0:
        low, high = inner[0] - 0.1 * width, inner[1] + 0.1 * width
    return (low + high) / 2, 0.54 * ((high - low).max() or 1.0)


def _name_groups(ax, medians, names, colors):
    from matplotlib.patheffects import withStroke

    texts = [plain(name) for name in names]
    size = 10 if max(map(len, texts)) <= 3 else 7
    half_widths = [0.0013 * size * len(text) for text in texts]
    spots = ax.transLimits.transform(medians)
    spots = spread(spots, half_widths, 0.004 * size)
    for spot, text, color in zip(spots, texts, colors):
        ax.text(
            *spot,
            text,
            color=0.6 * color,
            fontsize=size,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            transform=ax.transAxes,
        )


def spread(spots, half_widths, height):
    """Moves labels up and down until they do not overlap.

    Args:
        spots: Floats `(n, 2)` from 0 to 1, the centers of the labels.
        half_widths: List of `n` floats.
        height: Float, of every label.

    Returns:
        Floats `(n, 2)`.
    """
    spots = spots.copy()
    for _ in range(200):
        moved = False
        for i in range(len(spots)):
            for j in range(i):
                dx, dy = spots[i] - spots[j]
                lack = height - abs(dy)
                near = abs(dx) < half_widths[i] + half_widths[j]
                if near and lack > 1e-6:
                    step = lack / 2 if dy >= 0 else -lack / 2
                    spots[i, 1] += step
                    spots[j, 1] -= step
                    moved = True
        spots = spots.clip(0.03, 0.97)
        if not moved:
            break
    return spots
