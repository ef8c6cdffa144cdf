"""The report of a trained model: one HTML file that works offline."""

from kerasdc.report.outputs import Outputs
from kerasdc.report.writing import write_report

__all__ = ["Outputs", "write_report"]
