"""Samples of each cluster."""

import numpy as np

from kerasdc.plots.style import check_lengths
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import styled


@styled
def cluster_samples(x, assignments, confidences, num_shown=10):
    """Images of each cluster: its most certain and its least certain.

    Every row is a cluster, certainty falls from left to right, and no image
    is shown twice.

    Args:
        x: Array `(n, h, w)` or `(n, h, w, c)` of images.
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`, the probability of that cluster.
        num_shown: Integer, images in each of the two blocks.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `x` does not hold images, or the lengths differ.
    """
    x = np.asarray(x)
    if not is_images(x) or x.size == 0:
        raise ValueError(
            "`x` must be images of shape (n, h, w) or (n, h, w, c), where c "
            f"is 1, 3 or 4. Received: x of shape {x.shape}"
        )
    check_lengths(x=x, assignments=assignments, confidences=confidences)
    rows = ranked(assignments, confidences, num_shown)
    tile = 0.42
    height = tile * min(max(x.shape[1] / x.shape[2], 0.5), 3)
    width = 2 * num_shown * tile + 1.6
    figure = new_figure((max(width, 4.5), len(rows) * height + 0.5))
    _, most, least, _ = zip(*rows)
    left, right = figure.subplots(1, 2)
    names = [f"Cluster {row[0]}\nn = {row[3]:,}" for row in rows]
    draw_tiles(left, x, most, num_shown, "Most certain", names)
    draw_tiles(right, x, least, num_shown, "Least certain")
    return figure


def ranked(assignments, confidences, num_shown):
    """The most and the least certain samples of each cluster.

    Args:
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`.
        num_shown: Integer, at most that many of each.

    Returns:
        A list of tuples `(cluster, most, least, size)`, one per cluster that
        has samples; `most` and `least` are disjoint index arrays in falling
        order of certainty.

    Raises:
        ValueError: If the lengths differ.
    """
    assignments, confidences = np.asarray(assignments), np.asarray(confidences)
    check_lengths(assignments=assignments, confidences=confidences)
    result = []
    for cluster in np.unique(assignments):
        members = np.flatnonzero(assignments == cluster)
        members = members[np.argsort(-confidences[members], kind="stable")]
        size = len(members)
        num_least = min(num_shown, size // 2)
        most = members[: min(num_shown, size - num_least)]
        result.append((cluster, most, members[size - num_least :], size))
    return result


def is_images(x):
    """Whether `x` has the shape of images, `(n, h, w)` or `(n, h, w, c)`.

    Args:
        x: Array.

    Returns:
        A bool.
    """
    shape = np.shape(x)
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))


def draw_tiles(ax, x, picked, num_columns, title, names=()):
    """Draws rows of images, beside their names.

    Args:
        ax: matplotlib `Axes`.
        x: Array of images.
        picked: List of index arrays, one per row.
        num_columns: Integer, tiles in a row.
        title: String.
        names: Names of the rows, or an empty sequence.
    """
    gap = max(1, round(x.shape[1] / 12))
    image = _mosaic(x, picked, num_columns, gap)
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    middles = [
        row * (x.shape[1] + gap) + x.shape[1] / 2 for row in range(len(names))
    ]
    ax.set_title(title)
    ax.set_xticks([])
    ax.set_yticks(middles, [str(name) for name in names], fontsize=8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _mosaic(x, picked, num_columns, gap):
    height, width = x.shape[1:3]
    images = _to_colors(x[np.concatenate(picked)])
    channels = images.shape[3:]
    places = (len(picked), height + gap, num_columns, width + gap)
    mosaic = np.ones((*places, *channels))
    start = 0
    for row, indices in enumerate(picked):
        for column in range(len(indices)):
            mosaic[row, :height, column, :width] = images[start + column]
        start += len(indices)
    size = (places[0] * places[1], places[2] * places[3])
    return mosaic.reshape(*size, *channels)[:-gap, :-gap]


def _to_colors(images):
    """Images as gray `(n, h, w)` or RGB `(n, h, w, 3)` from 0 to 1."""
    images = np.nan_to_num(images.astype("float64"))
    if images.ndim == 4:
        images = images[..., :3]
    if images.ndim == 4 and images.shape[3] != 3:
        images = images[..., 0]
    # Images of uint8 may end below 255; and there may be no image.
    low, high = images.min(initial=0), images.max(initial=0)
    return (images - low) / ((high - low) or 1.0)
