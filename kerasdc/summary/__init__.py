"""What the clusters of a fitted model hold; changes of them; a map."""

from kerasdc.summary.aligning import align
from kerasdc.summary.described import Cluster
from kerasdc.summary.summarizing import Summary
from kerasdc.summary.summarizing import summarize

__all__ = ["Cluster", "Summary", "align", "summarize"]
