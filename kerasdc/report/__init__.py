"""One HTML file about one trained model, complete without a network."""

from kerasdc.report.outputs import Outputs
from kerasdc.report.writing import write_report

__all__ = ["Outputs", "write_report"]
