"""Clusters of any data without a recipe; choosing without labels."""

from kerasdc.automatic.choices import Choices
from kerasdc.automatic.choices import choose
from kerasdc.automatic.one_call import cluster
from kerasdc.automatic.outcome import Clustering
from kerasdc.automatic.selection import Selection
from kerasdc.automatic.selection import select

__all__ = [
    "Choices",
    "Clustering",
    "Selection",
    "choose",
    "cluster",
    "select",
]
