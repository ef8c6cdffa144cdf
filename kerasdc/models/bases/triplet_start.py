"""A start by triplets: an embedding of groups of neighbors, and clusters."""

import collections

import keras
from keras import ops

from kerasdc.algorithms.consensus import consensus
from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.metrics.labels import nmi
from kerasdc.models.bases.partition_training import train_by_triplets
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.utils.tensors import unit_rows

_GROUPS = 5  # for each cluster, along the graph of the features
_MAJORITY = 3  # trainings, the fewest that can outvote one
_LEAST_MODULARITY = 0.9  # of the highest one, of a training that has a vote

_Training = collections.namedtuple(
    "_Training", "modularity weights graph clusters"
)


def found_after_triplets(
    model, x, graph, find, epochs, restarts, num_neighbors, seed, verbose
):
    """Clusters along the graph of an embedding that triplets have trained.

    Trainings from other weights, or with other rounding, may join two clusters
    and part a third. Of three or more, the clusters are what they agree about,
    and the encoder keeps the weights of that one which agrees best with it.
    Trainings that failed have no vote: their clusters have a modularity, on the
    graph of the features, below 0.9 of the highest. If fewer than three have a
    vote, the training of highest modularity is taken.

    Args:
        model: `EncoderModel` with a `DataGraph`, built.
        x: Prepared training data.
        graph: SciPy sparse matrix `(n, n)`, of the features.
        find: Function from such a graph to an integer array `(n,)`.
        epochs: Integer, at least 1, passes of a training.
        restarts: Integer, at least 1: the first training begins with the
            weights that the encoder has, others with random ones.
        num_neighbors: Integer, of a sample in the graph of the embedding.
        seed: Integer, of the order of batches and of weights.
        verbose: As in `keras.Model.fit`.

    Returns:
        Tuple of the graph of the embedding, and the clusters.
    """
    linkage = DegreeLinkage(graph)
    wanted = _GROUPS * model.num_clusters
    groups = linkage.merge_to(min(wanted, linkage.num_clusters))
    trainings = []
    for i in range(restarts):
        if i > 0:
            model.encoder.set_weights(_fresh_weights(model.encoder, seed + i))
        train_by_triplets(model, x, groups, epochs, seed + i, verbose)
        directions = ops.convert_to_numpy(unit_rows(model.embed(x)))
        embedded = fuzzy_neighbor_graph(directions, num_neighbors)
        clusters = find(embedded)
        score = modularity(graph, clusters)
        weights = model.encoder.get_weights()
        trainings.append(_Training(score, weights, embedded, clusters))
    chosen, clusters = _agreed(trainings, model.num_clusters, seed)
    model.encoder.set_weights(chosen.weights)
    return chosen.graph, clusters


def _agreed(trainings, num_clusters, seed):
    """The training nearest to what all agree about, and those clusters."""
    best = max(trainings, key=lambda t: t.modularity)
    least = _LEAST_MODULARITY * best.modularity
    heard = [t for t in trainings if t.modularity >= least]
    if len(heard) < _MAJORITY:
        return best, best.clusters
    found = consensus([t.clusters for t in heard], num_clusters, seed)
    return max(heard, key=lambda t: nmi(found, t.clusters)), found


def _fresh_weights(network, seed):
    """Weights that a network like this one begins with, by another seed."""
    with drawing_from(seed):
        other = keras.models.clone_model(network)
        if not other.built:
            other.build(network.input_shape)
    return other.get_weights()
