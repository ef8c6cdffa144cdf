"""Export of models to other programs."""

from kerasdc.export.saved_model import export_saved_model
from kerasdc.export.saved_model import signatures

__all__ = ["export_saved_model", "signatures"]
