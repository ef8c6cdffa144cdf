"""Models one of whose layers has the clusters."""


class AdaptedLayer:
    """A mixin of `EncoderModel`: `adapt` sets a layer from data."""

    cluster_layer = "clustering"  # the attribute that holds it

    @property
    def adapted(self):
        """Whether clusters were found (kept when saved)."""
        return getattr(self, self.cluster_layer).adapted

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
        return options

    def forget_clusters(self):
        """Makes the next `fit` look for clusters again."""
        getattr(self, self.cluster_layer).forget()
