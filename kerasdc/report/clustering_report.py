"""The report of `cluster`: pictures first, settings last."""

import dataclasses

from kerasdc import plots
from kerasdc.report import contents
from kerasdc.report import sections
from kerasdc.report.outputs import Outputs
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import image
from kerasdc.report.pieces import note
from kerasdc.report.pieces import section
from kerasdc.report.pieces import shorten
from kerasdc.report.pieces import table
from kerasdc.report.writing import page
from kerasdc.summary.shown_tables import telling
from kerasdc.utils.files import local_path
from kerasdc.utils.files import replace

_MOST_EXEMPLARS = 3
_NAME_LENGTH = 40


def write_clustering_report(path, result, y=None, name=None):
    """Writes what `cluster` has found as one HTML file.

    Args:
        path: String or path of the file. Its folder must exist.
        result: `kerasdc.automatic.Clustering`.
        y: Optional labels `(n,)`, for evaluation only.
        name: Optional string, what the data are called.

    Raises:
        ImportError: If matplotlib is missing.
        OSError: If the file cannot be written.
        ValueError: If `y` does not fit, or `path` is an address.
    """
    path = local_path("path", path)
    summary = result.summary
    outputs = Outputs(summary.model, summary.x, y)
    outputs.names = list(summary.names or ())
    # What the summary knows is not computed again.
    outputs.soft_assignment = summary.soft_assignment
    outputs.embedding = summary.embedding
    parts = [
        contents.samples(outputs),
        sections.embedding(outputs, outputs.assignments),
        _clusters(summary),
        _number(result.selection),
        sections.confusion(outputs),
        sections.cluster_summary(outputs, {"seconds": result.seconds}),
        _choices(result),
    ]
    text = page("Clusters", outputs, {"dataset": name}, parts)
    replace(path, text.encode("utf-8"))


def _clusters(summary):
    """Size, certainty, what is telling and typical, of each cluster."""
    rows = []
    for cluster in summary.clusters:
        told = [shorten(text, _NAME_LENGTH) for text in telling(cluster)]
        exemplars = summary.ids[list(cluster.exemplars[:_MOST_EXEMPLARS])]
        rows.append(
            [
                escape(cluster.name),
                f"{cluster.size:,}",
                f"{cluster.share:.1%}",
                f"{cluster.certainty:.3f}",
                escape(", ".join(told)),
                escape(", ".join(shorten(e, _NAME_LENGTH) for e in exemplars)),
                escape(", ".join(map(str, cluster.neighbors))),
            ]
        )
    head = "Cluster,Samples,Share,Certainty,Telling,Typical,Near".split(",")
    text = f"{len(summary.outliers):,} samples are outliers. "
    if summary.names or summary.x.ndim == 2:
        text += (
            "Numbers say by how many standard deviations a cluster's mean "
            "differs from that of the others."
        )
    body = table(rows, head, (1, 2, 3))
    return section("Clusters", body + note(text))


def _number(selection):
    """How the number of clusters was chosen, if it was."""
    if selection is None or len(selection.scores) < 2:
        return ""
    figure = plots.selection_curve(
        selection.scores, selection.deviations, selection.best
    )
    others = ", ".join(map(str, selection.plausible))
    text = (
        f"{selection.best} is a suggestion. About as good: {others}. The "
        "silhouettes of two partitions, in the data and in the embedding, "
        "are averaged; the band is their spread over draws of samples."
    )
    alt = "Curve of the score over the number of clusters."
    return section("How many clusters", image(figure, alt) + note(text))


def _choices(result):
    rows = [
        [escape(name.replace("_", " ")), f"<code>{escape(value)}</code>"]
        for name, value in dataclasses.asdict(result.choices).items()
    ]
    rows.append(["agreement with the partition", f"{result.agreement:.4f}"])
    for name, score in result.scores.items():
        rows.append([escape(f"modularity, {name}"), f"{score:.4f}"])
    return section("How it was made", table(rows))
