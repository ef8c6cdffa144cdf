"""Partitions of the graph of neighbors of what a model is trained on."""

import numpy as np

from kerasdc.algorithms.consensus import graph_consensus
from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.graph_partitions import graph_partitions
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.callbacks.collapse import too_small
from kerasdc.models.bases.data_graph import DataGraph
from kerasdc.models.bases.neighbor_points import neighbor_points

METHODS = ("consensus", "linkage")
LEAST_SHARE = 0.05  # of an even one, which a cluster along the graph has
NUM_POINT_SETS = 2
_POINT_DIM = 10


class GraphSearch(DataGraph):
    """A mixin of `EncoderModel`: looks for clusters along the graph.

    Models have `num_clusters`, `num_neighbors`, `shifts` and `method`.

    Attributes:
        partition_scores: Dictionary of floats: the modularity of each
            partition that was found, by the name of its method.
    """

    shifts = False

    @property
    def is_frozen(self):
        """Whether the encoder has no weights to train."""
        return self.encoder is not None and not self.encoder.trainable_weights

    def graph_features(self, x):
        """What neighbors are looked for in.

        Args:
            x: Prepared samples.

        Returns:
            Float array `(n, ...)`: the outputs of a frozen encoder, or else
            of the preprocessor.
        """
        if self.is_frozen:
            return self.embed(x)
        return super().graph_features(x)

    def graph_of(self, x):
        """The graph of neighbors of samples, by the model's arguments.

        Args:
            x: Prepared samples.

        Returns:
            SciPy sparse matrix `(n, n)`.
        """
        shifts = self.shifts and not self.is_frozen
        return self.neighbor_graph(x, self.num_neighbors, shifts)

    def find_partition(self, x, seed, callbacks=None):
        """Clusters by the model's `method`; sets `partition_scores`.

        If clusters along the graph hold next to nothing, the consensus is
        taken instead.

        Args:
            x: Prepared samples.
            seed: Integer.
            callbacks: Keras callbacks of trainings of free points.

        Returns:
            Integer array `(n,)`.
        """
        if self.num_clusters == 1:
            return np.zeros(len(x), int)
        graph = self.graph_of(x)
        if self.method == "linkage":
            found = degree_linkage(graph, self.num_clusters)
            self.partition_scores = {"linkage": modularity(graph, found)}
            if not too_small(np.bincount(found), LEAST_SHARE).any():
                return found
            # It has split off a few samples, and joined the others.
        embedding = None if self.is_frozen else self.embed(x)
        found, self.partition_scores = consensus_along_graph(
            self, x, graph, seed, embedding, callbacks=callbacks
        )
        return found


def consensus_along_graph(
    model, x, graph, seed, embedding=None, learned=True, callbacks=None
):
    """What several partitions, found by the graph in several ways, agree about.

    Args:
        model: `DataGraph` with `num_clusters`.
        x: Prepared samples.
        graph: SciPy sparse matrix `(n, n)`, of their neighbors.
        seed: Integer.
        embedding: Optional float array `(n, dim)`, one of the spaces that
            partitions are found in, beside features and free points.
        learned: Boolean, whether it was learned from such a graph by
            attraction, so that it may overrule; see `graph_consensus`.
        callbacks: Keras callbacks of trainings of free points.

    Returns:
        Tuple of an integer array `(n,)`, and a dictionary of floats, the
        modularity of each partition by its name; see `graph_consensus`.
    """
    spaces = {
        f"points {i}": neighbor_points(
            graph, _POINT_DIM, seed + i, callbacks=callbacks
        )
        for i in range(NUM_POINT_SETS)
    }
    if embedding is not None:
        spaces["embedding"] = embedding
    features = model.graph_features(x)
    found = graph_partitions(graph, features, spaces, model.num_clusters, seed)
    return graph_consensus(
        graph,
        found,
        spaces,
        model.num_clusters,
        seed=seed,
        embedding="embedding" if learned and "embedding" in spaces else None,
    )
