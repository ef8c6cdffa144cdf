"""Models one of whose layers has the clusters."""

from kerasdc.algorithms.centers import means_of
from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.models.bases.data_graph import DataGraph


class AdaptedLayer(DataGraph):
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
            **kwargs: `method` (after `"neighbors"`, `"modular_kmeans"` if it
                is not said), `num_restarts`, `verbose`: see
                `ClusteringLayer`. The method `"graph_linkage"` merges samples
                along the graph of the features, not of the embedding, and
                takes the means of the embedding; it has the options
                `num_neighbors` and `shifts` of `pretrain`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        options, z = self.search_options(kwargs), self.embed(x)
        if options.get("method") == "graph_linkage":
            del options["method"]
            initial_centers = self._means_along_graph(x, z, options)
        layer = getattr(self, self.cluster_layer)
        return layer.adapt(z, initial_centers, seed=seed, **options)

    def _means_along_graph(self, x, z, options):
        """Centers in the embedding; takes its own options away."""
        names = [n for n in ("num_neighbors", "shifts") if n in options]
        graph = self.neighbor_graph(x, **{n: options.pop(n) for n in names})
        clusters = degree_linkage(graph, self.num_clusters)
        return means_of(z, clusters, self.num_clusters)

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
