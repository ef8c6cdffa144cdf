"""The report of one trained model."""

import keras

from kerasdc import plots
from kerasdc.models import ClusteringModel
from kerasdc.report import contents
from kerasdc.report import generated_images
from kerasdc.report import sections
from kerasdc.report.outputs import Outputs
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import shorten
from kerasdc.report.template import PAGE
from kerasdc.report.template import STYLE
from kerasdc.utils.files import local_path
from kerasdc.utils.files import replace


def write_report(
    path, model, x, y=None, log=(), config=None, metrics=None, outputs=None
):
    """Writes a report of a trained model as one HTML file.

    It shows the figures, the settings, the curves of the training and the
    embedding in the plane. For a clustering model it also shows samples of
    every cluster, the sizes of the clusters and, if labels are given, the
    confusion matrix; for an embedding in the plane with a decoder, images
    decoded from a grid of points. Large data is shown in part. The file is
    written atomically.

    Args:
        path: String or path of the file. Its folder must exist.
        model: Trained `kerasdc.models.EncoderModel`.
        x: Raw samples, as `model.predict` takes them.
        y: Optional integers or strings `(n,)`, the classes. Labels are used
            for evaluation only.
        log: Iterable of dicts, one per epoch, or the `History` that `fit`
            returns: see `kerasdc.plots.training_curves`.
        config: Optional dict of the settings, nested or not. `dataset` also
            goes into the title.
        metrics: Optional dict of further figures, such as `objective` and
            `seconds`. `accuracy`, `nmi` and `ari` of a clustering model are
            computed from `y` where they are missing.
        outputs: Optional `Outputs` of this model for `x` and `y`. What they
            hold is not computed again.

    Raises:
        ImportError: If matplotlib is missing.
        OSError: If the file cannot be written.
        ValueError: If `x` does not fit the model, `y` does not fit `x`, `log`
            is none, or `path` an address.
    """
    path, log = local_path("path", path), plots.log_rows(log)
    outputs = Outputs(model, x, y) if outputs is None else outputs
    config, metrics = config or {}, metrics or {}
    if isinstance(model, ClusteringModel):
        what = "Deep clustering"
        summary, *shown = _cluster_parts(outputs, metrics)
    else:
        what = "An embedding"
        summary, *shown = _embedding_parts(outputs, metrics)
    made = [sections.settings(config), sections.curves(log)]
    text = page(what, outputs, config, [summary, *made, *shown])
    replace(path, text.encode("utf-8"))


def _cluster_parts(outputs, metrics):
    """The summary and the sections of a clustering model."""
    return [
        sections.cluster_summary(outputs, metrics),
        contents.samples(outputs),
        generated_images.generated(outputs),
        sections.embedding(outputs, outputs.assignments),
        sections.confusion(outputs),
        sections.sizes(outputs),
    ]


def _embedding_parts(outputs, metrics):
    """The summary and the sections of a model without clusters."""
    return [
        sections.embedding_summary(outputs, metrics),
        sections.embedding(outputs),
        contents.plane(outputs),
    ]


def page(what, outputs, config, parts):
    """A whole page, as HTML.

    Args:
        what: String, the kind of model.
        outputs: `Outputs`.
        config: Dictionary whose `dataset`, if any, is part of the title.
        parts: Sections, as HTML; empty ones are left out.

    Returns:
        String.
    """
    from kerasdc import __version__

    model, x = outputs.model, outputs.x
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
