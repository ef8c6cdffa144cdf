"""Models one of whose layers has the clusters."""

import numpy as np

from kerasdc.algorithms.centers import means_of
from kerasdc.models.bases.data_graph import DataGraph
from kerasdc.models.bases.graph_start import clusters_along_graph
from kerasdc.models.bases.partition_training import train_on_partition
from kerasdc.models.bases.sampled_training import SampledSearch
from kerasdc.models.bases.sampled_training import refuse_processes
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.sampled_rows import MOST_SEARCHED

# Methods of `adapt`, and how they find clusters that can be learned.
_ALONG_GRAPH = {
    "graph_linkage": "linkage",
    "graph_consensus": "consensus",
    "average_linkage": "average",
}


class AdaptedLayer(SampledSearch, DataGraph):
    """A mixin of `EncoderModel`: `adapt` sets a layer from data."""

    cluster_layer = "clustering"  # the attribute that holds it

    @property
    def adapted(self):
        """Whether clusters were found (kept when saved)."""
        return getattr(self, self.cluster_layer).adapted

    def adapt_layer(self, x, initial_centers=None, seed=None, **kwargs):
        """Sets the layer's clusters from the embedding, without labels.

        Args:
            x: Samples.
            initial_centers: Optional array `(num_clusters, dim)` to use.
            seed: Optional integer; `None` takes the model's.
            **kwargs: `max_samples` (100,000): of more samples, clusters are
                looked for in that many, drawn at random, and all are
                assigned to them; `None` takes all. `learned_epochs` (0), so
                many passes in which the encoder and the layer then learn the
                clusters that were found. `method` (after `"neighbors"`,
                `"modular_kmeans"` if it is not said), `num_restarts`,
                `verbose`: see `ClusteringLayer`. The method
                `"graph_linkage"` merges samples along the graph of the
                features, not of the embedding, and takes the means of the
                embedding; `"graph_consensus"` takes what several partitions
                by that graph agree about, as `NeighborClustering` does;
                `"average_linkage"` merges groups of the embedding, for
                clusters of very unequal size. Their options:
                `num_neighbors` and `shifts` of `pretrain`; `triplet_epochs`
                (0), so many passes in which the encoder first learns, as
                JULE, to bring samples of five times as many clusters
                together, after which the graph is that of the embedding
                (there is then nothing to pretrain); `triplet_restarts` (1),
                so many trainings by triplets, the first from the encoder's
                weights, others from random ones: of three or more that did
                not fail, the clusters are what they agree about; of fewer,
                those of the highest modularity on the graph of the features;
                `decoder_epochs` (0), so many in which the decoder then
                learns, of a system that trains one in `fit`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        layer = getattr(self, self.cluster_layer)
        if kwargs.get("method") in _ALONG_GRAPH:
            refuse_processes(f"The method {kwargs['method']!r}")
            most = kwargs.pop("max_samples", MOST_SEARCHED)
            z = self.searched(x, most)
            found = self._adapt_along_graph(layer, z, seed, **kwargs)
        else:
            z, found = self._adapt_to_points(
                layer, x, initial_centers, seed, **kwargs
            )
        return self.assignments_by(x, z, found)

    def _adapt_to_points(
        self, layer, x, initial_centers, seed, learned_epochs=0, **kwargs
    ):
        """The embedding of samples, and the clusters found in it."""
        if checked_count("learned_epochs", learned_epochs, 0):
            refuse_processes("Learning initial clusters", "all samples")
        z, options = self.searched_points(x, self.search_options(kwargs))
        found = layer.adapt(z, initial_centers, seed=seed, **options)
        if learned_epochs:
            verbose = options.get("verbose", 0)
            x = self.searched(x, kwargs.get("max_samples", MOST_SEARCHED))
            found = self._learn(
                layer, x, None, found, learned_epochs, seed, verbose
            )
        return z, found

    def _learn(self, layer, x, graph, clusters, epochs, seed, verbose):
        """Trains encoder and layer on clusters; returns those that result."""
        train_on_partition(
            self, layer, x, graph, clusters, epochs, seed, verbose
        )
        return np.argmax(self.predict(x, verbose=0), axis=1)

    def _adapt_along_graph(
        self,
        layer,
        x,
        seed,
        method,
        triplet_epochs=0,
        triplet_restarts=1,
        learned_epochs=0,
        decoder_epochs=0,
        num_neighbors=10,
        shifts=False,
        verbose=0,
    ):
        checked_count("learned_epochs", learned_epochs, 0)
        self._check_decoder_epochs(decoder_epochs)
        graph, clusters = clusters_along_graph(
            self,
            x,
            triplet_epochs,
            num_neighbors,
            shifts,
            seed,
            verbose,
            _ALONG_GRAPH[method],
            embeds=self.pretrain_method == "neighbors",
            triplet_restarts=triplet_restarts,
        )
        if triplet_epochs:
            self.mark_pretrained()
        z = self.embed(x)
        means = means_of(z, clusters, self.num_clusters)
        found = layer.adapt(z, means)
        if learned_epochs:
            found = self._learn(
                layer, x, graph, clusters, learned_epochs, seed, verbose
            )
        if decoder_epochs:
            self.train_decoder_alone(x, decoder_epochs, verbose)
        return found

    def _check_decoder_epochs(self, decoder_epochs):
        if not checked_count("decoder_epochs", decoder_epochs, 0):
            return
        if not hasattr(self, "train_decoder_alone"):
            raise ValueError(
                f"`fit` of {type(self).__name__} has no decoder to train "
                f"before it. Received: decoder_epochs={decoder_epochs}"
            )

    def search_options(self, options):
        """Arguments of the layer's `adapt`.

        In an embedding of neighbors, k-means is judged by the modularity
        unless the method is said.

        Args:
            options: Dictionary, what the caller passed.

        Returns:
            Dictionary.
        """
        if self.pretrain_method == "neighbors":
            return {"method": "modular_kmeans", **options}
        return dict(options)

    def forget_clusters(self):
        """Makes the next `fit` look for clusters again."""
        getattr(self, self.cluster_layer).forget()
