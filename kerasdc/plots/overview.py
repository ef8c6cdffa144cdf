"""One picture of a whole clustering, for the card of a model."""

import numpy as np

from kerasdc.metrics import confusion_matrix
from kerasdc.plots.matrix import draw_confusion
from kerasdc.plots.projection import two_dimensional
from kerasdc.plots.samples import draw_tiles
from kerasdc.plots.samples import is_images
from kerasdc.plots.samples import ranked
from kerasdc.plots.scatter import draw_embedding
from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import check_lengths
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import plain
from kerasdc.plots.style import styled

_MOST_CLUSTERS = 20


@styled
def preview(x, assignments, confidences, z, y=None, plane=None):
    """One picture for a model's card: samples, embedding, confusion.

    For data that are not images, the sizes of the clusters take the place of
    samples.

    Args:
        x: Array `(n, ...)` of samples.
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`, the probability of that cluster.
        z: Floats `(n, d)`, the embedding.
        y: Optional integers or strings `(n,)`, the classes.
        plane: Optional tuple `(indices, points)`, what `two_dimensional(z)`
            returned, if it is known.

    Returns:
        A matplotlib `Figure` of 1200 x 460 pixels at 100 dpi, which
        `png(figure, num_colors=256)` turns into less than 300 KB.

    Raises:
        ValueError: If the lengths differ.
    """
    assignments = np.asarray(assignments)
    check_lengths(x=x, assignments=assignments, confidences=confidences, z=z)
    figure = new_figure((12, 4.6), w_pad=0.12)
    axes = figure.subplots(1, 2 if y is None else 3)
    rows = ranked(assignments, confidences, 10)
    if len(rows) > _MOST_CLUSTERS:
        rows = sorted(rows, key=lambda row: -row[3])[:_MOST_CLUSTERS]
    clusters, most, _, sizes = zip(*rows)
    if is_images(x):
        title = "Most certain samples of each cluster"
        draw_tiles(axes[0], np.asarray(x), most, 10, title, clusters)
    else:
        _draw_sizes(axes[0], clusters, sizes)
    indices, points = plane or two_dimensional(z)
    title = "Embedding, by cluster"
    draw_embedding(axes[1], points, assignments[indices], title)
    if y is not None:
        table = confusion_matrix(y, assignments)
        draw_confusion(axes[2], *table, "Classes and clusters")
        axes[2].set_box_aspect(1)
    return figure


def _draw_sizes(ax, clusters, sizes):
    rows = range(len(clusters))
    bars = ax.barh(rows, sizes, color=PALETTE[0], height=0.7)
    ax.bar_label(bars, [f"{size:,}" for size in sizes], padding=3)
    ax.set_yticks(rows, [plain(cluster) for cluster in clusters])
    ax.margins(x=0.15)
    ax.invert_yaxis()
    ax.set(xticks=[], ylabel="cluster", title="Samples in each cluster")
    ax.tick_params(length=0)
    ax.spines["bottom"].set_visible(False)
