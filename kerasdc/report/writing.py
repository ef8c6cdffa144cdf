"""The report of one trained model."""

from pathlib import Path

import keras
import numpy as np

from kerasdc.datasets.store import replace
from kerasdc.inputs import to_array
from kerasdc.report import contents
from kerasdc.report import sections
from kerasdc.report.pieces import escape
from kerasdc.report.pieces import shorten
from kerasdc.report.template import PAGE
from kerasdc.report.template import STYLE


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
    config = config or {}
    q = model.predict(x, verbose=0)
    assignments, confidences = q.argmax(axis=1), q.max(axis=1)
    parts = [
        sections.summary(y, q, metrics or {}),
        sections.settings(config),
        sections.curves(list(log)),
        contents.samples(x, assignments, confidences, names),
        contents.generated(model, x, assignments),
        sections.embedding(model.embed(x), y, assignments),
        sections.confusion(y, assignments),
        sections.sizes(y, q),
    ]
    replace(Path(path), _page(model, x, config, parts).encode("utf-8"))


def _page(model, x, config, parts):
    from kerasdc import __version__

    title = type(model).__name__
    if config.get("dataset"):
        title += f" on {shorten(config['dataset'], 60)}"
    shape = " × ".join(map(str, x.shape[1:])) or "text"
    return PAGE.format(
        title=escape(title),
        style=STYLE,
        subtitle=f"Deep clustering of {len(x):,} samples ({shape}) by a model "
        f"with {model.count_params():,} parameters.",
        sections="\n".join(part for part in parts if part),
        footer=f"Written by kerasdc {__version__} with Keras "
        f"{keras.__version__}.",
    )
