"""The report of one trained model."""

from pathlib import Path

import keras
import numpy as np

from kerasdc.models import ClusteringModel
from kerasdc.report import contents
from kerasdc.report import sections
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import shorten
from kerasdc.report.template import PAGE
from kerasdc.report.template import STYLE
from kerasdc.utils.files import replace
from kerasdc.utils.inputs import to_array


def write_report(path, model, x, y=None, log=(), config=None, metrics=None):
    """Writes a report of a trained model as one HTML file.

    It holds the figures, the settings, the curves of the training and the
    embedding in the plane. Of a clustering model, further: samples of every
    cluster, the sizes of the clusters and, where labels are given, the
    confusion matrix. Of a model of the plane that has a decoder: what the
    decoder makes of its points. Large data is shown in part. The file appears
    whole or not at all.

    Args:
        path: String or path of the file. Its folder must exist.
        model: Trained `kerasdc.models.EncoderModel`.
        x: Raw samples, as `model.predict` takes them.
        y: Optional integers or strings `(n,)`, the classes. They only
            report.
        log: Iterable of dicts, one per epoch: see
            `kerasdc.plots.training_curves`.
        config: Optional dict of the settings, nested or not. `dataset` also
            goes into the title.
        metrics: Optional dict of further figures, such as `objective` and
            `seconds`. `accuracy`, `nmi` and `ari` of a clustering model are
            computed from `y` where they are missing.

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
    config, metrics = config or {}, metrics or {}
    if isinstance(model, ClusteringModel):
        what = "Deep clustering"
        summary, *shown = _cluster_parts(model, x, y, metrics, names)
    else:
        what = "An embedding"
        summary, *shown = _embedding_parts(model, x, y, metrics)
    made = [sections.settings(config), sections.curves(list(log))]
    page = _page(what, model, x, config, [summary, *made, *shown])
    replace(Path(path), page.encode("utf-8"))


def _cluster_parts(model, x, y, metrics, names):
    """The summary, and what only a model of clusters has to show."""
    q = model.predict(x, verbose=0)
    assignments, confidences = q.argmax(axis=1), q.max(axis=1)
    return [
        sections.cluster_summary(y, q, metrics),
        contents.samples(x, assignments, confidences, names),
        contents.generated(model, x, assignments),
        sections.embedding(model.embed(x), y, assignments),
        sections.confusion(y, assignments),
        sections.sizes(y, q),
    ]


def _embedding_parts(model, x, y, metrics):
    """The same of a model without clusters."""
    z = model.embed(x)
    return [
        sections.embedding_summary(y, z, metrics),
        sections.embedding(z, y),
        contents.plane(model, x, z),
    ]


def _page(what, model, x, config, parts):
    from kerasdc import __version__

    title = type(model).__name__
    if config.get("dataset"):
        title += f" on {shorten(config['dataset'], 60)}"
    shape = " × ".join(map(str, x.shape[1:])) or "text"
    return PAGE.format(
        title=escape(title),
        style=STYLE,
        subtitle=f"{what} of {len(x):,} samples ({shape}) by a model "
        f"with {model.count_params():,} parameters.",
        sections="\n".join(part for part in parts if part),
        footer=f"Written by kerasdc {__version__} with Keras "
        f"{keras.__version__}.",
    )
