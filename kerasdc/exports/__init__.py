"""Export of models to other programs."""

from kerasdc.exports.formats import export
from kerasdc.exports.saved_model import export_saved_model
from kerasdc.exports.served_signatures import signatures

__all__ = ["export", "export_saved_model", "signatures"]
