"""Joint unsupervised learning of representations and clusters (JULE)."""

import math

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.algorithms.centers import means_of
from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.degree_linkage import degree_linkage
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbor_graph import gaussian_neighbor_graph
from kerasdc.layers import ClusteringLayer
from kerasdc.layers.membership import Membership
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.data_graph import DataGraph
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.sampled_training import SampledTraining
from kerasdc.networks.shapes import is_image
from kerasdc.targets import MergedMates
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.inputs import fingerprint
from kerasdc.utils.tensors import unit_rows

_LEAST_SPREAD = 1e-6  # of features: all alike have no neighbors
_GRAPHS = {"fuzzy": fuzzy_neighbor_graph, "gaussian": gaussian_neighbor_graph}


@system("jule")
class JULE(SampledTraining, DataGraph, ClusteringModel):
    """Joint unsupervised learning: merges clusters while it learns features.

    Training begins with many small clusters of near samples. Each period of a
    few epochs trains the encoder by triplets, so that samples of a cluster
    come near to each other; then those clusters are merged that are tied most
    along the graph of nearest neighbors of the features. In the end, clusters
    are found in the features from scratch, and their means assign samples.
    There is no decoder and no pretraining. A batch of `fit` has twice as many
    samples as its `batch_size`: each is followed by another of its cluster.

    Reference:

    - [Yang et al., 2016](https://arxiv.org/abs/1604.03628), Joint Unsupervised
      Learning of Deep Representations and Image Clusters.

    Soft assignments are those of `ClusteringLayer`; the paper has hard ones.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`, whose outputs are brought to unit length. `None`
            makes `kerasdc.networks.jule_encoder` for images, a
            batch-normalized perceptron for other data.
        preprocessor: As in `DEC`.
        augmentation: Optional layer that distorts features in training.
        num_neighbors: Integer, at least 1, of each sample in the graph.
        edges: `"fuzzy"` or, as in the paper, `"gaussian"`: what an edge
            weighs, see `kerasdc.algorithms.neighbor_graph`. In features that
            training has drawn together, one width of the Gaussian does not
            fit all clusters.
        seed: As in `DEC`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(60, 8, 8)
    >>> model = kerasdc.models.JULE(num_clusters=3)
    >>> model.compile()
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (60,)
    """

    parts = ("encoder", "preprocessor", "augmentation")
    compile_arguments = (
        "margin",
        "keep_share",
        "period",
        "first_clusters",
        "shifts",
    )
    default_batch_size = 50  # pairs
    default_epochs = 100
    fewest_samples = 2
    starts_undecided = True
    pretrained = True  # what is not needed is done
    ways_to_weights = ways_to_clusters = "`fit(x)`"

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        num_neighbors=10,
        edges="fuzzy",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.clustering = ClusteringLayer(num_clusters, name="clustering")
        self.clustering.trainable = False  # the means of what was found
        self.num_clusters = self.clustering.num_clusters
        self.num_neighbors = checked_count("num_neighbors", num_neighbors)
        self.edges = checked_choice("edges", edges, _GRAPHS)
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        self.membership = Membership(name="membership")

    # === Functional Model ===

    def default_networks(self, shape):
        if is_image(shape):
            return networks.jule_encoder(shape), None
        return networks.normalized_mlp_encoder(shape, (1200, 160)), None

    def build_head(self, input_shape):
        self.clustering.build(input_shape)
        self.membership.build(())

    def call(self, x, training=False):
        features = self.features(x, training)
        z = unit_rows(self.encoder(features, training=training))
        return z if training else self.clustering(z)

    def embedding_of(self, features):
        return unit_rows(self.encoder(features, training=False))

    def _embedded(self, x, batch_size, verbose):
        """Features of unit length, `(n, dim)`."""
        z = self._latent(x, batch_size, verbose)
        return ops.convert_to_numpy(unit_rows(z))

    @property
    def adapted(self):
        """Whether clusters were found (kept when saved)."""
        return self.clustering.adapted

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        margin=0.2,
        keep_share=0.1,
        period=20,
        first_clusters=None,
        shifts=False,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' SGD(0.01,
                momentum=0.9).
            margin: Float, at least 0: see `kerasdc.losses.cluster_triplets`.
            keep_share: Float above 0, below 1: how many clusters are left
                after a period, as a share of those before.
            period: Integer, epochs of a period.
            first_clusters: Integer, at least 1, clusters that the first
                period begins with; `None`, as in the paper, begins with those
                that nearest samples form.
            shifts: Boolean, whether an image may be shifted by a pixel when
                those are found: see
                `kerasdc.algorithms.shifted_neighbors`. Needs fuzzy edges.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        self.margin = checked_number("margin", margin)
        self.keep_share = checked_number(
            "keep_share", keep_share, 0, 1, above=True, below=True
        )
        self.period = checked_count("period", period)
        self.first_clusters = first_clusters
        if first_clusters is not None:
            checked_count("first_clusters", first_clusters)
        self.shifts = checked_flag("shifts", shifts)
        if shifts and self.edges != "fuzzy":
            raise ValueError(
                "`shifts=True` needs edges='fuzzy'. Received: "
                f"edges={self.edges!r}"
            )
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.SGD(0.01, momentum=0.9)

    def complete_stages(self, x, batch_size, verbose):
        if not self.adapted:
            self.adapt(x)

    def training_batches(self, x, batch_size, shuffle=True):
        return MergedMates(
            self,
            x,
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )

    def finish_fit(self, x, own_callbacks):
        self.adapt(x)

    def adapt(self, x, seed=None, verbose=0):
        """Finds the clusters of the features as they are, from scratch.

        Args:
            x: Samples.
            seed: Not used: nothing is drawn.
            verbose: Not used.

        Returns:
            Integer array `(n,)` of assignments.
        """
        x = self.prepare(x)
        z = self.embed(x)
        if self.num_clusters == 1 or z.std() < _LEAST_SPREAD:
            clusters = np.arange(len(z)) % self.num_clusters
        else:
            clusters = degree_linkage(self._graph(z), self.num_clusters)
        means = means_of(z, clusters, self.num_clusters)
        return self.clustering.adapt(z, initial_centers=means)

    def merge(self, x):
        """Merges the clusters of a period that ends, or finds the first ones.

        Args:
            x: Prepared training data.

        Returns:
            Int32 array `(n,)`, the group of each sample.
        """
        key = fingerprint(x)
        groups = self.membership.of(key)
        if groups is None:
            groups = self._first_groups(x)
        else:
            number = len(np.unique(groups))
            wanted = max(math.ceil(self.keep_share * number), self.num_clusters)
            if wanted < number:
                graph = self._graph(self.embed(x))
                groups = DegreeLinkage(graph, groups).merge_to(wanted)
        self.membership.set(groups, key)
        return self.membership.clusters

    def _first_groups(self, x):
        if self.edges == "fuzzy":
            graph = self.neighbor_graph(x, self.num_neighbors, self.shifts)
        else:
            graph = self._graph(self.graph_features(x))
        linkage = DegreeLinkage(graph)
        if self.first_clusters is None:
            return linkage.groups
        wanted = max(self.first_clusters, self.num_clusters)
        return linkage.merge_to(min(wanted, linkage.num_clusters))

    def _graph(self, z):
        return _GRAPHS[self.edges](z, self.num_neighbors)

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """The triplet loss, equation (8)."""
        if not training:
            y = ops.argmax(y_pred, axis=1)
            y_pred = self.embedding_of(self.features(x))
        return {"triplets": losses.cluster_triplets(y_pred, y, self.margin)}

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """Minus the modularity on the features' graph of neighbors."""
        self._check_fitted()
        x = self.as_inputs(x)
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        graph = self._graph(self.embed(x, batch_size))
        return -modularity((graph + graph.T) / 2, np.argmax(q, axis=1))

    # === Config ===

    def get_config(self):
        own = {"num_neighbors": self.num_neighbors, "edges": self.edges}
        return {**super().get_config(), **own}
