"""Callbacks for clustering: report, stop, warn, schedule."""

from kerasdc.callbacks.assignments import Adapt
from kerasdc.callbacks.assignments import Recenter
from kerasdc.callbacks.assignments import TrackAssignments
from kerasdc.callbacks.divergence import FiniteLoss
from kerasdc.callbacks.generators import GeneratorDiversity
from kerasdc.callbacks.reports import ClusteringMetrics
from kerasdc.callbacks.reports import ClusterSizes
from kerasdc.callbacks.reports import ComponentWeights
from kerasdc.callbacks.reports import LabelChangeStopping
from kerasdc.callbacks.schedules import EpochDecay
from kerasdc.callbacks.schedules import ExaggerationSchedule
from kerasdc.callbacks.schedules import ThresholdSchedule
from kerasdc.metrics import matched_clusters

__all__ = [
    "Adapt",
    "ClusterSizes",
    "ClusteringMetrics",
    "ComponentWeights",
    "EpochDecay",
    "ExaggerationSchedule",
    "FiniteLoss",
    "GeneratorDiversity",
    "LabelChangeStopping",
    "Recenter",
    "ThresholdSchedule",
    "TrackAssignments",
    "matched_clusters",
]
