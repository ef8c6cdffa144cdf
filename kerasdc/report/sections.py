"""Sections of the report: functions that return HTML, or an empty string."""

import numpy as np

from kerasdc import plots
from kerasdc.metrics import confusion_matrix
from kerasdc.metrics import evaluate
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import image
from kerasdc.report.pieces import note
from kerasdc.report.pieces import section
from kerasdc.report.pieces import shorten
from kerasdc.report.pieces import table

_NAMES = {
    "accuracy": "Accuracy (ACC)",
    "nmi": "Normalized mutual information (NMI)",
    "ari": "Adjusted Rand index (ARI)",
    "neighbor_error": "Error of the nearest neighbor",
    "objective": "Objective",
    "seconds": "Training time",
}
_SCORES = ("accuracy", "nmi", "ari", "neighbor_error", "trustworthiness")
_LABELS = "Labels are used for evaluation only."


def cluster_summary(outputs, metrics):
    """The figures; those in `metrics` take the place of computed ones."""
    y, num_clusters = outputs.y, outputs.soft_assignment.shape[1]
    computed = {} if y is None else evaluate(y, outputs.assignments)
    used = num_clusters - outputs.num_empty_clusters
    text = (
        "Accuracy is the share of samples in the cluster that is matched to "
        f"their class, one to one. {_LABELS}"
    )
    return _summary(
        {**computed, **metrics},
        len(outputs.x),
        ["Clusters", f"{num_clusters:,} ({used:,} with samples)"],
        y,
        "" if y is None else text,
    )


def embedding_summary(outputs, metrics):
    """The figures in `metrics`, explained."""
    text = (
        "The error of the nearest neighbor is the share of samples whose "
        "nearest neighbor in the embedding is of another class; "
        "trustworthiness is 1 minus a penalty for neighbors in the embedding "
        "that are none in the data, each by its rank there (Venna and Kaski, "
        f"2001). {_LABELS}"
    )
    dimensions = ["Dimensions", f"{outputs.embedding.shape[1]:,}"]
    known = metrics.get("neighbor_error") is not None
    return _summary(
        metrics, len(outputs.x), dimensions, outputs.y, text if known else ""
    )


def _summary(figures, num_samples, row, y, text):
    """A table of figures, counts and one row of the system; with a note."""
    rows = [
        [escape(_figure_name(key)), escape(_figure_text(key, value))]
        for key, value in figures.items()
        if value is not None and key != "num_samples"
    ]
    rows += [["Samples", f"{num_samples:,}"], row]
    if y is not None:
        rows.append(["Classes", f"{len(np.unique(y)):,}"])
    return section("Summary", table(rows) + (note(text) if text else ""))


def settings(config):
    """How the model was made: a dict, nested or not."""
    rows = [
        [escape(key), f"<code>{escape(shorten(value, 1000))}</code>"]
        for key, value in _flat(config)
    ]
    return section("How it was made", table(rows)) if rows else ""


def curves(log):
    """Loss and scores over the epochs."""
    if not plots.has_curves(log):
        return ""
    figure = plots.training_curves(log)
    alt = "Curves of the loss and of the scores over the epochs."
    return section("Training", image(figure, alt))


def embedding(outputs, assignments=None):
    """The embedding in the plane: by cluster, by class, or plain."""
    z, (indices, points) = outputs.embedding, outputs.plane
    images = [
        image(
            plots.embedding(points, groups[indices], f"By {word}", order),
            f"Scatter of the embedding, colored by {word}.",
        )
        for word, groups, order in _groupings(outputs.y, assignments)
    ]
    if not images:
        figure = plots.embedding(points, None)
        images = [image(figure, "Scatter of the embedding.")]
    part = "All" if len(indices) == len(z) else f"{len(indices):,} of"
    text = f"{part} {len(z):,} samples. "
    if z.shape[1] != 2:
        text += (
            f"The {z.shape[1]} dimensions of the embedding are laid out in "
            "the plane by parametric UMAP: near points are similar, but "
            "the distances between groups and their sizes mean little."
        )
    body = f"<div class='beside'>{''.join(images)}</div>{note(text)}"
    return section("Embedding", body)


def confusion(outputs):
    """Classes against clusters."""
    if outputs.y is None:
        return ""
    figure = plots.confusion(outputs.y, outputs.assignments)
    alt = "Matrix of the number of samples by class and by cluster."
    caption = "Number of samples; the shade is the share of the class."
    return section("Classes and clusters", image(figure, alt, caption))


def sizes(outputs):
    """Size, mean confidence and most frequent class of each cluster."""
    y, assignments = outputs.y, outputs.assignments
    num_clusters = outputs.soft_assignment.shape[1]
    counts = np.bincount(assignments, minlength=num_clusters)
    rows = []
    for cluster, size in enumerate(counts):
        members = assignments == cluster
        width = 10 * size / counts.max()
        bar = f"<span class='bar' style='width:{width:.2f}em'></span>"
        mean = f"{outputs.confidences[members].mean():.3f}" if size else "–"
        share = f"{size / len(assignments):.1%}"
        rows.append([str(cluster), f"{size:,}", share, bar, mean])
        if y is not None:
            rows[-1].append(escape(_usual_class(y[members])))
    head = ["Cluster", "Samples", "Share", "", "Mean confidence"]
    if y is not None:
        head.append("Most frequent class")
    return section("Sizes of the clusters", table(rows, head, (1, 2, 4)))


def _groupings(y, assignments):
    """Words, groups and orders of what an embedding is colored by."""
    found, order = [], None
    if assignments is not None:
        found.append(("cluster", assignments, None))
    if y is not None:
        if assignments is not None:
            order = _matching_order(y, assignments)
        found.append(("class", y, order))
    return found


def _matching_order(y, assignments):
    """Classes in the order of their clusters, so that colors agree."""
    _, classes, matched = confusion_matrix(y, assignments)
    if len(classes) > len(matched):
        return None
    names = dict(zip(matched, classes))
    return [names.get(cluster) for cluster in np.unique(assignments)]


def _usual_class(labels):
    if len(labels) == 0:
        return "–"
    names, counts = np.unique(labels, return_counts=True)
    best = counts.argmax()
    return f"{shorten(names[best], 60)} ({counts[best] / len(labels):.1%})"


def _flat(config, prefix=""):
    for key, value in config.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _figure_name(key):
    text = str(key).replace("_", " ")
    return _NAMES.get(key, text[:1].upper() + text[1:])


def _figure_text(key, value):
    if isinstance(value, (bool, str)) or not np.isscalar(value):
        return str(value)
    if key == "seconds":
        minutes, seconds = divmod(round(float(value)), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{value:.1f} s"
    if key in _SCORES:
        return f"{value:.4f}"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    return f"{value:.5g}"
