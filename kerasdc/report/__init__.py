"""One HTML file about one trained model, complete without a network."""

from kerasdc.report.writing import write_report

__all__ = ["write_report"]
