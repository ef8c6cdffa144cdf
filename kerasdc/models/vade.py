"""Variational deep embedding (VaDE)."""

import keras
import numpy as np
from keras import ops

from kerasdc.callbacks import ComponentWeights
from kerasdc.callbacks import EpochDecay
from kerasdc.callbacks.lists import with_first
from kerasdc.layers import GaussianMixturePrior
from kerasdc.layers import Sampling
from kerasdc.models.bases.dec_start import self_train
from kerasdc.models.bases.generation import GenerativeModel
from kerasdc.targets import FeatureBatches
from kerasdc.targets import ShuffledBatches
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed

_NARROW = 0.1  # share of the components' variance that q(z | x) starts with


@keras.saving.register_keras_serializable(package="kerasdc")
class VaDE(GenerativeModel):
    """Variational deep embedding: clusters, generates and scores samples.

    A variational autoencoder whose prior is a mixture of Gaussians, one for
    each cluster: a cluster is drawn, then a latent point from its Gaussian,
    then a sample from the decoder. Training raises the evidence lower bound
    (ELBO) of the data.

    `fit` runs all three stages, those already done left out: `pretrain` (the
    autoencoder of encoder and decoder), `adapt` (a Gaussian mixture on the
    embedding), and the clustering.

    Reference:

    - [Jiang et al., 2017](https://arxiv.org/abs/1611.05148), Variational Deep
      Embedding: An Unsupervised and Generative Approach to Clustering.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to the
            posterior's mean `(batch, dim)`, Functional or Sequential; the
            log-variance is computed from the same input as its last layer's.
            `None` makes the paper's 500-500-2000-10 when data is first seen.
        decoder: `keras.Model` from there to samples, linear at the end; comes
            and is left out with the encoder.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the largest feature to 1 for a Bernoulli
            decoder, the mean squared feature to 1 for a Gaussian one. `None`
            takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
        likelihood: `"bernoulli"` for features from 0 to 1, such as pixels, or
            `"gaussian"`; see `kerasdc.losses.likelihoods`.
        seed: Optional integer for the mixture and for sampling. `None`
            follows `keras.utils.set_random_seed`.
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

    objective_name = "negative ELBO"

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
        self.seed = checked_seed(seed)
        self.sampling = Sampling(self.seed, dtype="float32", name="sampling")
        self.set_probabilistic_networks(
            encoder, decoder, preprocessor, augmentation, likelihood
        )
        self._terms = {
            name: keras.metrics.Mean(name=name)
            for name in ("reconstruction", "latent", "assignment")
        }

    # === Functional Model ===

    def build(self, input_shape):
        self.build_networks(input_shape)
        self.log_variance = keras.layers.Dense(
            self.encoder.output_shape[-1], dtype="float32", name="log_variance"
        )
        self.log_variance.build(self._trunk().output_shape)
        self.prior.build(self.encoder.output_shape)
        if self.compiled:
            self._fix_weights()
        self.add_pretrained_flag()

    def check_networks(self):
        _check_head(self.encoder)

    def _trunk(self):
        """The encoder without its last layer; shares all weights.

        Made anew where it is traced: as an attribute, it would be saved.
        """
        # Not `encoder.input`, which a Sequential has only once it was called.
        (inputs,) = self.encoder.inputs
        return keras.Model(inputs, self.encoder.layers[-1].input)

    def posterior(self, features, training=False):
        hidden = self._trunk()(features, training=training)
        mean = self.encoder.layers[-1](hidden)
        return ops.cast(mean, "float32"), self.log_variance(hidden)

    def call(self, x, training=False):
        # The posterior's mean stands for z, as in the authors' tests.
        return self.prior(self.encoder(self.features(x), training=training))

    @property
    def adapted(self):
        """Whether the mixture was set from data (kept when saved)."""
        return self.prior.adapted

    def forget_clusters(self):
        """Makes the next `fit` look for a mixture again."""
        self.prior.forget()

    # === The three stages ===

    def compile(
        self,
        optimizer="auto",
        decay=None,
        decay_interval=10,
        decay_minimum=2e-4,
        log_weight_factor=1.0,
        fixed_weights=False,
        augmented=True,
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the clustering stage. `"auto"` is
                the paper's Adam: learning rate 0.002, falling by `decay`
                0.9.
            decay: Optional float above 0, up to 1: the factor that the
                learning rate falls by every `decay_interval` epochs. For
                optimizers without a schedule of their own.
            decay_interval: Integer, at least 1.
            decay_minimum: Float, at least 0: the rate that it does not fall
                below.
            log_weight_factor: Float, at least 0, that log pi is multiplied by
                in the responsibilities of equation (16), in training alone.
                1 is the ELBO; the authors' code has the number of latent
                dimensions, over which it sums log pi.
            fixed_weights: Boolean. `True` makes all clusters' weights pi
                equal, and keeps them so. In the authors' code they start
                equal, and are trained.
            augmented: Boolean. Whether the ELBO is of augmented samples;
                pretraining and self-training augment in any case. `False`
                leaves to the decoder what the data holds alone: what a
                cluster generates is then more often taken for its own.
            **kwargs: Further arguments of `ProbabilisticModel.compile`
                (`reconstruction_loss`), of `PretrainedModel.compile`
                (`pretrain_optimizer`), and of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range, or a flag is no
                boolean.
        """
        automatic = isinstance(optimizer, str) and optimizer == "auto"
        if decay is None and automatic:
            decay = 0.9
        if decay is not None:
            checked_number("decay", decay, 0, 1, above=True)
        self._settings = {
            "decay": decay,
            "decay_interval": checked_count("decay_interval", decay_interval),
            "decay_minimum": checked_number("decay_minimum", decay_minimum),
            "log_weight_factor": checked_number(
                "log_weight_factor", log_weight_factor
            ),
            "fixed_weights": checked_flag("fixed_weights", fixed_weights),
            "augmented": checked_flag("augmented", augmented),
        }
        if self.built:
            self._fix_weights()
        super().compile(optimizer=optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(2e-3, epsilon=1e-4)

    @property
    def augmented(self):
        """Whether the ELBO is of augmented samples."""
        return self._settings["augmented"]

    @property
    def _has_fixed_weights(self):
        return self.compiled and self._settings["fixed_weights"]

    def _fix_weights(self):
        fixed = self._settings["fixed_weights"]
        self.prior.logits.trainable = not fixed
        if fixed:
            self.prior.logits.assign(np.zeros(self.num_clusters))

    def adapt(self, x, seed=None, self_training=None, verbose=0, **kwargs):
        """Fits the mixture to the embedding, without labels.

        Args:
            x: Samples.
            seed: Optional integer; `None` takes the model's.
            self_training: Optional dictionary with `epochs` and, if wanted,
                `optimizer`, `batch_size` and `decoder_epochs`: the encoder is
                first trained as a `DEC` of as many clusters, and the mixture
                begins with its partition. The ELBO alone hardly leaves the
                partition it begins with. For `decoder_epochs`, 5 unless given,
                the decoder then follows the encoder, which stands still: a
                decoder left behind would pull the embedding back in the first
                steps of `fit`.
            verbose: As in `keras.Model.fit`.
            **kwargs: `method` and `num_restarts` of
                `GaussianMixturePrior.adapt`, or, with self-training, of
                `ClusteringLayer.adapt`; without it, `initial_assignments`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `GaussianMixturePrior.adapt`.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        if self_training is not None:
            groups = self_train(
                self, x, seed, kwargs, verbose=verbose, **self_training
            )
            kwargs = {"initial_assignments": groups}
        z = self.embed(x)
        assignments = self.prior.adapt(z, seed=seed, verbose=verbose, **kwargs)
        if self._has_fixed_weights:
            self._fix_weights()
            assignments = self.prior.assign(z)  # equal weights move borders
        self._start_posterior()
        return assignments

    def _start_posterior(self):
        """Makes q(z | x) narrow beside the components, for all x alike."""
        weights = ops.exp(self.prior.log_weights())
        variances = ops.exp(self.prior.log_variances)
        within = ops.convert_to_numpy(ops.matmul(weights, variances))
        self.log_variance.kernel.assign(
            np.zeros(self.log_variance.kernel.shape)
        )
        self.log_variance.bias.assign(np.log(_NARROW * within))

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=50,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        initial_epoch=0,
        validation_freq=1,
    ):
        """Clusters; pretrains and adapts first where that is missing.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`, which is read into memory.
            y: Must be `None`. Labels only ever report: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer. `None` takes 256.
            epochs: Integer, passes over the data in the clustering stage.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of the clustering stage. To a
                `keras.callbacks.CallbackList`, those that lower the learning
                rate and watch the clusters' weights are not added.
            validation_data: Optional samples on which the loss is reported.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The clustering stage's `History`: the loss, minus the ELBO per
            sample, and its terms `reconstruction`, `latent`, `assignment`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` is not usable.
        """
        x, batch_size, epochs = self._begin_fit(
            x, y, batch_size, epochs, callbacks, initial_epoch, validation_freq
        )
        validation_data = self._validation_batches(validation_data, batch_size)
        self.complete_stages(x, batch_size, verbose)
        batches = ShuffledBatches(
            x,
            None,
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )
        return self._fit_batches(
            batches,
            self._with_own(callbacks),
            epochs=epochs,
            verbose=verbose,
            validation_data=validation_data,
            initial_epoch=initial_epoch,
            validation_freq=validation_freq,
        )

    def _with_own(self, callbacks):
        callbacks = with_first(ComponentWeights(), callbacks)
        if self._settings["decay"] is None:
            return callbacks
        names = ("decay", "decay_interval", "decay_minimum")
        decay = EpochDecay(*(self._settings[name] for name in names))
        return with_first(decay, callbacks)

    def _scored_batches(self, x, batch_size):
        """Of clean samples: the loss is minus the ELBO, with its terms."""
        return ShuffledBatches(x, None, batch_size, shuffle=False)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Minus the ELBO, equation (12): the mean over the batch.

        The encoder's and the decoder's own losses, such as those of
        regularizers, are added.

        Args:
            x: Tensor of raw inputs.
            y: Not used.
            y_pred: Not used.
            sample_weight: Not used.
            training: Boolean. `True` augments, draws new noise, and heeds
                `log_weight_factor`.

        Returns:
            Scalar tensor, in nats per sample.
        """
        features = self.features(x, training and self.augmented)
        terms = (
            self._elbo_terms(features, training=True)
            if training
            else self._elbo_terms(features, noise=self._same_noise(features))
        )
        self._record(terms, x)
        loss = ops.mean(sum(terms.values()))
        # Now that every layer has been called: of its last call alone.
        return loss + sum(ops.sum(extra) for extra in self.losses)

    def _same_noise(self, features):
        """Noise that is the same for every batch of that size."""
        shape = (ops.shape(features)[0], self.encoder.output_shape[-1])
        return keras.random.normal(shape, dtype="float32", seed=0)

    def _elbo_terms(self, features, noise=None, training=False):
        mean, log_variance = self.posterior(features, training)
        if noise is None:
            z = self.sampling((mean, log_variance))
        else:
            z = mean + ops.exp(0.5 * log_variance) * noise
        outputs = self.decoder(z, training=training)
        # Equation (16), by one sample.
        responsibilities = self.prior.responsibilities(
            z, self._settings["log_weight_factor"] if training else 1.0
        )
        latent, assignment = self.prior.divergence(
            mean, log_variance, responsibilities
        )
        return {
            "reconstruction": -self.likelihood.log_prob(features, outputs),
            "latent": latent,
            "assignment": assignment,
        }

    def objective(self, x, batch_size=1024):
        """Minus the ELBO per sample, in nats; see `ClusteringModel`.

        The same noise is drawn each time, so that calls agree.
        """
        self._check_adapted()
        batches = FeatureBatches(
            self._scorable(x), self.features, batch_size=batch_size
        )
        dim = self.encoder.output_shape[-1]
        generator = np.random.default_rng(0)
        total = 0.0
        for (features,) in batches:
            noise = generator.standard_normal((len(features), dim))
            terms = self._elbo_terms(features, noise.astype("float32"))
            total += float(ops.sum(sum(terms.values())))
        return total / len(batches.x)


def _check_head(encoder):
    layers = getattr(encoder, "layers", [])
    if not layers or not isinstance(layers[-1].output, keras.KerasTensor):
        raise ValueError(
            "The `encoder` must be Functional or Sequential, for the "
            "log-variance is computed beside its last layer. "
            f"Received: encoder of type {type(encoder).__name__}"
        )
    head = layers[-1]
    if not isinstance(head.input, keras.KerasTensor):
        raise ValueError(
            "The last layer of the `encoder` must have one input, for the "
            "log-variance is computed from it, too: put a `Dense` layer last. "
            f"Received: {type(head).__name__} of {len(head.input)} inputs"
        )
