"""Variational deep embedding (VaDE)."""

import keras
import numpy as np
from keras import ops

from kerasdc.callbacks import ComponentWeights
from kerasdc.callbacks import EpochDecay
from kerasdc.callbacks.schedules import check_no_schedule
from kerasdc.layers import GaussianMixturePrior
from kerasdc.layers import Sampling
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.dec_start import checked_self_training
from kerasdc.models.bases.dec_start import self_train
from kerasdc.models.bases.generation import Generation
from kerasdc.models.bases.parts import trunk_of
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.registry import system
from kerasdc.models.dec import DEC
from kerasdc.targets import FeatureBatches
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number

_NARROW = 0.1  # share of the components' variance that q(z | x) starts with


@system("vade")
class VaDE(Generation, Pretraining, ClusteringModel):
    """Variational deep embedding: clusters, generates and scores samples.

    A variational autoencoder whose prior is a mixture of Gaussians, one for
    each cluster. Training raises the evidence lower bound (ELBO).

    `fit` runs all three stages, except those already run: `pretrain` (the
    autoencoder), `adapt` (a Gaussian mixture on the embedding), and the
    clustering.

    Reference:

    - [Jiang et al., 2017](https://arxiv.org/abs/1611.05148), Variational Deep
      Embedding: An Unsupervised and Generative Approach to Clustering.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to the
            posterior's mean `(batch, dim)`, Functional or Sequential; the
            log-variance is computed from the same input as its last layer's.
            `None` makes the paper's 500-500-2000-10 when data is first seen.
        decoder: `keras.Model` from there to samples, linear at the end; to be
            passed with the encoder.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the largest feature to 1 for a Bernoulli
            decoder, the mean squared feature to 1 for a Gaussian one. `None`
            takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
        likelihood: `"bernoulli"` for features from 0 to 1, such as pixels, or
            `"gaussian"`; see `kerasdc.losses.likelihoods`.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.VaDE(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.generate(5, cluster=0).shape
    (5, 16)
    """

    trains_decoder = needs_decoder = True
    cluster_layer = "prior"
    terms = ("reconstruction", "latent", "assignment")
    compile_arguments = (
        "decay",
        "decay_interval",
        "decay_minimum",
        "log_weight_factor",
        "fixed_weights",
    )
    fixed_weights = False  # until compiled

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        likelihood="bernoulli",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.prior = GaussianMixturePrior(num_clusters, name="prior")
        self.num_clusters = self.prior.num_clusters
        self.set_likelihood(likelihood)
        self.set_networks(encoder, preprocessor, decoder, augmentation, seed)
        self.sampling = Sampling(self.seed, dtype="float32", name="sampling")
        self.add_terms()

    # === Functional Model ===

    def build_head(self, input_shape):
        trunk = trunk_of(self.encoder)
        self._hidden = lambda *a, **k: trunk(*a, **k)  # no layer to be saved
        self.log_variance = keras.layers.Dense(
            input_shape[-1], dtype="float32", name="log_variance"
        )
        self.log_variance.build(trunk.output_shape)
        self.sampling.build((input_shape, input_shape))
        self.prior.build(input_shape)
        self._fix_weights()
        self.add_pretrained_flag()

    def check_networks(self, encoder, decoder):
        trunk_of(encoder)

    def posterior(self, features, training=False):
        hidden = self._hidden(features, training=training)
        mean = self.encoder.layers[-1](hidden)
        return ops.cast(mean, "float32"), self.log_variance(hidden)

    def call(self, x, training=False):
        if training:
            return self._forward(self.features(x, training), True)
        # The posterior's mean stands for z, as in the authors' tests.
        return self.prior(self.encoder(self.features(x)))

    def _forward(self, features, training=False, noise=None):
        """All that the ELBO is made of, by one sample z of q(z | x)."""
        mean, log_variance = self.posterior(features, training)
        if noise is None:
            z = self.sampling((mean, log_variance))
        else:
            z = mean + ops.exp(0.5 * log_variance) * noise
        outputs = self.decoder(z, training=training)
        return features, mean, log_variance, z, outputs

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        decay=None,
        decay_interval=10,
        decay_minimum=2e-4,
        log_weight_factor=1.0,
        fixed_weights=False,
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the clustering stage. `"auto"` is
                the paper's Adam: learning rate 0.002, falling by `decay`
                0.9.
            decay: Optional float above 0, up to 1: the learning rate is
                multiplied by it every `decay_interval` epochs.
            decay_interval: Integer, at least 1.
            decay_minimum: Float, at least 0, the lowest learning rate.
            log_weight_factor: Float, at least 0: factor of log pi in the
                responsibilities of equation (16), in training only. 1 is the
                ELBO; the authors' code has the number of latent dimensions.
            fixed_weights: Boolean. `True` makes all clusters' weights pi
                equal, and keeps them so. In the authors' code they start
                equal, and are trained.
            **kwargs: Arguments of `Pretraining.compile`. With
                `augmented=False`, more of the samples that a cluster
                generates are assigned to it.

        Raises:
            ValueError: If a number is out of its range, a flag is no boolean,
                or the optimizer has a schedule beside `decay`.
        """
        automatic = isinstance(optimizer, str) and optimizer == "auto"
        if decay is None and automatic:
            decay = 0.9
        if decay is not None:
            checked_number("decay", decay, 0, 1, above=True)
            check_no_schedule(self._optimizer("optimizer", optimizer))
        self.decay = decay
        self.decay_interval = checked_count("decay_interval", decay_interval)
        self.decay_minimum = checked_number("decay_minimum", decay_minimum)
        self.log_weight_factor = checked_number(
            "log_weight_factor", log_weight_factor
        )
        self.fixed_weights = checked_flag("fixed_weights", fixed_weights)
        if self.built:
            self._fix_weights()
        super().compile(optimizer=optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(2e-3, epsilon=1e-4)

    def _fix_weights(self):
        self.prior.logits.trainable = not self.fixed_weights
        if self.fixed_weights:
            self.prior.logits.assign(np.zeros(self.num_clusters))

    def adapt(self, x, seed=None, self_training=None, verbose=0, **kwargs):
        """Fits the mixture to the embedding, without labels.

        Args:
            x: Samples.
            seed: Optional integer; `None` takes the model's.
            self_training: Optional dictionary with `epochs` and, if wanted,
                `optimizer`, `batch_size`, `decoder_epochs` and `callbacks`:
                the encoder is first trained as a `DEC` of as many clusters,
                whose partition the mixture starts from, then the decoder
                alone for `decoder_epochs`, 5: it would pull the encoder back.
                `callbacks` makes Keras callbacks of "encoder" and "decoder".
            verbose: As in `keras.Model.fit`.
            **kwargs: `max_samples` of `AdaptedLayer.adapt_layer`; arguments
                of `GaussianMixturePrior.adapt`, or, with self-training, of
                `DEC.adapt`, whose `triplet_epochs` replace `pretrain`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `GaussianMixturePrior.adapt`.
        """
        if self_training is not None:
            self_training = checked_self_training(self_training)
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        if self_training is not None:
            start = (self, x, seed, kwargs, self_training, verbose)
            kwargs = {k: v for k, v in kwargs.items() if k == "max_samples"}
            kwargs["initial_assignments"] = self_train(DEC, *start)
        z, kwargs = self.searched_points(x, kwargs)
        assignments = self.prior.adapt(z, seed=seed, verbose=verbose, **kwargs)
        if self.fixed_weights:
            self._fix_weights()
            assignments = self.prior.assign(z)  # equal weights move borders
        self._start_posterior()
        return self.assignments_by(x, z, assignments)

    def _start_posterior(self):
        """Makes q(z | x) narrow beside the components, for all x alike."""
        weights = ops.exp(self.prior.log_weights())
        variances = ops.exp(self.prior.log_variances)
        within = ops.convert_to_numpy(ops.matmul(weights, variances))
        self.log_variance.kernel.assign(
            np.zeros(self.log_variance.kernel.shape)
        )
        self.log_variance.bias.assign(np.log(_NARROW * within))

    def own_callbacks(self, x, epochs, initial_epoch):
        if self.decay is None:
            return [ComponentWeights()]
        decay = EpochDecay(self.decay, self.decay_interval, self.decay_minimum)
        return [decay, ComponentWeights()]

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """Minus the ELBO, equation (12), in nats; gamma by equation (16)."""
        if not isinstance(y_pred, tuple):  # not training: clean, same noise
            features = self.features(x)
            shape = (ops.shape(features)[0], self.encoder.output_shape[-1])
            noise = keras.random.normal(shape, dtype="float32", seed=0)
            y_pred = self._forward(features, noise=noise)
        features, mean, log_variance, z, outputs = y_pred
        factor = self.log_weight_factor if training else 1.0
        gamma = self.prior.responsibilities(z, factor)
        latent, assignment = self.prior.divergence(mean, log_variance, gamma)
        return {
            "reconstruction": -self.likelihood.log_prob(features, outputs),
            "latent": latent,
            "assignment": assignment,
        }

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """Minus the ELBO per sample, in nats; see `ClusteringModel`.

        The same noise is drawn each time, so that calls agree.
        """
        self._check_fitted()
        batches = FeatureBatches(self._scorable(x), self.features, batch_size)
        dim = self.prior.means.shape[1]
        generator = np.random.default_rng(0)
        total = 0.0
        for (features,) in batches:
            noise = generator.standard_normal((len(features), dim))
            y_pred = self._forward(features, noise=noise.astype("float32"))
            terms = self.loss_terms(features, None, y_pred, training=False)
            total += float(ops.sum(sum(terms.values())))
        return total / len(batches.x)
