"""Deep embedded regularized clustering (DEPICT)."""

import functools

from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers import SoftmaxClusters
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.mirrored_features import MirroredAutoencoder
from kerasdc.models.bases.mirrored_features import MirroredFeatures
from kerasdc.models.bases.mirrored_features import is_mirrored
from kerasdc.models.bases.own_targets import SelfTraining
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.reconstructing import Reconstructing
from kerasdc.models.bases.registry import system
from kerasdc.networks.shapes import is_image
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.lookups import is_auto
from kerasdc.utils.processes import num_processes
from kerasdc.utils.sampled_rows import MOST_SEARCHED

_LAYERWISE_WEIGHT = 0.1  # in the authors' code
_STARTS = {"method", "directions", "learned_epochs"}
_LEARNED_EPOCHS = 20  # of the initial clusters
_FEWEST_LEARNED = 1_250  # samples that are learned then: 100 steps


@system("depict")
class DEPICT(SelfTraining, Reconstructing, Pretraining, ClusteringModel):
    """Deep embedded regularized clustering: a softmax on a noisy autoencoder.

    `fit` runs all three stages, except those already run: `pretrain`, a
    denoising autoencoder; `adapt`, which sets the softmax from k-means and,
    after an autoencoder, lets encoder and softmax learn these clusters; and
    the clustering. Targets are made from the softmax on clean samples,
    balanced by the sizes of clusters; the softmax on noisy samples learns
    them by the cross-entropy, while the decoder reconstructs clean samples,
    and the clean features of the encoder's layers.

    The noise is what layers of the encoder, such as `keras.layers.Dropout`,
    do in training.

    Reference:

    - [Dizaji et al., 2017](https://arxiv.org/abs/1704.06327), Deep Clustering
      via Joint Convolutional Autoencoder Embedding and Relative Entropy
      Minimization.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes `kerasdc.networks.noisy_encoder` for
            images, with `num_clusters` outputs as the paper, and DEC's for
            other data, when data is first seen.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation, seed: As in `DEC`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.DEPICT(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    terms = ("clustering", "reconstruction")
    compile_arguments = (
        "update_interval",
        "target_power",
        "frequency_power",
        "layerwise_weight",
    )
    target_power, frequency_power = 1.0, 0.5  # until compiled
    layerwise_weight = "auto"

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.clustering = SoftmaxClusters(num_clusters, name="clustering")
        self.num_clusters = self.clustering.num_clusters
        self.set_networks(encoder, preprocessor, decoder, augmentation, seed)
        self.add_terms()

    # === Functional Model ===

    def default_networks(self, shape):
        if not is_image(shape):
            return super().default_networks(shape)
        dim = self.num_clusters
        return (
            networks.noisy_encoder(shape, latent_dim=dim),
            networks.noisy_decoder(shape, latent_dim=dim),
        )

    def build_head(self, input_shape):
        self.clustering.build(input_shape)
        self.add_pretrained_flag()

    def call(self, x, training=False):
        if training:
            return self._forward(self.features(x, training), training)
        return self.clustering(self.encoder(self.features(x)))

    def _forward(self, features, training=False):
        """Features, their code, noisy in training, and its clusters."""
        z = self.encoder(features, training=training)
        return features, z, self.clustering(z)

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        update_interval=None,
        target_power=1.0,
        frequency_power=0.5,
        layerwise_weight="auto",
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer. `"auto"` is Adam(0.001); the authors'
                has 0.0001.
            update_interval: As in `DEC.compile`.
            target_power: Float above 0, of the assignments in targets; see
                `kerasdc.losses.target_distribution`. The paper has 1, the
                authors' code 2.
            frequency_power: Float, at least 0, of the frequencies of
                clusters: 0.5 in the paper, 1 in the authors' code.
            layerwise_weight: Float, at least 0: weight of the errors of the
                layers' features. That of samples is 1. `"auto"` is 0.1 where
                the decoder mirrors the encoder, otherwise 0.
            **kwargs: Arguments of `Pretraining.compile`.
        """
        self.set_update_interval(update_interval)
        self.target_power = checked_number(
            "target_power", target_power, above=True
        )
        self.frequency_power = checked_number(
            "frequency_power", frequency_power
        )
        if not is_auto(layerwise_weight):
            checked_number("layerwise_weight", layerwise_weight)
        self.layerwise_weight = layerwise_weight
        super().compile(optimizer=optimizer, **kwargs)

    @property
    def target_powers(self):
        return self.target_power, self.frequency_power

    def autoencoder_class(self):
        weight = self._weight_of_layers()
        if not weight:
            return super().autoencoder_class()
        return functools.partial(MirroredAutoencoder, layerwise_weight=weight)

    def _weight_of_layers(self):
        if not is_auto(self.layerwise_weight):
            return self.layerwise_weight
        mirrored = is_mirrored(self.encoder, self.decoder)
        return _LAYERWISE_WEIGHT if mirrored else 0.0

    def adapt(self, x, initial_centers=None, seed=None, **kwargs):
        """Sets the softmax from centers, without labels.

        Args:
            x: Samples.
            initial_centers: Optional array `(num_clusters, dim)` to use.
            seed: Optional integer; `None` takes the model's.
            **kwargs: Those of `AdaptedLayer.adapt_layer`, and, not for
                methods along the graph, `directions` of
                `SoftmaxClusters.adapt`. If neither centers, nor a method, nor
                one of `directions` and `learned_epochs` is named, an
                autoencoder that was trained is followed by the authors'
                start, `directions=True, learned_epochs=20`: encoder and
                softmax first learn the clusters that were found, which
                spreads the code. It takes a hundred steps, and so at least
                1,250 samples that clusters are looked for in; fewer, and
                those of several processes, start as Gaussians, see
                `SoftmaxClusters`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`.
        """
        x = self.prepare(x)
        named = initial_centers is not None or _STARTS & kwargs.keys()
        most = kwargs.get("max_samples", MOST_SEARCHED) or len(x)
        if not named and self._learns_first(min(most, len(x))):
            kwargs.update(directions=True, learned_epochs=_LEARNED_EPOCHS)
        found = self.adapt_layer(x, initial_centers, seed, **kwargs)
        if kwargs.get("directions") and not kwargs.get("learned_epochs"):
            return self.assign(x)  # not by the nearest center
        return found

    def _learns_first(self, num_samples):
        """Whether the initial clusters of an autoencoder are to be learned."""
        if not self.pretrained or self.pretrain_method != "autoencoder":
            return False
        return num_samples >= _FEWEST_LEARNED and num_processes() == 1

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """KL(P || Q), the cross-entropy but for a constant, and errors."""
        if not training:
            y_pred = self._forward(self.features(x))
        features, z, q = y_pred
        outputs, of_layers = self._reconstructed(features, z, training)
        error = ops.mean(self.reconstruction_error(features, outputs))
        return {
            "clustering": losses.kl_divergence(y, q),
            "reconstruction": error + of_layers,
        }

    def _reconstructed(self, features, z, training):
        """What the decoder makes, and the weighted errors of layers."""
        weight = self._weight_of_layers()
        if not weight:
            return self.decoder(z, training=training), 0.0
        mirrored = MirroredFeatures(self.encoder, self.decoder)
        outputs, errors = mirrored.errors(features, z, training)
        return outputs, weight * errors

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """KL(P || Q) and the reconstruction loss; see `ClusteringModel`."""
        divergence = self.divergence(x, batch_size, soft_assignment)
        return divergence + self.mean_reconstruction_error(x, batch_size)
