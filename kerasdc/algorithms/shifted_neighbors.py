"""Nearest neighbors of images among copies shifted by one pixel."""

import numpy as np

from kerasdc.algorithms.neighbor_graph import fuzzy_union
from kerasdc.algorithms.projected_neighbors import first_of_each
from kerasdc.algorithms.projected_neighbors import nearest_rows
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.array_checks import checked_array

_SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def shifted_neighbor_graph(images, num_neighbors=10):
    """The fuzzy graph of images that one of them may be shifted in.

    The distance of two images is the least one over shifts of the second by
    one pixel up, down, left, right or not at all; pixels at the edge are
    repeated. So two images of one thing are near although it lies a little
    off, which a small image does not tell apart otherwise.

    References:

    - [Simard et al., 1992](https://papers.nips.cc/paper/1992/hash/26408ffa703a72e8ac0117e74ad46f33-Abstract.html),
      Efficient Pattern Recognition Using a New Transformation Distance, for
      distances that small changes do not change.
    - `kerasdc.algorithms.neighbor_graph`, for the graph.

    Args:
        images: Array `(n, height, width)` or `(n, height, width, channels)`,
            at least 2.
        num_neighbors: Integer, at least 1, of each image; at most all others.

    Returns:
        `scipy.sparse.csr_matrix` `(n, n)`, symmetric.

    Raises:
        ValueError: If `images` have other axes, or are not finite.
    """
    images = checked_array("images", images)
    k = checked_count("num_neighbors", num_neighbors)
    if images.ndim not in (3, 4) or len(images) < 2:
        raise ValueError(
            "`images` must be (n, height, width), with or without channels, "
            f"at least 2. Received: images of shape {images.shape}"
        )
    k = min(k, len(images) - 1)
    images = images.astype("float32")
    queries = images.reshape(len(images), -1)
    found = [
        nearest_rows(queries, _shifted(images, *by), k + 1) for by in _SHIFTS
    ]
    distances = np.concatenate([d for d, _ in found], axis=1)
    indices = np.concatenate([i for _, i in found], axis=1)
    return fuzzy_union(*first_of_each(distances, indices, k))


def _shifted(images, down, right):
    """Rows of all images, shifted by so many pixels."""
    height, width = images.shape[1:3]
    axes = ((0, 0), (1, 1), (1, 1), *((0, 0),) * (images.ndim - 3))
    padded = np.pad(images, axes, mode="edge")
    moved = padded[:, 1 + down : 1 + down + height, 1 + right :][:, :, :width]
    return moved.reshape(len(images), -1)
