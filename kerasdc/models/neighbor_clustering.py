"""Clusters of the graph of neighbors, learned by a network."""

import keras
import numpy as np

from kerasdc import losses
from kerasdc.algorithms.graph_partitions import neighbor_shares
from kerasdc.algorithms.modular_kmeans import modularity
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.graph_search import METHODS
from kerasdc.models.bases.graph_search import GraphSearch
from kerasdc.models.bases.neighbor_embedding import LARGE_BATCH
from kerasdc.models.bases.neighbor_embedding import STEPS_PER_EPOCH
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.sampled_training import SampledTraining
from kerasdc.targets import ShuffledBatches
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.array_checks import checked_clusters
from kerasdc.utils.inputs import fingerprint

_HIDDEN_UNITS = 128  # between the embedding and the clusters
_PRETRAIN_EPOCHS = 20  # 2,000 steps


@keras.saving.register_keras_serializable(package="kerasdc")
class NeighborClustering(
    SampledTraining, GraphSearch, Pretraining, ClusteringModel
):
    """Finds clusters in the graph of neighbors; a network learns them.

    `fit` runs all three stages, except those already run: `pretrain`, which
    trains the encoder as a `NeighborEmbedding`; `adapt`, which finds several
    partitions of the training data, by the graph, by that embedding and by
    free points, and takes the consensus of those that fit the graph best
    (or, for images, what agglomeration along the graph finds); and the
    training of a classifier, for each sample towards its own cluster and
    those of its neighbors. So new samples have clusters, too, and those
    between clusters are less certain. An encoder that is frozen
    (`trainable=False`) stays so: the graph is that of its outputs.

    References:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426) for the graph
      and the embedding.
    - [Zhang et al., 2012](https://arxiv.org/abs/1208.5092) for agglomeration
      along the graph; [Wu et al., 2015](
      https://doi.org/10.1109/TKDE.2014.2316512) for the consensus.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes three layers of 256 units and 10
            outputs.
        preprocessor: As in `DEC`.
        augmentation: Optional layer that distorts features while the
            classifier is trained.
        num_neighbors: Integer, at least 1, of each sample in the graph.
        shifts: Boolean. Whether neighbors of images are looked for among
            copies shifted by one pixel, too: see `shifted_neighbor_graph`.
        method: How `adapt` finds the partition. `"consensus"`, of several
            methods, for numbers; `"linkage"` along the graph alone, see
            `kerasdc.algorithms.degree_linkage`, for images, whose clusters are
            long and thin.
        seed: As in `DEC`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Attributes:
        partition: Integer array `(n,)` that `adapt` found last, or `None`.
        partition_scores: Dictionary of floats: the modularity of each
            partition that was found, by the name of its method.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.NeighborClustering(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=1, verbose=0)
    >>> history = model.fit(x, epochs=1, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    parts = ("encoder", "preprocessor", "augmentation")
    adapted = ClusteringModel.fitted
    default_epochs = 15  # 1,500 steps or more
    ways_to_clusters = "`fit(x)`"
    fewest_samples = 2
    partition = None
    _partition_of = None

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        num_neighbors=10,
        shifts=False,
        method="consensus",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.num_neighbors = checked_count("num_neighbors", num_neighbors)
        self.shifts = shifts
        self.method = checked_choice("method", method, METHODS)
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        self.partition_scores = {}

    # === Functional Model ===

    def default_networks(self, shape):
        from kerasdc.networks import mlp_encoder

        return mlp_encoder(shape, (256, 256, 256), 10, activation="silu"), None

    def build_head(self, input_shape):
        # Made here, where weights are drawn by the model's seed.
        self.hidden = keras.layers.Dense(
            _HIDDEN_UNITS, activation="silu", name="hidden"
        )
        self.classifier = keras.layers.Dense(
            self.num_clusters, dtype="float32", name="classifier"
        )
        self.hidden.build(input_shape)
        self.classifier.build((None, _HIDDEN_UNITS))
        self.add_pretrained_flag()
        self.add_fitted_flag()

    def call(self, x, training=False):
        z = self.encoder(self.features(x, training), training=training)
        return self.soft_assignment(self.classifier(self.hidden(z)))

    # === Training ===

    def compile(self, optimizer="auto", pretrain_method="neighbors", **kwargs):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the classifier. `"auto"` is Adam
                with a learning rate of 0.001.
            pretrain_method: As in `Pretraining.compile`, without a decoder:
                `"neighbors"`.
            **kwargs: Further arguments of `Pretraining.compile`.
        """
        super().compile(
            optimizer=optimizer, pretrain_method=pretrain_method, **kwargs
        )

    def pretrain(
        self, x, epochs=_PRETRAIN_EPOCHS, batch_size=LARGE_BATCH, **kwargs
    ):
        """Trains the encoder as `NeighborEmbedding`; see `Pretraining`.

        Args:
            x: Training samples.
            epochs: Integer, each of 100 steps.
            batch_size: Integer, at least 4, two samples to each edge.
            **kwargs: Further arguments of `Pretraining.pretrain`.

        Returns:
            The stage's `History`.
        """
        self._check_compiled("pretrain")
        self._checked_validation(kwargs.get("validation_data"), batch_size)
        x = self.prepare(x, kwargs.pop("y", None))
        kwargs.setdefault("graph", self.graph_of(x))
        return super().pretrain(
            x, epochs=epochs, batch_size=batch_size, **kwargs
        )

    def pretrain_once(self, x, batch_size, verbose):
        if not self.is_frozen:
            super().pretrain_once(x, LARGE_BATCH, verbose)

    def _pretrained_network(self, epochs, steps_per_epoch):
        # The graph is that of clean samples, and so is the embedding.
        augmentation, self.augmentation = self.augmentation, None
        try:
            return super()._pretrained_network(epochs, steps_per_epoch)
        finally:
            self.augmentation = augmentation

    def complete_stages(self, x, batch_size, verbose):
        self.pretrain_once(x, batch_size, verbose)
        if self._partition_of != fingerprint(x):
            self.adapt(x, verbose=verbose)

    def adapt(self, x, partition=None, seed=None, verbose=0, callbacks=None):
        """Finds the partition that `fit` learns, without labels.

        Args:
            x: Samples.
            partition: Optional integer array `(n,)` to use, clusters from 0
                to `num_clusters - 1`.
            seed: Optional integer; `None` takes the model's.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of the trainings that are part of the
                search.

        Returns:
            Integer array `(n,)`.

        Raises:
            ValueError: If `x` or `partition` is not usable.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        if partition is None:
            partition = self.find_partition(x, seed, callbacks)
        self.partition = checked_clusters(
            "partition", partition, len(x), self.num_clusters
        )
        self._partition_of = fingerprint(x)
        return self.partition

    def training_batches(self, x, batch_size, shuffle=True):
        return ShuffledBatches(
            x,
            neighbor_shares(
                self.graph_of(x), self.partition, self.num_clusters
            ),
            batch_size,
            steps_per_epoch=self.steps_per_epoch(len(x), batch_size),
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )

    @staticmethod
    def steps_per_epoch(num_samples, batch_size):
        """Steps of an epoch of `fit`: a pass, but at least 100.

        Args:
            num_samples: Integer.
            batch_size: Integer.

        Returns:
            Integer.
        """
        return max(-(-num_samples // batch_size), STEPS_PER_EPOCH)

    def scored_batches(self, x, batch_size):
        raise ValueError(
            "The clusters of other samples are not known: ask `objective(x)`."
        )

    def _checked_validation(self, data, batch_size, names=None):
        if data is not None:
            raise ValueError(
                "The clusters of other samples are not known: a "
                "`NeighborClustering` takes no `validation_data`. Received: "
                f"validation_data of type {type(data).__name__}"
            )

    def forget_clusters(self):
        self.partition = self._partition_of = None
        self._fitted.assign(0)

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """KL from the clusters of a sample and its neighbors."""
        return {"clustering": losses.kl_divergence(y, y_pred)}

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """Minus the modularity on the graph; see `ClusteringModel`."""
        x = self.prepare(x)
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        return -modularity(self.graph_of(x), np.argmax(q, axis=1))

    # === Config, checks ===

    def get_config(self):
        own = {"num_neighbors": self.num_neighbors, "shifts": self.shifts}
        own["method"] = self.method
        return {**super().get_config(), **own}
