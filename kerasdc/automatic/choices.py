"""What `cluster` chooses for data that it has looked at: rules for all."""

import dataclasses
import math

import numpy as np

from kerasdc.utils.inputs import evenly_spaced
from kerasdc.utils.sampled_rows import MOST_SEARCHED

UNIT_LENGTHS = 0.01  # relative spread of lengths up to which rows are unit
UNEQUAL_RANGES = 5.0  # ratio of columns' ranges from which units differ
MOST_CHANNELS = 8  # in the last axis of a series; more are an image's width
LEAST_SIDE = 16  # of images, from which a shift by a pixel is a small one
SHIFTED_NEIGHBORS = 7  # in the graph of images that may be shifted
LARGE_IMAGE = 1024  # pixels, from which an image takes convolutions
HIDDEN_UNITS = (256, 256, 256)
LATENT_DIM = 10
SHIFT, ROTATION = 1 / 16, 5.0  # of images, while the classifier is trained
MAX_WORDS = 2000


@dataclasses.dataclass(frozen=True)
class Choices:
    """What is done with the data; every field can be chosen by the caller.

    Attributes:
        kind: `"columns"`, `"vectors"` (of one length), `"images"`,
            `"series"` or `"texts"`.
        preprocessor: `"standardization"`, `"scaling"`, `"contrast"` or
            `"tf-idf"`.
        encoder: `"perceptron"`, `"convolutions"` or `"convolutions_1d"`.
        augmentation: `"shift_rotation"` or `None`.
        shifts: Boolean, whether neighbors may be shifted by a pixel.
        method: `"consensus"` or `"linkage"`; see `NeighborClustering`.
        num_neighbors: Integer, of each sample in the graph.
        reason: String, why.
    """

    kind: str
    preprocessor: str
    encoder: str = "perceptron"
    augmentation: str | None = None
    shifts: bool = False
    method: str = "consensus"
    num_neighbors: int = 10
    reason: str = ""


def choose(x):
    """Looks at data and chooses what is done with them.

    Args:
        x: Array `(n, ...)`, or texts as objects `(n,)`.

    Returns:
        `Choices`.
    """
    if x.dtype == object:
        return Choices(
            "texts", "tf-idf", reason=f"the {MAX_WORDS} most frequent words"
        )
    if x.ndim > 2:
        return _choose_grid(x)
    lengths = np.linalg.norm(x[:10_000].astype("float64"), axis=1)
    if lengths.std() <= UNIT_LENGTHS * lengths.mean():
        return Choices("vectors", "scaling", reason="all of one length")
    ratio = ratio_of_ranges(evenly_spaced(x, MOST_SEARCHED))
    if ratio > UNEQUAL_RANGES:
        return Choices(
            "columns",
            "standardization",
            reason=f"ranges of columns differ {ratio:.3g}-fold",
        )
    return Choices("columns", "scaling", reason="columns of similar ranges")


def ratio_of_ranges(x):
    """How much the ranges of columns differ.

    Args:
        x: Array `(n, dim)`.

    Returns:
        Float, at least 1: the 90 % quantile of the ranges, divided by the
        10 % quantile; without columns that are constant.
    """
    ranges = np.ptp(x.astype("float64"), axis=0)
    ranges = ranges[ranges > 0]
    if len(ranges) == 0:
        return 1.0
    low, high = np.quantile(ranges, [0.1, 0.9])
    return float(high / low)


def _choose_grid(x):
    shape = x.shape[1:]
    if len(shape) == 2 and shape[1] <= MOST_CHANNELS < shape[0]:
        return Choices(
            "series",
            "standardization",
            "convolutions_1d",
            reason=f"{shape[0]} steps of {shape[1]} channels",
        )
    if len(shape) > 3:
        return Choices("columns", "scaling", reason="more than three axes")
    return _choose_images(shape)


def _choose_images(shape):
    # In a tiny image a pixel is a large part of what it shows: others are
    # its neighbors if it may be shifted, and no long chains of them.
    is_tiny = min(shape[:2]) < LEAST_SIDE
    is_large = math.prod(shape) > LARGE_IMAGE
    return Choices(
        "images",
        "scaling" if is_tiny else "contrast",
        "convolutions" if is_large else "perceptron",
        "shift_rotation",
        not is_tiny,
        "consensus" if is_tiny else "linkage",
        10 if is_tiny else SHIFTED_NEIGHBORS,
        f"images of shape {shape}",
    )
