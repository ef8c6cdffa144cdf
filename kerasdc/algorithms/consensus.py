"""One partition from several: what most of them agree about."""

import numpy as np

from kerasdc.algorithms.distance_linkage import KINDS
from kerasdc.algorithms.distance_linkage import distance_linkage
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.modular_kmeans import members_of
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.metrics.silhouettes import simplified_silhouette
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array

_NUM_RESTARTS = 10
_CLEARLY = 0.06  # a silhouette that much higher overrules the consensus
_LEAST_MODULARITY = 0.8  # of the highest one, of a partition that does so


def consensus(partitions, num_clusters, seed=None):
    """The partition that agrees best with several others, by k-means.

    Each sample is described by the clusters that it is in, an indicator for
    each cluster of each partition, and k-means groups these rows. Samples
    that most partitions keep together stay together.

    Reference:

    - [Wu et al., 2015](https://doi.org/10.1109/TKDE.2014.2316512), K-Means-
      Based Consensus Clustering: A Unified View, section 3; the utility
      function is that of the category utility.

    Args:
        partitions: List of integer arrays `(n,)`, at least one.
        num_clusters: Integer.
        seed: Optional integer.

    Returns:
        Integer array `(n,)`, clusters from 0 to `num_clusters - 1`.

    Raises:
        ValueError: If there is no partition, or they differ in length.
    """
    num_clusters = checked_count("num_clusters", num_clusters)
    rows = indicators(partitions)
    if num_clusters == 1:
        return np.zeros(rows.shape[0], int)
    seed = checked_seed(seed)
    kmeans = fit_kmeans(rows, num_clusters, _NUM_RESTARTS, seed)
    return kmeans.labels_.astype(int)


def indicators(partitions):
    """For each sample, which clusters of which partitions it is in.

    Args:
        partitions: List of integer arrays `(n,)`.

    Returns:
        `scipy.sparse.csr_matrix` of 0 and 1, `(n, clusters of all)`.

    Raises:
        ValueError: As `consensus`.
    """
    from scipy import sparse

    partitions = [checked_array("partitions", p, 1) for p in partitions]
    if len({len(p) for p in partitions}) != 1:
        raise ValueError(
            "`partitions` must be arrays of one length, at least one. "
            f"Received: lengths {[len(p) for p in partitions]}"
        )
    blocks = [members_of(partition) for partition in partitions]
    return sparse.hstack(blocks, format="csr", dtype="float32")


def graph_consensus(
    graph,
    partitions,
    spaces,
    num_clusters,
    tolerance=0.003,
    seed=None,
    embedding=None,
):
    """The consensus of the better half of several partitions.

    Partitions whose modularity is more than `tolerance` below the highest one
    are left out, and so is each that equals another. The others are ranked by
    their modularity and by their silhouette, averaged over all spaces; the
    half of the best sum of ranks, at least three, takes part. Both scores
    err: the one joins and splits clusters of unequal size, the other wants
    them round.

    The modularity has a resolution: it splits clusters that hold much of the
    data ([Fortunato and Barthelemy, 2007](
    https://doi.org/10.1073/pnas.0605965104)). So, if the embedding separates
    one partition clearly better than the consensus, by 0.06 of the
    silhouette, that one is taken as it is: one of those given, or that of
    `distance_linkage` in the embedding, by average or largest distances; but
    not if its modularity is below 0.8 of the highest: then it has split off
    what lies far away, and has joined the rest.

    Args:
        graph: SciPy sparse matrix `(n, n)`, as `fuzzy_neighbor_graph` makes
            it.
        partitions: Dictionary of integer arrays `(n,)` by name.
        spaces: Dictionary of arrays `(n, dim)` by name.
        num_clusters: Integer.
        tolerance: Float, at least 0.
        seed: Optional integer.
        embedding: Optional name of the space that a network has learned from
            the graph.

    Returns:
        Tuple of the consensus, `(n,)`, and a dictionary: the modularity of
        each partition, and that of the `"consensus"`.

    Raises:
        ValueError: As `consensus` and `modularity`.
    """
    scores = {name: modularity(graph, p) for name, p in partitions.items()}
    least = max(scores.values()) - tolerance
    good = [name for name in distinct(partitions) if scores[name] >= least]
    apart = [
        np.mean(
            [simplified_silhouette(z, partitions[n]) for z in spaces.values()]
        )
        for n in good
    ]
    ranks = _ranks([scores[name] for name in good]) + _ranks(apart)
    best = np.argsort(-ranks, kind="stable")[: max(3, len(good) // 2)]
    chosen = [partitions[good[i]] for i in best]
    found = consensus(chosen, num_clusters, seed)
    if embedding is not None:
        z = spaces[embedding]
        merged = {k: distance_linkage(z, num_clusters, k) for k in KINDS}
        reached = scores | {k: modularity(graph, merged[k]) for k in KINDS}
        least = _LEAST_MODULARITY * max(scores.values())
        every = (partitions | merged).items()
        others = [p for name, p in every if reached[name] >= least]
        found = _clearest(found, others, z)
    return found, {**scores, "consensus": modularity(graph, found)}


def _clearest(found, partitions, z):
    """Of several partitions, the one that a space separates clearly best."""
    apart = [simplified_silhouette(z, p) for p in partitions]
    best = int(np.argmax(apart))
    if apart[best] > simplified_silhouette(z, found) + _CLEARLY:
        return partitions[best]
    return found


def distinct(partitions):
    """Names of partitions, each of which differs from those before it.

    Args:
        partitions: Dictionary of integer arrays `(n,)` by name. Which number
            a cluster has does not count.

    Returns:
        List of names.
    """
    found = {}
    for name, partition in partitions.items():
        _, first, inverse = np.unique(
            partition, return_index=True, return_inverse=True
        )
        found.setdefault(first[inverse].tobytes(), name)
    return list(found.values())


def _ranks(scores):
    return np.argsort(np.argsort(scores, kind="stable"), kind="stable")
