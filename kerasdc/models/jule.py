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
from kerasdc.algorithms.neighbor_graph import gaussian_neighbor_graph
from kerasdc.layers import ClusteringLayer
from kerasdc.layers.membership import Membership
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.registry import system
from kerasdc.networks.shapes import is_image
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import all_features
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.inputs import fingerprint

_LEAST_SPREAD = 1e-6  # of features: all alike have no neighbors


@system("jule")
class JULE(ClusteringModel):
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
    compile_arguments = ("margin", "keep_share", "period")
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
        num_neighbors=20,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.clustering = ClusteringLayer(num_clusters, name="clustering")
        self.clustering.trainable = False  # the means of what was found
        self.num_clusters = self.clustering.num_clusters
        self.num_neighbors = checked_count("num_neighbors", num_neighbors)
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
        z = self._unit(self.encoder(features, training=training))
        return z if training else self.clustering(z)

    @staticmethod
    def _unit(z):
        z = ops.cast(z, "float32")
        length = ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True))
        return z / ops.maximum(length, 1e-12)

    def embedding_of(self, features):
        return self._unit(self.encoder(features, training=False))

    def embed(self, x, batch_size=1024, verbose=0):
        """Features of unit length, `(n, dim)`; arguments as of `latent`."""
        z = self.latent(x, batch_size, verbose)
        return ops.convert_to_numpy(self._unit(z))

    @property
    def adapted(self):
        """Whether clusters were found (kept when saved)."""
        return self.clustering.adapted

    # === Training ===

    def compile(
        self, optimizer="auto", margin=0.2, keep_share=0.1, period=20, **kwargs
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' SGD(0.01,
                momentum=0.9).
            margin: Float, at least 0: see `kerasdc.losses.cluster_triplets`.
            keep_share: Float above 0, below 1: how many clusters are left
                after a period, as a share of those before.
            period: Integer, epochs of a period.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        self.margin = checked_number("margin", margin)
        self.keep_share = checked_number(
            "keep_share", keep_share, 0, 1, above=True, below=True
        )
        self.period = checked_count("period", period)
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.SGD(0.01, momentum=0.9)

    def complete_stages(self, x, batch_size, verbose):
        if not self.adapted:
            self.adapt(x)

    def training_batches(self, x, batch_size, shuffle=True):
        return _Mates(
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
            features = all_features(x, self.preprocessor)
            groups = DegreeLinkage(self._graph(features)).groups
        else:
            number = len(np.unique(groups))
            wanted = max(math.ceil(self.keep_share * number), self.num_clusters)
            graph = self._graph(self.embed(x))
            if wanted < number:
                groups = DegreeLinkage(graph, groups).merge_to(wanted)
        self.membership.set(groups, key)
        return self.membership.clusters

    def _graph(self, z):
        return gaussian_neighbor_graph(z, self.num_neighbors)

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
        own = {"num_neighbors": self.num_neighbors}
        return {**super().get_config(), **own}


class _Mates(ShuffledBatches):
    """Every sample of a pass, followed by another of its group."""

    def __init__(self, model, x, batch_size, **kwargs):
        groups = model.membership.of(fingerprint(x))
        if groups is None:
            # Keras looks at two batches before the first epoch begins.
            groups = np.zeros(len(x), "int32")
        super().__init__(x, groups, batch_size, **kwargs)
        self.model = model
        self._sort()

    def refresh(self):
        epoch = self._first_step // self.steps_per_epoch
        known = self.model.membership.of(fingerprint(self.x))
        if known is None or (epoch and epoch % self.model.period == 0):
            known = self.model.merge(self.x)
        self.target = known
        self._sort()

    def _sort(self):
        """Rows by groups, and where in this order each sample's begins."""
        self._by_group = np.argsort(self.target, kind="stable")
        self._place = np.empty(len(self.x), int)
        self._place[self._by_group] = np.arange(len(self.x))
        _, group, sizes = np.unique(
            self.target, return_inverse=True, return_counts=True
        )
        self._start = (np.cumsum(sizes) - sizes)[group]
        self._size = sizes[group]

    def rows(self, index):
        first = super().rows(index)
        step = (self._first_step or 0) + index
        generator = np.random.default_rng((self.seed, 1, step))
        size, start = self._size[first], self._start[first]
        # Not itself, unless it is alone.
        ahead = 1 + generator.integers(np.maximum(size - 1, 1))
        place = start + (self._place[first] - start + ahead) % size
        return np.stack([first, self._by_group[place]], axis=1).ravel()
