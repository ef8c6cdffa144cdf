"""Models written for other programs to run."""

from kerasdc.export.saved_model import export_saved_model
from kerasdc.export.saved_model import signatures
from kerasdc.export.saved_model import write_saved_model

__all__ = ["export_saved_model", "signatures", "write_saved_model"]
