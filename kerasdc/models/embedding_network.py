"""The embedding network: an autoencoder, and t-SNE on its latent."""

from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.algorithms.centers import center_search
from kerasdc.layers import ClusteringLayer
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.epoch_clusters import EpochClusters
from kerasdc.models.bases.parts import check_network
from kerasdc.models.bases.parts import check_shape
from kerasdc.models.bases.parts import must_adapt
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.registry import system
from kerasdc.targets import WholePass
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number

_WEIGHT = 0.01  # of the similarities, for the encoder


@system("embedding")
class EmbeddingNetwork(EpochClusters, Pretraining, ClusteringModel):
    """Embedding network: parametric t-SNE on the latent of an autoencoder.

    A second network maps the autoencoder's latent z to an embedding h. It
    learns to preserve neighbors: similarities of points in h, by Student's t
    kernel with one degree of freedom, follow those in z, by a kernel with so
    many that only neighbors are similar. The encoder learns from both losses.
    k-means finds the clusters in h.

    `fit` runs `pretrain` (the autoencoder) if it was not run, trains both
    networks together, and finds the clusters by `adapt` after every epoch. No
    label chooses an epoch (in the original code, labels did).

    Reference:

    - Dahal, 2018, Learning Embedding Space for Clustering From Deep
      Representations.
    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes 500-500-2000-10.
        decoder: `keras.Model` from there to samples; to be passed with the
            encoder.
        embedding: Optional `keras.Model` from `(batch, dim)` to the
            embedding; needs its encoder. `None` makes 2000-500-500-500-dim.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the largest feature to 1 for a Bernoulli
            decoder, the mean squared feature to 1 for a Gaussian one. `None`
            takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
            Similarities in z are then those of clean samples.
        likelihood: `"bernoulli"` for features from 0 to 1, such as pixels, or
            `"gaussian"`; see `kerasdc.losses.likelihoods`.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.EmbeddingNetwork(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    trains_decoder = needs_decoder = True
    compares_batch = True
    smallest_batch = 3  # of two, each is all that the other can be near
    fewest_samples = 2
    parts = (*ClusteringModel.parts, "embedding")
    terms = ("reconstruction", "similarity")
    compile_arguments = ("similarity_weight", "conditional", "summed", "method")
    # Until compiled.
    similarity_weight, conditional, summed = _WEIGHT, True, True
    method = "kmeans"

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        embedding=None,
        preprocessor="auto",
        augmentation=None,
        likelihood="gaussian",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        if embedding is not None and encoder is None:
            raise ValueError("An `embedding` needs its `encoder`.")
        self.clustering = ClusteringLayer(num_clusters, name="clustering")
        self.clustering.trainable = False  # k-means sets the centers
        self.num_clusters = self.clustering.num_clusters
        self.set_likelihood(likelihood)
        self.set_networks(encoder, preprocessor, decoder, augmentation, seed)
        self.embedding = embedding
        self.add_terms()

    # === Functional Model ===

    def build_head(self, input_shape):
        if self.embedding is None:
            self.embedding = networks.embedding_mlp(input_shape[-1])
        self.clustering.build(self.embedding.output_shape)
        self.add_pretrained_flag()

    def check_networks(self, encoder, decoder):
        if self.embedding is not None:
            latent_shape = encoder.output_shape[1:]
            check_network("embedding", self.embedding, latent_shape)
            check_shape(self.embedding, "input", latent_shape)
            check_shape(self.embedding, "output", (None,))

    def call(self, x, training=False):
        if training:
            return self._forward(x, training=True)
        return self.clustering(self.embedding_of(self.features(x)))

    def _forward(self, x, training):
        """Features, what the decoder makes of them, z and h."""
        features = self.features(x, training)
        target = None
        if training and self.augmented and self.augmentation is not None:
            # What augmented samples are to learn; no gradient comes of it.
            clean = self.encoder(self.features(x), training=True)
            target = ops.stop_gradient(clean)
        # Only clean inputs count for the statistics of inference.
        kept = [] if target is None else [self.encoder]
        with kept_statistics(*kept):
            z = self.encoder(features, training=training)
        outputs = self.decoder(z, training=training)
        # The same point, of which a share of the gradient comes through.
        fixed = ops.stop_gradient(z)
        shared = fixed + self.similarity_weight * (z - fixed)
        h = self.embedding(shared, training=training)
        return features, outputs, shared if target is None else target, h

    # === What users ask of a fitted model ===

    def _embedded(self, x, batch_size, verbose):
        """The embedding h, `(n, dim)`."""
        z = self._latent(x, batch_size, verbose)
        return self.pass_of(self.embedding, z, batch_size, verbose)

    def embedding_of(self, features):
        return self.embedding(self.encoder(features, training=False))

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        similarity_weight=_WEIGHT,
        conditional=True,
        summed=True,
        method="kmeans",
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the joint stage. `"auto"` is Adam
                with a learning rate of 0.001.
            similarity_weight: Float, at least 0: weight of the similarities
                for the encoder. For the embedding it is 1.
            conditional: Boolean. `True` compares the probabilities of the
                second point of a pair given the first, as the original code,
                so that all samples have the same weight; `False` joint ones,
                as its paper, most of which lie where samples are dense.
            summed: Boolean. `True` sums conditional cross-entropies over the
                batch, as the original code; `False` takes their mean, which
                needs a larger `similarity_weight`. Joint ones are one sum in
                any case.
            method: As in `ClusteringLayer.adapt`; the paper has `"kmeans"`.
            **kwargs: `pretrain_optimizer`, `reconstruction_loss` (see
                `Pretraining.compile`; the original code has
                `kerasdc.losses.summed_binary_crossentropy`), and arguments of
                `keras.Model.compile`.

        Raises:
            ValueError: If `similarity_weight` is out of its range, a switch no
                boolean, or `method` unknown.
        """
        center_search(method)
        self.similarity_weight = checked_number(
            "similarity_weight", similarity_weight
        )
        self.conditional = checked_flag("conditional", conditional)
        self.summed = checked_flag("summed", summed)
        self.method = method
        super().compile(optimizer=optimizer, **kwargs)

    def complete_stages(self, x, batch_size, verbose):
        self.pretrain_once(x, batch_size, verbose)

    def scored_batches(self, x, batch_size):
        """All samples, in a fixed order; see `EncoderModel`."""
        return WholePass(x, None, self._checked_batch_size(batch_size))

    def _scorable(self, x):
        array = super()._scorable(x)
        self._check_length(array)
        return array

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """Reconstruction, and cross-entropy of the similarities P and Q.

        The gradient reaches the decoder from the reconstruction, the
        embedding from the similarities, and the encoder from both, from the
        latter by `similarity_weight`.
        """
        if not isinstance(y_pred, tuple):  # not training
            y_pred = self._forward(x, training=False)
        features, outputs, z, h = y_pred
        return {
            "reconstruction": -self.likelihood.log_prob(features, outputs),
            "similarity": self._similarity_loss(z, h),
        }

    def _similarity_loss(self, z, h):
        similarities = losses.log_student_t_similarities
        log_p = similarities(z, 2.0 * z.shape[-1], self.conditional)
        log_q = similarities(h, 1.0, self.conditional)
        loss = losses.similarity_cross_entropy(ops.exp(log_p), log_q)
        if self.conditional and not self.summed:
            loss = loss / ops.cast(ops.shape(z)[0], "float32")
        return loss

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """The loss of all batches, of clean samples; see `ClusteringModel`."""
        self._check_ready()
        batches = self.scored_batches(self._scorable(x), batch_size)
        total = 0.0
        for (batch,) in batches:
            terms = self.loss_terms(batch, None, None, training=False)
            loss = sum(ops.mean(term) for term in terms.values())
            total += len(batch) * float(loss)
        return total / len(batches.x)

    # === Checks ===

    def _check_ready(self):
        if not self.built or must_adapt(self.preprocessor):
            name = type(self).__name__
            raise ValueError(
                f"This {name} has seen no data yet: call `fit` first."
            )
