"""UMAP's cross-entropy of the edges of a neighbor graph."""

import math

from keras import ops

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor
from kerasdc.utils.tensors import largest_entry

_CLOSE = 1e-3  # added to squared distances, as in the authors' code
_TINY = 1e-37  # float32 rounds less to 0


def edge_cross_entropy(
    first, second, a, b, num_negatives=8, repulsion_weight=5.0
):
    """Cross-entropy of edges and non-edges with `v = 1 / (1 + a d^(2b))`.

    The mean of `-log v` over the edges, which attract, plus
    `repulsion_weight` times the mean of `-log(1 - v)` over pairs that are
    drawn without regard to edges, which repel. These pairs are taken from the
    batch: the first end of edge i and the second ends of the edges
    `i + 1, ..., i + num_negatives` (after the last edge, from the start).
    Edges drawn at random make them random, too.

    Reference:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426), UMAP: Uniform
      Manifold Approximation and Projection, definition 11 and section 3.2.

    Args:
        first: Tensor `(num_edges, dim)`, an end of each edge.
        second: Tensor of that shape, the other end.
        a: Float above 0; see `kerasdc.algorithms.neighbor_graph`.
        b: Float above 0.
        num_negatives: Integer, at least 1, below the number of edges.
        repulsion_weight: Float, at least 0; the paper's is 5 to each edge.

    Returns:
        Float32 scalar tensor, in nats.

    Raises:
        ValueError: If a number is out of its range, or the shapes are known
            and differ, or there are too few edges.
    """
    first, second = _checked_ends(first, second)
    num_negatives = checked_count("num_negatives", num_negatives)
    weight = checked_number("repulsion_weight", repulsion_weight)
    _check_enough(first.shape[0], num_negatives)
    attraction = ops.mean(edge_attraction(first, second, a, b))
    others = [ops.roll(second, -i, 0) for i in range(1, num_negatives + 1)]
    # All pairs in one tensor: they are small, and there are many operations.
    pairs = ops.tile(first, (num_negatives, 1)), ops.concatenate(others)
    return attraction + weight * ops.mean(edge_repulsion(*pairs, a, b))


def edge_attraction(first, second, a, b):
    """`-log v = log(1 + a d^(2b))` of pairs at distance d.

    Args:
        first: Tensor `(num_pairs, dim)`.
        second: Tensor of that shape.
        a: Float above 0.
        b: Float above 0.

    Returns:
        Float32 tensor `(num_pairs,)`, in nats.

    Raises:
        ValueError: If a number is out of its range, or the shapes are known
            and differ.
    """
    return ops.softplus(_log_odds(first, second, a, b))


def edge_repulsion(first, second, a, b):
    """`-log(1 - v) = log(1 + 1 / (a d^(2b)))` of pairs at distance d.

    Args:
        first, second, a, b: As in `edge_attraction`.

    Returns:
        Float32 tensor `(num_pairs,)`, in nats.

    Raises:
        ValueError: As `edge_attraction`.
    """
    return ops.softplus(-_log_odds(first, second, a, b))


def _log_odds(first, second, a, b):
    """`log(a d^(2b))`, minus the log-odds of an edge; finite at any d."""
    first, second = _checked_ends(first, second)
    a = checked_number("a", a, above=True)
    b = checked_number("b", b, above=True)
    return math.log(a) + b * _log_squared_distance(first, second)


def _log_squared_distance(first, second):
    """`log(d^2 + 0.001)`: at d = 0 it is finite, and its gradient 0."""
    # Squares of what is far are scaled down: they would overflow.
    largest = ops.maximum(largest_entry(first), largest_entry(second))
    unit = ops.maximum(largest, 1.0)
    difference = first / unit - second / unit
    squared = ops.sum(ops.square(difference), axis=1)
    close = ops.maximum(_CLOSE / unit / unit, _TINY)[:, 0]
    return 2.0 * ops.log(unit[:, 0]) + ops.log(squared + close)


def _checked_ends(first, second):
    first, second = (
        ops.cast(checked_tensor(name, tensor, 2), "float32")
        for name, tensor in (("first", first), ("second", second))
    )
    check_same_shape(first=first, second=second)
    return first, second


def _check_enough(num_edges, num_negatives):
    if num_edges is not None and num_edges <= num_negatives:
        raise ValueError(
            "`num_negatives` must be below the number of edges, here "
            f"{num_edges}. Received: num_negatives={num_negatives}"
        )
