"""Clustering models that generate and score samples."""

import math
import warnings

import numpy as np
from keras import ops

from kerasdc.models.bases.served_generation import generation_specs
from kerasdc.models.bases.served_generation import served_cluster
from kerasdc.targets import FeatureBatches
from kerasdc.utils.arguments import checked_count

_SERVED_SAMPLES = 10  # of the latent space, per sample that is scored

# Far from all data the head extrapolates to log-variances that overflow.
_LOG_VARIANCE_LIMIT = 40.0

_LOWEST_SCORE = float(np.finfo("float32").min)  # JSON has no infinity


class Generation:
    """A mixin of clustering models: they generate and score samples.

    A system sets `prior`, a `GaussianMixturePrior`, and a likelihood, and
    implements `posterior(features)`.
    """

    def posterior(self, features, training=False):
        """q(z | x), a Gaussian of independent dimensions.

        Args:
            features: Tensor of what the encoder takes.
            training: Boolean.

        Returns:
            Tuple of tensors `(batch, dim)`: mean and log-variance.
        """
        raise NotImplementedError

    def generate(self, num, cluster=None, seed=None):
        """Draws new samples.

        Args:
            num: Integer, number of samples.
            cluster: Optional integer, the cluster they are drawn from, or
                integer array `(num,)`. `None` draws it, too, by the clusters'
                weights.
            seed: Optional integer that makes it repeatable.

        Returns:
            Float array `(num, ...)` in the scale and shape of the raw inputs
            (for texts: their features). These are expected values of the
            features; the decoder's own noise is not added.

        Raises:
            ValueError: If `num` is not a count, the cluster does not exist,
                or the model has no clusters yet.
        """
        self._check_fitted()
        samples = self.prior.sample(num, cluster, seed)
        if cluster is not None:
            self._warn_of_empty(cluster)
        return self._decoded(samples)

    def _warn_of_empty(self, clusters):
        empty = self.cluster_counts.empty_among(clusters)
        if empty:
            warnings.warn(
                f"No sample was in cluster {', '.join(map(str, empty))} when "
                "`fit` ended: what is drawn from it is not like the data.",
                stacklevel=3,
            )

    def interpolate(self, x1, x2, steps=10):
        """Samples on the straight line between two, in the latent space.

        Args:
            x1: Raw samples `(n, ...)`, where the lines begin.
            x2: Raw samples `(n, ...)`, where they end.
            steps: Integer of at least 2, points of each line, both ends
                counted.

        Returns:
            Float array `(n, steps, ...)`, as `generate`.

        Raises:
            ValueError: If `x1` and `x2` have not the same length, or are not
                what the model was built for.
        """
        steps = checked_count("steps", steps, minimum=2)
        z1, z2 = self.embed(x1), self.embed(x2)
        if len(z1) != len(z2):
            raise ValueError(
                "`x1` and `x2` must have the same length. "
                f"Received: {len(z1)} and {len(z2)} samples"
            )
        share = np.linspace(0, 1, steps, dtype="float32")[:, None]
        z = (1 - share) * z1[:, None] + share * z2[:, None]
        samples = self._decoded(z.reshape(-1, z.shape[-1]))
        return samples.reshape(len(z1), steps, *samples.shape[1:])

    def log_prob(self, x, num_samples=20, batch_size=256, seed=0):
        """Log-likelihood of samples, from below: a score of anomalies.

        The signature `log_prob` of a served model is this with
        `num_samples=10` and `seed=0`; see `export_signatures`.

        The importance-weighted bound: log of the mean, over `num_samples`
        points z drawn from q(z | x), of p(x | z) p(z) / q(z | x). It rises
        with their number to log p(x).

        Reference: [Burda et al., 2016](https://arxiv.org/abs/1509.00519),
        equation (8).

        Args:
            x: Raw samples.
            num_samples: Integer, at least 1. The default is twice that of a
                served model, whose scores are a little lower.
            batch_size: Integer, samples taken at once.
            seed: Integer. All samples share one noise drawn by it, so that a
                sample's figure does not depend on its neighbors.

        Returns:
            Float array `(n,)`, in nats: of densities of the features for a
            Gaussian decoder, of probabilities for a Bernoulli decoder. All
            are finite: what is too far from all data to be computed has
            float32's lowest value.

        Raises:
            ValueError: If features are not from 0 to 1 for a Bernoulli
                decoder, to which brighter pixels would look probable; or if
                the model has no clusters yet.
        """
        self._check_fitted()
        num_samples = checked_count("num_samples", num_samples)
        x = self.as_inputs(x)
        self._check_range(x)
        batches = FeatureBatches(x, self.features, batch_size)
        noise = self._noise(num_samples, seed)
        scores = [
            ops.convert_to_numpy(self._importance_bound(batch, noise))
            for (batch,) in batches
        ]
        return np.concatenate(scores)

    def _noise(self, num_samples, seed):
        shape = (num_samples, self.encoder.output_shape[-1])
        generator = np.random.default_rng(seed)
        return generator.standard_normal(shape).astype("float32")

    def _importance_bound(self, features, noise):
        """Equation (8) for each sample; all draws pass the decoder at once."""
        num_draws, dim = noise.shape
        mean, log_variance = self.posterior(features)
        # Still a bound: z is drawn from the distribution it is divided by.
        log_variance = ops.clip(
            log_variance, -_LOG_VARIANCE_LIMIT, _LOG_VARIANCE_LIMIT
        )
        deviation = ops.exp(0.5 * log_variance)
        z = mean[:, None] + deviation[:, None] * ops.convert_to_tensor(noise)
        z = ops.reshape(z, (-1, dim))
        log_joint = self.prior.log_prob(z) + self.likelihood.log_prob(
            ops.repeat(features, num_draws, axis=0), self.decoder(z)
        )
        log_weights = ops.reshape(log_joint, (-1, num_draws)) - _log_normal(
            noise, log_variance
        )
        bound = ops.logsumexp(log_weights, axis=1) - math.log(num_draws)
        valid = ops.logical_and(
            ops.isfinite(bound), self.likelihood.covers(features)
        )
        return ops.where(valid, bound, _LOWEST_SCORE)

    # === Serving ===

    def export_signatures(self):
        """What a served model offers beyond the others: see `export`.

        Returns:
            Dict with `generate` (integers `cluster` `(n,)` and a scalar
            `seed` to `samples`; a cluster that does not exist is an error)
            and `log_prob`, which is the method `log_prob` with 10 draws in
            place of 20. A server cannot refuse one sample of a batch: those
            whose features are not from 0 to 1, with a Bernoulli decoder,
            score float32's lowest value, -3.4e38.
        """
        noise = self._noise(_SERVED_SAMPLES, seed=0)

        def log_prob(inputs):
            features = self.features(inputs)
            return {"log_prob": self._importance_bound(features, noise)}

        return {
            "generate": (self._served_generate, generation_specs()),
            "log_prob": log_prob,
        }

    def _served_generate(self, cluster, seed):
        import tensorflow as tf  # its random numbers take a seed at run time

        cluster = served_cluster(cluster, self.num_clusters)
        mean = ops.take(self.prior.means, cluster, axis=0)
        log_variance = ops.take(self.prior.log_variances, cluster, axis=0)
        noise = tf.random.stateless_normal(tf.shape(mean), tf.stack([seed, 0]))
        z = mean + ops.exp(0.5 * log_variance) * noise
        samples = self.raw_samples(self.decoder(z, training=False))
        return {"samples": ops.cast(samples, "float32")}


def _log_normal(noise, log_variance):
    """Log-densities `(n, draws)` of mean + exp(log_variance / 2) * noise."""
    squares = np.sum(np.square(noise) + math.log(2 * math.pi), axis=1)
    volume = ops.sum(log_variance, axis=1, keepdims=True)
    return -0.5 * (volume + ops.convert_to_tensor(squares))
