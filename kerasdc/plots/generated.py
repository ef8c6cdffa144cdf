"""Samples that a model generates."""

import numpy as np

from kerasdc.plots.samples import draw_tiles
from kerasdc.plots.samples import is_images
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import styled

_TILE = 0.42  # inches


@styled
def generated_samples(real, generated):
    """Generated images of each cluster beside real ones.

    Args:
        real: List of arrays `(m, h, w)` or `(m, h, w, c)`, one per cluster;
            one may be empty.
        generated: List of such arrays, in the same order.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If the lists are empty, not equally long, or do not hold
            images of one shape.
    """
    if len(real) != len(generated) or len(real) == 0:
        raise ValueError(
            "`real` and `generated` must have one entry for each cluster. "
            f"Received: {len(real)} and {len(generated)} entries"
        )
    names = [f"Cluster {i}" for i in range(len(real))]
    num_columns = max(map(len, [*real, *generated]))
    left, right = _axes(2, len(real), num_columns, _checked(generated[0]))
    _draw_rows(left, real, num_columns, "Real", names)
    _draw_rows(right, generated, num_columns, "Generated")
    return left.figure


@styled
def interpolations(samples):
    """Interpolated images, a row for each pair of samples.

    Args:
        samples: Array `(n, steps, h, w)` or `(n, steps, h, w, c)`.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `samples` does not hold images.
    """
    return _one_block(samples, "From one sample to another")


@styled
def code_grid(samples):
    """Images of every cluster along a continuous code of `InfoGAN`.

    Args:
        samples: Array `(num_clusters, steps, h, w)`, or with channels last.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `samples` does not hold images.
    """
    names = [f"Cluster {i}" for i in range(len(samples))]
    return _one_block(samples, "Along a continuous code", names)


@styled
def plane(samples):
    """Images at their places in the plane, such as the points of a `grid`.

    Args:
        samples: Array `(n, m, h, w)` or `(n, m, h, w, c)`, the top row first.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `samples` does not hold images.
    """
    return _one_block(samples, "From points of the plane")


def _one_block(samples, title, names=()):
    num_rows, num_columns = samples.shape[:2]
    (ax,) = _axes(1, num_rows, num_columns, _checked(samples[0]))
    _draw_rows(ax, list(samples), num_columns, title, names)
    return ax.figure


def _axes(num_blocks, num_rows, num_columns, shape):
    height = _TILE * min(max(shape[1] / shape[2], 0.5), 3)
    width = num_blocks * num_columns * _TILE + 1.6
    figure = new_figure((max(width, 4.5), num_rows * height + 0.5))
    return np.atleast_1d(figure.subplots(1, num_blocks))


def _checked(images):
    if not is_images(images) or images.size == 0:
        raise ValueError(
            "Images must have shape (n, h, w) or (n, h, w, c), where c is 1, "
            f"3 or 4. Received: images of shape {images.shape}"
        )
    return images.shape


def _draw_rows(ax, rows, num_columns, title, names=()):
    images = np.concatenate(rows)
    ends = np.cumsum([len(row) for row in rows])
    picked = np.split(np.arange(len(images)), ends[:-1])
    draw_tiles(ax, images, picked, num_columns, title, names)
