"""Clusters that hold next to nothing, and what to do about it."""

import warnings

MINIMUM = 0.05  # of an even share


def too_small(sizes, minimum=MINIMUM):
    """Which clusters hold less than a part of an even share.

    Args:
        sizes: Integer array `(k,)`, samples in each cluster.
        minimum: Float from 0 to 1, that part. An empty cluster is always too
            small.

    Returns:
        Boolean array `(k,)`.
    """
    return sizes < max(minimum * sizes.sum() / len(sizes), 1)


def advice(model):
    """What to do when clusters of a model collapse.

    Args:
        model: `kerasdc.models.ClusteringModel`.

    Returns:
        String.
    """
    if model.starts_undecided:
        return (
            "Use fewer clusters, lower the learning rate, or fit a new "
            "model with another seed."
        )
    return (
        "Use fewer clusters, pretrain longer, lower the learning rate, or "
        "call `adapt` again with another seed."
    )


def warn_of_collapse(model, sizes):
    """Warns if clusters hold next to nothing after training.

    Args:
        model: `kerasdc.models.ClusteringModel`.
        sizes: Integer array `(k,)`, training samples in each cluster.
    """
    num_small = int(too_small(sizes).sum())
    if num_small:
        shown = ", ".join(map(str, sizes[:50])) + ", ..." * (len(sizes) > 50)
        warnings.warn(
            f"The clusters collapsed: {num_small} of {len(sizes)} are empty "
            f"or nearly so. Their sizes are {shown}. {advice(model)}",
            stacklevel=4,
        )
