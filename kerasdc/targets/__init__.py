"""PyDatasets that training and prediction run on.

All of them end: `for batch in batches` reads one epoch.
"""

from kerasdc.targets.affinity_batches import AffinityBatches
from kerasdc.targets.affinity_batches import NeighborPairs
from kerasdc.targets.batches import ShuffledBatches
from kerasdc.targets.batches import WholePass
from kerasdc.targets.batches import steps_taken
from kerasdc.targets.features import FeatureBatches
from kerasdc.targets.features import all_features
from kerasdc.targets.group_mates import GroupMates
from kerasdc.targets.group_mates import MergedMates
from kerasdc.targets.neighbor_radii import NeighborRadii
from kerasdc.targets.orders import fixed_order
from kerasdc.targets.orders import keras_order
from kerasdc.targets.paired_batches import PairedBatches
from kerasdc.targets.self_training_targets import SelfTrainingTargets

__all__ = [
    "AffinityBatches",
    "FeatureBatches",
    "GroupMates",
    "MergedMates",
    "NeighborPairs",
    "NeighborRadii",
    "PairedBatches",
    "SelfTrainingTargets",
    "ShuffledBatches",
    "WholePass",
    "all_features",
    "fixed_order",
    "keras_order",
    "steps_taken",
]
