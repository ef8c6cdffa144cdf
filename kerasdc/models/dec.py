"""Deep embedded clustering (DEC)."""

import keras

from kerasdc import losses
from kerasdc.layers import ClusteringLayer
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.own_targets import SelfTraining
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.replicas import whole_loss
from kerasdc.utils.lookups import checked_loss
from kerasdc.utils.lookups import is_auto


@system("dec")
class DEC(SelfTraining, Pretraining, ClusteringModel):
    """Deep embedded clustering: learns features and clusters together.

    `fit` runs all three stages, except those already run: `pretrain`, which
    trains the encoder as half of an autoencoder, or as `compile` says;
    `adapt`, k-means on the embedding; and the clustering. It minimizes
    KL(P || Q) of the soft assignments Q and the target distribution P, which
    is made from Q over all the data once per update interval.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), Unsupervised Deep
      Embedding for Clustering Analysis.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes the paper's 500-500-2000-10 when
            data is first seen. An encoder without a decoder is assumed to be
            pretrained, unless `pretrain_method` is `"neighbors"`.
        decoder: Optional `keras.Model` from the embedding to samples.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"`, as the paper, scales the mean squared feature to
            1. `None` takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
            Targets are always made from clean inputs.
        alpha: Float above 0, degrees of freedom of the Student t kernel.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.DEC(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    compile_arguments = ("update_interval",)
    takes_loss = True

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        alpha=1.0,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.clustering = ClusteringLayer(
            num_clusters, alpha, name="clustering"
        )
        self.num_clusters = self.clustering.num_clusters
        self.set_networks(encoder, preprocessor, decoder, augmentation, seed)
        self.add_terms()

    # === Functional Model ===

    def build_head(self, input_shape):
        self.clustering.build(input_shape)
        self.add_pretrained_flag()

    def call(self, x, training=False):
        z = self.encoder(self.features(x, training), training=training)
        return self.clustering(z)

    # === Training ===

    def compile(
        self, optimizer="auto", loss="auto", update_interval=None, **kwargs
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer. `"auto"` is SGD(0.01, momentum=0.9).
            loss: Keras loss of `(p, q)`. `"auto"` is KL(P || Q).
            update_interval: Optional integer, steps from one refresh of P to
                the next, an epoch. `None` is one pass over the data.
            **kwargs: Arguments of `Pretraining.compile`.
        """
        self.set_update_interval(update_interval)
        loss = losses.kl_divergence if is_auto(loss) else loss
        self.clustering_loss = checked_loss("loss", loss)
        super().compile(optimizer=optimizer, loss=loss, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.SGD(0.01, momentum=0.9)

    def adapt(self, x, initial_centers=None, seed=None, **kwargs):
        """Sets the cluster centers; see `AdaptedLayer.adapt_layer`."""
        return self.adapt_layer(x, initial_centers, seed, **kwargs)

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """KL(P || Q), equation (2)."""
        return {"clustering": whole_loss(self.clustering_loss, y, y_pred)}

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """KL(P || Q) with P made from `x`; see `ClusteringModel`."""
        return self.divergence(x, batch_size, soft_assignment)

    # === Config ===

    def get_config(self):
        return {**super().get_config(), "alpha": self.clustering.alpha}
