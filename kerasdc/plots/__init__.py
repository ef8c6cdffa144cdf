"""Figures of trainings and clusterings, each a matplotlib `Figure`.

Matplotlib is imported by the first figure, and without pyplot: no window
opens, and no state or style of the caller changes.
"""

from kerasdc.plots.curves import has_curves
from kerasdc.plots.curves import log_rows
from kerasdc.plots.curves import training_curves
from kerasdc.plots.generated import code_grid
from kerasdc.plots.generated import generated_samples
from kerasdc.plots.generated import interpolations
from kerasdc.plots.generated import plane
from kerasdc.plots.matrix import confusion
from kerasdc.plots.overview import preview
from kerasdc.plots.projection import two_dimensional
from kerasdc.plots.samples import cluster_samples
from kerasdc.plots.samples import is_images
from kerasdc.plots.samples import ranked
from kerasdc.plots.scatter import embedding
from kerasdc.plots.scatter import grid
from kerasdc.plots.selection_curve import selection_curve
from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import png

__all__ = [
    "PALETTE",
    "cluster_samples",
    "code_grid",
    "confusion",
    "embedding",
    "generated_samples",
    "grid",
    "has_curves",
    "interpolations",
    "is_images",
    "log_rows",
    "plane",
    "png",
    "preview",
    "ranked",
    "selection_curve",
    "training_curves",
    "two_dimensional",
]
