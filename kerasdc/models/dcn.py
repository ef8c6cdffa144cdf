"""Deep clustering network (DCN)."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.callbacks import Recenter
from kerasdc.layers import MovingCenters
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.reconstructing import Reconstructing
from kerasdc.models.bases.registry import system
from kerasdc.targets import ShuffledBatches
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.lookups import is_auto


@system("dcn")
class DCN(Reconstructing, Pretraining, ClusteringModel):
    """Deep clustering network: an embedding that k-means finds clusters in.

    `fit` runs all three stages, except those already run: `pretrain`, which
    trains the encoder as half of an autoencoder, or as `compile` says;
    `adapt`, k-means on the embedding; and the clustering. It alternates: the
    networks learn to reconstruct samples and to bring each sample's embedding
    near the center of its cluster; samples are assigned to the nearest center
    anew; and centers move towards the samples that are nearest, each step the
    less the more it has seen.

    Reference:

    - [Yang et al., 2017](https://arxiv.org/abs/1610.04794), Towards
      K-means-friendly Spaces: Simultaneous Deep Learning and Clustering.

    Soft assignments are those of `ClusteringLayer`; the paper has hard ones.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes the paper's 500-500-2000-10 when
            data is first seen.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation, seed: As in `DEC`. With an augmentation,
            augmented samples are reconstructed, and come near the center of
            the clean sample.
        initial_count: Float above 0: as how many samples each center counts
            at first; see `kerasdc.layers.MovingCenters`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.DCN(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    terms = ("reconstruction", "clustering")
    compile_arguments = ("clustering_weight", "kmeans_interval")

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        initial_count=100.0,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.clustering = MovingCenters(
            num_clusters, initial_count, name="clustering"
        )
        self.num_clusters = self.clustering.num_clusters
        self.set_networks(encoder, preprocessor, decoder, augmentation, seed)
        self.add_terms()

    # === Functional Model ===

    def build_head(self, input_shape):
        self.clustering.build(input_shape)
        self.add_pretrained_flag()

    def call(self, x, training=False):
        if training:
            return self._forward(self.features(x, training), training)
        return self.clustering(self.encoder(self.features(x)))

    def _forward(self, features, training=False):
        """Features, what the decoder makes of them, and the embedding."""
        z = self.encoder(features, training=training)
        return features, self.decoder(z, training=training), z

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        clustering_weight=1.0,
        kmeans_interval=10,
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' SGD(0.0001,
                momentum=0.9, nesterov=True).
            clustering_weight: Float, at least 0: weight of the squared
                distances to centers, half of the paper's lambda. That of the
                reconstruction is 1.
            kmeans_interval: Integer, epochs after which k-means goes on from
                the centers, on all samples.
            **kwargs: Arguments of `Pretraining.compile`. The
                `reconstruction_loss` is the squared error, summed over
                features, unless it is said.
        """
        self.clustering_weight = checked_number(
            "clustering_weight", clustering_weight
        )
        self.kmeans_interval = checked_count("kmeans_interval", kmeans_interval)
        super().compile(optimizer=optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.SGD(1e-4, momentum=0.9, nesterov=True)

    def _chosen_loss(self, loss):
        loss = losses.summed_squared_error if is_auto(loss) else loss
        return super()._chosen_loss(loss)

    def adapt(self, x, initial_centers=None, seed=None, **kwargs):
        """Sets the cluster centers; see `AdaptedLayer.adapt_layer`."""
        return self.adapt_layer(x, initial_centers, seed, **kwargs)

    def recenter(self, x):
        """Runs k-means on the embedding, from the centers there are.

        Args:
            x: Samples.
        """
        z, _ = self.searched_points(self.prepare(x), {})
        centers = ops.convert_to_numpy(self.clustering.centers)
        found = fit_kmeans(z, self.num_clusters, 1, 0, init=centers)
        self.clustering.centers.assign(found.cluster_centers_)

    def own_callbacks(self, x, epochs, initial_epoch):
        return [Recenter(x, self.kmeans_interval)]

    def training_batches(self, x, batch_size, shuffle=True):
        return _Assigned(
            self,
            x,
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """`l(g(f(x)), x) + (lambda / 2) |f(x) - M s|^2`, equation (4).

        In training, `s` are the clusters at the start of the epoch, and the
        centers `M` move afterwards, by equation (8).
        """
        if not training:
            y_pred = self._forward(self.features(x))
        features, outputs, z = y_pred
        if not training:
            y = ops.argmax(self.clustering(z), axis=1)
        distances = self.clustering.squared_distances(z, y)
        if training:
            self.clustering.move(z)
        return {
            "reconstruction": self.reconstruction_error(features, outputs),
            "clustering": self.clustering_weight * distances,
        }

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """The loss, each sample in its cluster; see `ClusteringModel`."""
        x = self.as_inputs(x)
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        z = self.embed(x, batch_size)
        clusters = np.argmax(q, axis=1)
        distances = ops.mean(self.clustering.squared_distances(z, clusters))
        error = self.mean_reconstruction_error(x, batch_size)
        return error + self.clustering_weight * float(distances)

    # === Config ===

    def get_config(self):
        initial_count = self.clustering.initial_count
        return {**super().get_config(), "initial_count": initial_count}


class _Assigned(ShuffledBatches):
    """Batches of samples and the clusters they were in when it began."""

    def __init__(self, model, x, batch_size, **kwargs):
        # Keras looks at two batches before the first epoch begins.
        super().__init__(x, np.zeros(len(x), "int32"), batch_size, **kwargs)
        self.model = model

    def refresh(self):
        self.target = self.model.epoch_assignments().astype("int32")
