"""Clusters along the graph of neighbors, for trainings to start from."""

import keras

from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.distance_linkage import distance_linkage
from kerasdc.models.bases.data_graph import DataGraph
from kerasdc.models.bases.graph_search import METHODS
from kerasdc.models.bases.graph_search import consensus_along_graph
from kerasdc.models.bases.neighbor_embedding import codes_of_neighbors
from kerasdc.models.bases.partition_training import train_on_partition
from kerasdc.models.bases.sampled_training import SampledSearch
from kerasdc.models.bases.sampled_training import refuse_processes
from kerasdc.models.bases.triplet_start import found_after_triplets
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import shown

_DEFAULTS = {
    "method": "linkage",
    "neighbor_epochs": 0,
    "triplet_epochs": 0,
    "triplet_restarts": 1,
    "learned_epochs": 1,
    "num_neighbors": 10,
    "shifts": False,
}


def clusters_along_graph(
    model,
    x,
    triplet_epochs,
    num_neighbors,
    shifts,
    seed,
    verbose,
    method="linkage",
    embeds=False,
    triplet_restarts=1,
    neighbor_epochs=0,
):
    """Finds clusters along the graph of neighbors.

    With triplets, the encoder first learns to bring samples of five times as
    many clusters together, as JULE does; the graph is then that of its outputs.
    Before a consensus it can learn to bring neighbors together instead.

    Args:
        model: `EncoderModel` with a `DataGraph`, built.
        x: Prepared training data.
        triplet_epochs: Integer, at least 0.
        num_neighbors, shifts: As in `DataGraph.neighbor_graph`.
        seed: Integer, of the order of batches.
        verbose: As in `keras.Model.fit`.
        method: `"linkage"`, which merges samples, `"consensus"` of several
            partitions, see `NeighborClustering`, or `"average"` linkage of
            the embedding.
        embeds: Boolean, whether the encoder was trained as a
            `NeighborEmbedding`.
        triplet_restarts: Integer, at least 1, trainings by triplets; see
            `found_after_triplets`.
        neighbor_epochs: Integer, at least 0, see `codes_of_neighbors`.

    Returns:
        Tuple of the graph, a SciPy sparse matrix `(n, n)`, and an integer
        array `(n,)` of clusters.
    """
    checked_count("triplet_epochs", triplet_epochs, 0)
    checked_count("triplet_restarts", triplet_restarts)
    graph = model.neighbor_graph(x, num_neighbors, shifts)

    def find(graph):
        if method == "average":
            return distance_linkage(model.embed(x), model.num_clusters)
        if method == "linkage" or model.num_clusters == 1:
            return degree_linkage(graph, model.num_clusters)
        embedding = None
        if neighbor_epochs:
            embedding = codes_of_neighbors(
                model, x, graph, neighbor_epochs, seed, verbose
            )
        elif embeds or triplet_epochs:
            embedding = model.embed(x)
        learned = embeds or not triplet_epochs
        found, _ = consensus_along_graph(
            model, x, graph, seed, embedding, learned
        )
        return found

    if not triplet_epochs:
        return graph, find(graph)
    trainings = (triplet_epochs, triplet_restarts, num_neighbors)
    return found_after_triplets(
        model, x, graph, find, *trainings, seed, verbose
    )


class GraphStart(SampledSearch, DataGraph):
    """A mixin of `DiscriminativeModel`: can start from clusters of a graph."""

    def recognizer(self):
        """What follows the encoder, as one layer.

        Returns:
            Keras layer from the encoder's outputs to soft assignments: of
            most models, the softmax of their `head`.
        """
        softmax = keras.layers.Softmax(dtype="float32")
        return keras.Sequential([self.head, softmax])

    def adapt(self, x, restarts=None, graph_start=None, verbose=0):
        """Looks for weights to start from, without labels.

        Args:
            x: Training samples; of more than 100,000, as many are drawn at
                random to look for clusters in.
            restarts: As in `DiscriminativeModel.adapt`.
            graph_start: Optional dictionary, in place of it: the network
                first learns clusters along the graph of neighbors. Its
                entries, all optional, are those of
                `AdaptedLayer.adapt_layer`: `triplet_epochs` (0),
                `triplet_restarts` (1), `learned_epochs` (1), `num_neighbors`
                (10) and `shifts` (`False`); `method`, `"linkage"` or
                `"consensus"`, see `NeighborClustering`; and, for a consensus
                without triplets, `neighbor_epochs` (0), so many epochs of 100
                steps in which the encoder first learns to bring neighbors
                together, see `NeighborEmbedding`, by a linear layer of ten
                outputs that is then left out: its outputs are one more space
                that partitions are found in.
            verbose: As in `keras.Model.fit`.

        Raises:
            ValueError: If an argument is not usable.
        """
        if graph_start is None:
            super().adapt(x, restarts, verbose)
            return
        if restarts is not None:
            raise ValueError(
                "`adapt` takes `restarts` or `graph_start`, not both. "
                f"Received: restarts={shown(restarts)}"
            )
        options = _checked_start(graph_start)
        learned_epochs = options.pop("learned_epochs")
        refuse_processes("`graph_start`")
        x, seed = self.searched(self.prepare(x)), self._draw_seed()
        graph, clusters = clusters_along_graph(
            self, x, seed=seed, verbose=verbose, **options
        )
        q = self.recognizer()
        train_on_partition(
            self, q, x, graph, clusters, learned_epochs, seed, verbose
        )


def _checked_start(values):
    """Complete values of `graph_start`, or raises `ValueError`."""
    if not isinstance(values, dict) or not values.keys() <= _DEFAULTS.keys():
        raise ValueError(
            f"`graph_start` must be a dictionary with {', '.join(_DEFAULTS)}, "
            f"as far as wanted. Received: graph_start={shown(values)}"
        )
    values = {**_DEFAULTS, **values}
    for name in ("neighbor_epochs", "triplet_epochs", "learned_epochs"):
        checked_count(name, values[name], minimum=0)
    checked_count("triplet_restarts", values["triplet_restarts"])
    checked_choice("method", values["method"], METHODS)
    checked_count("num_neighbors", values["num_neighbors"])
    checked_flag("shifts", values["shifts"])
    _check_neighbor_epochs(**values)
    return values


def _check_neighbor_epochs(neighbor_epochs, method, triplet_epochs, **others):
    if neighbor_epochs and (method != "consensus" or triplet_epochs):
        raise ValueError(
            "`neighbor_epochs` are for the method 'consensus' without "
            f"triplets. Received: neighbor_epochs={neighbor_epochs}, "
            f"method={method!r}, triplet_epochs={triplet_epochs}"
        )
