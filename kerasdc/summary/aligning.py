"""`align`: the clusters of a new model under the ids of an older one."""

import itertools

import numpy as np

from kerasdc.models import ClusteringModel
from kerasdc.models import EditedClusters


def align(new, old, x):
    """Gives the clusters of a new version the ids of the old one.

    Two trainings number their clusters as it happens, so a service that is
    given the second one would call the same things by other ids. Here, each
    cluster of `new` gets the id of that of `old` with which it shares samples,
    one to one, so that as many samples as possible keep their id. A cluster
    that is left over gets an id that `old` does not have. Names of `old` go to
    clusters of `new` that have none.

    Args:
        new: A fitted model of clusters.
        old: Another one, of the same kind of samples.
        x: Samples by which clusters are matched, such as a week's requests.

    Returns:
        `kerasdc.models.EditedClusters`, to be saved and exported like `new`.

    Raises:
        ValueError: If one is no fitted model of clusters, or `x` is not
            usable.

    Example:

    >>> old, new = kerasdc.load("dec_digits"), kerasdc.load("dac_digits")
    >>> images = kerasdc.datasets.load("digits").x
    >>> aligned = kerasdc.align(new, old, images)
    >>> bool(np.mean(aligned.assign(images) == old.assign(images)) > 0.8)
    True
    """
    from scipy.optimize import linear_sum_assignment

    for name, model in (("new", new), ("old", old)):
        if not isinstance(model, ClusteringModel):
            raise ValueError(
                f"`{name}` must be a fitted model of clusters. "
                f"Received: {name}={type(model).__name__}"
            )
    new, old = EditedClusters.of(new), EditedClusters.of(old)
    shared = np.zeros((new.num_clusters, old.num_clusters), int)
    np.add.at(shared, (new.assign(x), old.assign(x)), 1)
    pairs = zip(*linear_sum_assignment(-shared), strict=True)
    known = {int(i): int(j) for i, j in pairs if shared[i, j]}
    unused = itertools.count(old.num_clusters)  # also not one given up
    ids = {i: known[i] if i in known else next(unused) for i in new.cluster_ids}
    aligned = new.renumbered(ids)
    for cluster, name in old.cluster_names.items():
        free = set(aligned.cluster_ids) - set(aligned.cluster_names)
        if cluster in free & set(known.values()):
            aligned = aligned.renamed(cluster, name)
    return aligned
