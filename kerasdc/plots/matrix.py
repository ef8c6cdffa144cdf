"""The confusion matrix of classes and clusters."""

import numpy as np

from kerasdc.metrics import confusion_matrix
from kerasdc.plots.style import INK
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import plain
from kerasdc.plots.style import styled

_MOST_COUNTS = 30
_MOST_NAMES = 60


@styled
def confusion(y_true, assignments):
    """Counts of classes against clusters, matched clusters on the diagonal.

    Args:
        y_true: Integers or strings `(n,)`, the classes.
        assignments: Integers `(n,)`, the clusters.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: As `kerasdc.metrics.confusion_matrix`.
    """
    counts, classes, clusters = confusion_matrix(y_true, assignments)
    height, width = (min(max(0.42 * n, 2.4), 12) for n in counts.shape)
    figure = new_figure((width + 1.6, height + 0.9))
    draw_confusion(figure.subplots(), counts, classes, clusters)
    return figure


def draw_confusion(ax, counts, classes, clusters, title=""):
    """Draws a confusion matrix.

    Args:
        ax: matplotlib `Axes`.
        counts: Integers `(num_classes, num_clusters)`.
        classes: Names of the rows.
        clusters: Names of the columns.
        title: String.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    step = -(-max(counts.shape) // _MOST_NAMES)
    ticks = range(0, len(clusters), step)
    ax.set_xticks(ticks, [plain(clusters[i]) for i in ticks])
    ticks = range(0, len(classes), step)
    ax.set_yticks(ticks, [plain(classes[i], 22) for i in ticks])
    ax.set_xlabel("cluster, in matching order")
    ax.set_ylabel("class")
    ax.set_title(title)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(counts.shape) <= _MOST_COUNTS:
        _write_counts(ax, counts, shares)


def _write_counts(ax, counts, shares):
    # The preview has the smallest cells.
    digits = len(str(counts.max()))
    size = min(8, 360 / digits / counts.shape[1])
    for row, column in np.argwhere(counts):
        ax.text(
            column,
            row,
            str(counts[row, column]),
            color="white" if shares[row, column] > 0.5 else INK,
            fontsize=size,
            ha="center",
            va="center",
        )
