"""A start by triplets: an embedding of groups of neighbors, and clusters."""

import keras
from keras import ops

from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.models.bases.partition_training import train_by_triplets
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.utils.tensors import unit_rows

_GROUPS = 5  # for each cluster, along the graph of the features


def found_after_triplets(
    model, x, graph, find, epochs, restarts, num_neighbors, seed, verbose
):
    """Clusters along the graph of an embedding that triplets have trained.

    Trainings from other weights may join two clusters and part a third; the
    modularity on the graph of the features, which is the same for all, tells
    them apart without labels. The encoder keeps the best one's weights.

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
    best = None
    for i in range(restarts):
        if i > 0:
            model.encoder.set_weights(_fresh_weights(model.encoder, seed + i))
        train_by_triplets(model, x, groups, epochs, seed + i, verbose)
        directions = ops.convert_to_numpy(unit_rows(model.embed(x)))
        embedded = fuzzy_neighbor_graph(directions, num_neighbors)
        clusters = find(embedded)
        score = modularity(graph, clusters)
        if best is None or score > best[0]:
            best = score, model.encoder.get_weights(), embedded, clusters
    _, weights, embedded, clusters = best
    model.encoder.set_weights(weights)
    return embedded, clusters


def _fresh_weights(network, seed):
    """Weights that a network like this one begins with, by another seed."""
    with drawing_from(seed):
        other = keras.models.clone_model(network)
        if not other.built:
            other.build(network.input_shape)
    return other.get_weights()
