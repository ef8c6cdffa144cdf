"""Sections on the content of clusters: images, texts, means of features."""

import numpy as np

from kerasdc import plots
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import image
from kerasdc.report.pieces import note
from kerasdc.report.pieces import section
from kerasdc.report.pieces import shorten
from kerasdc.report.pieces import table

_NUM_TEXTS = 3
_TEXT_LENGTH = 280
_NUM_FEATURES = 8


def samples(outputs):
    """The section that shows samples of each cluster, or their features.

    Args:
        outputs: `Outputs` of a model of clusters.

    Returns:
        HTML; empty for data other than images, texts and rows of numbers.
    """
    x, names = outputs.x, outputs.names
    assignments, confidences = outputs.assignments, outputs.confidences
    if x.dtype == object:
        body = _texts(x, assignments, confidences)
    elif plots.is_images(x):
        figure = plots.cluster_samples(x, assignments, confidences)
        alt = "Images of every cluster: the most and the least certain."
        body = image(figure, alt, "Certainty falls from left to right.")
    elif x.ndim == 2:
        body = _feature_means(x, assignments, names)
    else:
        return ""
    return section("What the clusters hold", body)


def plane(outputs):
    """The section of an embedding in the plane that can be inverted.

    Args:
        outputs: `Outputs` of a model without clusters.

    Returns:
        HTML; empty for data that are not images, an embedding of more than
        two dimensions, or a model without `inverse` or a decoder.
    """
    model, x = outputs.model, outputs.x
    invertible = hasattr(model, "inverse") and model.decoder is not None
    if not invertible or not plots.is_images(x):
        return ""
    if outputs.embedding.shape[1] != 2:
        return ""
    _, points = outputs.plane
    if len(points) == 0:
        return ""
    grid = plots.grid(points)
    images = model.inverse(grid.reshape(-1, 2))
    body = image(
        plots.plane(images.reshape(*grid.shape[:2], *images.shape[1:])),
        "Images that are decoded from points of the plane.",
        "Images decoded from points on a grid over the picture of the "
        "embedding, each at its place. Where there are no samples, the "
        "decoder was not trained.",
    )
    return section("What lies where", body)


def _texts(x, assignments, confidences):
    rows = [
        [
            f"{cluster}<br><span class='note'>n = {size:,}</span>",
            _quotes(x[most]),
            _quotes(x[least]),
        ]
        for cluster, most, least, size in plots.ranked(
            assignments, confidences, _NUM_TEXTS
        )
    ]
    head = ["Cluster", "Most certain", "Least certain"]
    return table(rows, head, css="texts")


def _quotes(texts):
    quotes = [escape(shorten(text, _TEXT_LENGTH)) for text in texts]
    return "".join(f"<blockquote>{quote}</blockquote>" for quote in quotes)


def _feature_means(x, assignments, names):
    clusters, sizes = np.unique(assignments, return_counts=True)
    means = np.stack(
        [x[assignments == c].mean(axis=0, dtype="float64") for c in clusters]
    )
    shares = _share_between(x, means, sizes / len(x))
    chosen = np.argsort(-shares, kind="stable")[:_NUM_FEATURES]
    names = [names[i] if names else f"feature {i}" for i in chosen]
    rows = [
        [str(cluster), f"{size:,}", *(f"{v:.4g}" for v in row[chosen])]
        for cluster, size, row in zip(clusters, sizes, means)
    ]
    head = ["Cluster", "Samples", *map(escape, names)]
    text = "Mean of each feature, those that differ most between clusters first"
    if len(chosen) < x.shape[1]:
        text += f" ({len(chosen)} of {x.shape[1]:,} features)"
    numbers = range(1, len(head))
    return note(f"{text}.") + table(rows, head, numbers, css="features")


def _share_between(x, means, weights):
    """Share of each feature's variance that lies between the clusters."""
    between = weights @ (means - weights @ means) ** 2
    total = x.var(axis=0, dtype="float64")
    # A constant feature may have a tiny variance by rounding.
    varies = total > 1e-12 * (means**2).max(axis=0)
    return np.where(varies, between, 0) / np.where(varies, total, 1)
