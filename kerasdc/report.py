"""One HTML file about one trained model, complete without a network."""

import base64
import html
import os
from pathlib import Path

import keras
import numpy as np

from kerasdc import plots
from kerasdc.inputs import to_array

_NAMES = {
    "accuracy": "Accuracy (ACC)",
    "nmi": "Normalized mutual information (NMI)",
    "ari": "Adjusted Rand index (ARI)",
    "objective": "Objective",
    "seconds": "Training time",
}
_NUM_TEXTS = 3
_TEXT_LENGTH = 280
_NUM_FEATURES = 8
_DPI = 160

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>
{sections}
</main>
<footer>{footer}</footer>
</body>
</html>
"""

_STYLE = """
:root { color-scheme: light; }
body { max-width: 1000px; margin: 0 auto; padding: 2.5rem 1.5rem;
  background: #fff; color: #222; font: 16px/1.55 system-ui, -apple-system,
  "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.75rem 0 .75rem; }
p, figure { margin: 0 0 1rem; }
p { max-width: 44rem; }
header p, footer, figcaption, .note { color: #5f5f5f; }
header p { margin-top: .4rem; }
figcaption, .note { font-size: .9rem; }
img { display: block; max-width: 100%; height: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 2%; }
.beside figure { flex: 1 1 20rem; max-width: 49%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1.4rem .4rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid #e4e4e4; }
th { font-weight: 600; }
thead th { border-bottom: 1.5px solid #9a9a9a; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; }
.wide { overflow-x: auto; }
code { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas,
  monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
blockquote { margin: 0 0 .6rem; overflow-wrap: anywhere; }
.texts { table-layout: fixed; width: 100%; font-size: .9rem;
  line-height: 1.45; }
.texts th:first-child { width: 6rem; }
.texts .note { font-weight: 400; }
.features { font-size: .875rem; }
.features th, .features td { padding-right: 1rem; }
.bar { display: inline-block; height: .65em; background: #0072b2; }
footer { margin-top: 3.5rem; border-top: 1px solid #e4e4e4;
  padding-top: .75rem; font-size: .9rem; }
@media (max-width: 700px) { .beside figure { max-width: 100%; } }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def write_report(path, model, x, y=None, log=(), config=None, metrics=None):
    """Writes a report of a trained model as one HTML file.

    It holds the figures, the settings, the curves of the training, samples
    of every cluster, the embedding in the plane, the sizes of the clusters
    and, where labels are given, the confusion matrix. Large data is shown in
    part. The file appears whole or not at all.

    Args:
        path: String or path of the file. Its folder must exist.
        model: Trained clustering model, with `predict` and `embed`.
        x: Raw samples, as `model.predict` takes them.
        y: Optional integers or strings `(n,)`, the classes. They only
            report.
        log: Iterable of dicts, one per epoch: see
            `kerasdc.plots.training_curves`.
        config: Optional dict of the settings, nested or not. `dataset` also
            goes into the title.
        metrics: Optional dict of further figures, such as `objective` and
            `seconds`. `accuracy`, `nmi` and `ari` are computed from `y`
            where they are missing.

    Raises:
        ImportError: If matplotlib is missing.
        OSError: If the file cannot be written.
        ValueError: If `x` does not fit the model, or `y` does not fit `x`.
    """
    names = list(getattr(x, "columns", []))
    x = to_array(x, allow_text=True)
    if y is not None and len(y) != len(x):
        raise ValueError(
            "`x` and `y` must have the same length. "
            f"Received: {len(x)} samples, {len(y)} labels"
        )
    y = None if y is None else np.asarray(y)
    q = model.predict(x, verbose=0)
    assignments, confidences = q.argmax(axis=1), q.max(axis=1)
    sections = [
        _summary(x, y, q, assignments, metrics or {}),
        _settings(config or {}),
        _curves(list(log)),
        _samples(x, assignments, confidences, names),
        _embedding(model.embed(x), y, assignments),
        _confusion(y, assignments),
        _sizes(y, q, assignments, confidences),
    ]
    page = _page(model, x, config or {}, sections)
    _write(Path(path), page)


# === Sections ===


def _summary(x, y, q, assignments, metrics):
    figures = dict(metrics)
    if y is not None:
        from kerasdc.metrics import evaluate

        figures = {**evaluate(y, assignments), **figures}
    rows = [
        [_escape(_figure_name(key)), _escape(_figure_text(key, value))]
        for key, value in figures.items()
        if value is not None and key != "num_samples"
    ]
    used = len(np.unique(assignments))
    rows.append(["Samples", f"{len(x):,}"])
    rows.append(["Clusters", f"{q.shape[1]:,} ({used:,} with samples)"])
    if y is not None:
        rows.append(["Classes", f"{len(np.unique(y)):,}"])
    notes = _note(
        "Accuracy is the share of samples in the cluster that is matched to "
        "their class, one to one. The labels are used for these figures, not "
        "for the training."
        if y is not None
        else ""
    )
    return _section("Summary", _table(rows) + notes)


def _settings(config):
    rows = [
        [_escape(key), f"<code>{_escape(_shorten(value, 1000))}</code>"]
        for key, value in _flat(config)
    ]
    return _section("How it was made", _table(rows)) if rows else ""


def _curves(log):
    if not plots.has_curves(log):
        return ""
    figure = plots.training_curves(log)
    alt = "Curves of the loss and of the scores over the epochs."
    return _section("Training", _image(figure, alt))


def _samples(x, assignments, confidences, names):
    if x.dtype == object:
        body = _text_samples(x, assignments, confidences)
    elif plots.is_images(x):
        figure = plots.cluster_samples(x, assignments, confidences)
        alt = "Images of every cluster: the most and the least certain."
        body = _image(figure, alt, "Certainty falls from left to right.")
    elif x.ndim == 2:
        body = _feature_means(x, assignments, names)
    else:
        return ""
    return _section("What the clusters hold", body)


def _text_samples(x, assignments, confidences):
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
    return _table(rows, head, css="texts")


def _feature_means(x, assignments, names):
    clusters, sizes = np.unique(assignments, return_counts=True)
    parts = [x[assignments == cluster] for cluster in clusters]
    means = np.stack([part.mean(axis=0, dtype="float64") for part in parts])
    shares = _share_between(parts, means, sizes / len(x))
    chosen = np.argsort(-shares, kind="stable")[:_NUM_FEATURES]
    names = [names[i] if names else f"feature {i}" for i in chosen]
    rows = [
        [str(cluster), f"{size:,}", *(f"{v:.4g}" for v in row[chosen])]
        for cluster, size, row in zip(clusters, sizes, means)
    ]
    head = ["Cluster", "Samples", *map(_escape, names)]
    note = "Mean of each feature, those that differ most between clusters first"
    if len(chosen) < x.shape[1]:
        note += f" ({len(chosen)} of {x.shape[1]:,} features)"
    table = _table(rows, head, range(1, len(head)), css="features")
    return _note(note + ".") + table


def _share_between(parts, means, weights):
    """Share of each feature's variance that lies between the clusters."""
    within = weights @ [part.var(axis=0, dtype="float64") for part in parts]
    between = weights @ (means - weights @ means) ** 2
    # What rounding leaves of a constant feature is no variance.
    rounding = 1e-12 * (means**2).max(axis=0)
    total = between + within
    return np.where(total > rounding, between, 0) / np.maximum(total, 1e-300)


def _embedding(z, y, assignments):
    indices, points = plots.two_dimensional(z)
    pictures = [
        (assignments, None, "By cluster", "cluster"),
        (y, _matching_order(y, assignments), "By class", "class"),
    ]
    images = [
        _image(
            plots.embedding(points, groups[indices], title, order),
            f"Scatter of the embedding, coloured by {word}.",
        )
        for groups, order, title, word in pictures
        if groups is not None
    ]
    part = "All" if len(indices) == len(z) else f"{len(indices):,} of"
    note = f"{part} {len(z):,} samples. "
    if z.shape[1] != 2:
        note += (
            f"The {z.shape[1]} dimensions of the embedding are laid out in "
            "the plane by t-SNE: near points are similar, while distances "
            "between groups and their sizes say little."
        )
    body = f"<div class='beside'>{''.join(images)}</div>{_note(note)}"
    return _section("Embedding", body)


def _matching_order(y, assignments):
    """Classes in the order of their clusters, so that colours agree."""
    if y is None:
        return None
    from kerasdc.metrics import confusion_matrix

    _, classes, matched = confusion_matrix(y, assignments)
    clusters = np.unique(assignments)
    if len(classes) > len(clusters):
        return None
    order = [None] * len(clusters)
    for name, cluster in zip(classes, matched):
        order[np.searchsorted(clusters, cluster)] = name
    return order


def _confusion(y, assignments):
    if y is None:
        return ""
    figure = plots.confusion(y, assignments)
    alt = "Matrix of the number of samples by class and by cluster."
    caption = "Number of samples; the shade is the share of the class."
    return _section("Classes and clusters", _image(figure, alt, caption))


def _sizes(y, q, assignments, confidences):
    sizes = np.bincount(assignments, minlength=q.shape[1])
    rows = []
    for cluster, size in enumerate(sizes):
        members = assignments == cluster
        width = 10 * size / sizes.max()
        bar = f"<span class='bar' style='width:{width:.2f}em'></span>"
        row = [str(cluster), f"{size:,}", f"{size / sizes.sum():.1%}", bar]
        mean = f"{confidences[members].mean():.3f}" if size else "–"
        row.append(mean)
        if y is not None:
            row.append(_escape(_usual_class(y[members])))
        rows.append(row)
    head = ["Cluster", "Samples", "Share", "", "Mean confidence"]
    if y is not None:
        head.append("Most frequent class")
    table = _table(rows, head, numbers=(1, 2, 4))
    return _section("Sizes of the clusters", table)


def _usual_class(labels):
    if len(labels) == 0:
        return "–"
    names, counts = np.unique(labels, return_counts=True)
    best = counts.argmax()
    return f"{_shorten(names[best], 60)} ({counts[best] / len(labels):.1%})"


# === Pieces of HTML ===


def _page(model, x, config, sections):
    from kerasdc import __version__

    title = type(model).__name__
    if config.get("dataset"):
        title += f" on {_shorten(config['dataset'], 60)}"
    shape = " × ".join(map(str, x.shape[1:])) or "text"
    subtitle = (
        f"Deep clustering of {len(x):,} samples ({shape}) by a model with "
        f"{model.count_params():,} parameters."
    )
    footer = f"Written by kerasdc {__version__} with Keras {keras.__version__}."
    return _PAGE.format(
        title=_escape(title),
        style=_STYLE,
        subtitle=subtitle,
        sections="\n".join(section for section in sections if section),
        footer=footer,
    )


def _section(title, body):
    return f"<section>\n<h2>{title}</h2>\n{body}\n</section>"


def _table(rows, head=(), numbers=(), css=""):
    top = f"<thead>{_row(head, numbers, 'th')}</thead>" if head else ""
    lines = "\n".join(_row(row, numbers) for row in rows)
    return (
        f"<div class='wide'><table class='{css}'>{top}\n"
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _row(cells, numbers, tag="td"):
    parts = []
    for column, cell in enumerate(cells):
        start = name = "th" if column == 0 else tag
        if column in numbers:
            start += " class='number'"
        parts.append(f"<{start}>{cell}</{name}>")
    return f"<tr>{''.join(parts)}</tr>"


def _image(figure, alt, caption=""):
    width = round(figure.get_figwidth() * 100)
    data = base64.b64encode(plots.png(figure, _DPI)).decode("ascii")
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f"<figure><img src='data:image/png;base64,{data}' alt='{alt}' "
        f"width='{width}'>{caption}</figure>"
    )


def _quotes(texts):
    quotes = [_escape(_shorten(text, _TEXT_LENGTH)) for text in texts]
    return "".join(f"<blockquote>{quote}</blockquote>" for quote in quotes)


def _note(text):
    return f"<p class='note'>{text}</p>" if text else ""


def _escape(value):
    return html.escape(str(value), quote=True)


def _shorten(value, length):
    text = " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


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
    if key in ("accuracy", "nmi", "ari"):
        return f"{value:.4f}"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    return f"{value:.5g}"


def _write(path, text):
    """Through a file beside it, so that no reader sees half a report."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
