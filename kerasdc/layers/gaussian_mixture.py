"""A mixture of Gaussians as the prior of a latent space."""

import math

import keras
import numpy as np
from keras import ops

from kerasdc.cluster.gaussian_mixtures import check_assignments
from kerasdc.cluster.gaussian_mixtures import mixture_of_groups
from kerasdc.cluster.gaussian_mixtures import mixture_search
from kerasdc.cluster.gaussian_mixtures import variance_floor
from kerasdc.cluster.points import checked_points
from kerasdc.layers.adaptable import Adaptable
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed


@keras.saving.register_keras_serializable(package="kerasdc")
class GaussianMixturePrior(Adaptable):
    """A trainable mixture of Gaussians with diagonal covariances.

    Component c, one for each cluster, has the weight pi_c (the softmax of
    `logits`), the mean mu_c and the variances sigma_c^2 (in `log_variances`).
    Calling the layer gives the responsibilities p(c | z). The weights are
    set from data by `adapt`.

    Reference:

    - [Jiang et al., 2017](https://arxiv.org/abs/1611.05148), Variational Deep
      Embedding: An Unsupervised and Generative Approach to Clustering.

    Args:
        num_clusters: Integer, at least 1. Number of components k.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, dim)`: points of the latent space.

    Output shape:
        `(batch_size, num_clusters)`: probabilities; every row sums to 1.

    Example:

    >>> prior = kerasdc.layers.GaussianMixturePrior(num_clusters=3)
    >>> prior.adapt(np.random.normal(size=(100, 2)), seed=0)
    >>> prior(np.zeros((1, 2))).shape
    (1, 3)
    """

    def __init__(self, num_clusters, **kwargs):
        super().__init__(**kwargs)
        # Half precision would round the points that `call` gets, not those
        # of `log_joint`: components narrower than that would be confused.
        self.autocast = False
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        shape = (self.num_clusters, input_shape[-1])
        self.logits = self._add_float("logits", shape[:1], "zeros")
        self.means = self._add_float("means", shape, "glorot_uniform")
        self.log_variances = self._add_float("log_variances", shape, "zeros")
        self.add_adapted_flag()
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: shape[1]})

    def _add_float(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            dtype="float32",
            autocast=False,
        )

    # === Densities ===

    def call(self, inputs):
        return self.responsibilities(inputs)

    def responsibilities(self, z, log_weight_factor=1.0):
        """p(c | z), equation (16).

        Args:
            z: Tensor `(n, dim)`.
            log_weight_factor: Float that log pi is multiplied by. 1 is
                equation (16).

        Returns:
            Float32 tensor `(n, k)`; every row sums to 1.
        """
        log_joint = self.log_joint(z)
        if log_weight_factor != 1:
            log_joint += (log_weight_factor - 1) * self.log_weights()
        # Not `softmax`: Keras' own warns when there is one cluster.
        return ops.exp(
            log_joint - ops.logsumexp(log_joint, axis=1, keepdims=True)
        )

    def log_joint(self, z):
        """log p(z, c): the numerator of equation (16).

        Args:
            z: Tensor `(n, dim)`.

        Returns:
            Float32 tensor `(n, k)`, all constants included.

        Raises:
            ValueError: If there are no components yet.
        """
        self._check_built()
        z = ops.cast(z, "float32")
        # Differences, not expanded squares: small variances far from the
        # origin would lose all digits. At most (n, k, dim), small for k = 10.
        distances = ops.square(ops.expand_dims(z, 1) - self.means)
        squares = ops.sum(distances * ops.exp(-self.log_variances), axis=2)
        log_volume = ops.sum(self.log_variances, axis=1)
        constant = self.means.shape[1] * math.log(2 * math.pi)
        return self.log_weights() - 0.5 * (squares + log_volume + constant)

    def log_weights(self):
        """log pi.

        Returns:
            Tensor `(k,)`.

        Raises:
            ValueError: If there are no components yet.
        """
        self._check_built()
        return self.logits - ops.logsumexp(self.logits)

    def log_prob(self, z):
        """log p(z).

        Args:
            z: Tensor `(n, dim)`.

        Returns:
            Float32 tensor `(n,)`, in nats.

        Raises:
            ValueError: If there are no components yet.
        """
        return ops.logsumexp(self.log_joint(z), axis=1)

    def divergence(self, mean, log_variance, responsibilities):
        """The ELBO's terms without the reconstruction, negated.

        For q(z, c | x) = N(z; mean, exp(log_variance)) gamma_c, the closed
        form of equation (12) is minus the sum of the two terms here; its
        log 2 pi cancel.

        Args:
            mean: Tensor `(n, dim)`.
            log_variance: Tensor `(n, dim)`.
            responsibilities: Tensor `(n, k)`, gamma; every row sums to 1.

        Returns:
            Tuple of float32 tensors `(n,)`, in nats: `latent`, the sum over
            c of gamma_c KL(q(z | x) || p(z | c)), and `assignment`,
            KL(gamma || pi).

        Raises:
            ValueError: If there are no components yet.
        """
        self._check_built()
        mean, log_variance = (
            ops.expand_dims(ops.cast(part, "float32"), 1)
            for part in (mean, log_variance)
        )
        gamma = ops.cast(responsibilities, "float32")
        squares = ops.exp(log_variance) + ops.square(mean - self.means)
        divergences = 0.5 * ops.sum(
            self.log_variances
            - log_variance
            + squares * ops.exp(-self.log_variances)
            - 1.0,
            axis=2,
        )
        # 0 log 0 is 0; float32 reaches down to 1e-38.
        log_gamma = ops.log(ops.maximum(gamma, 1e-30))
        return (
            ops.sum(gamma * divergences, axis=1),
            ops.sum(gamma * (log_gamma - self.log_weights()), axis=1),
        )

    # === State from data ===

    def adapt(
        self,
        z,
        method="gmm",
        initial_assignments=None,
        num_restarts=10,
        seed=None,
        verbose=0,
    ):
        """Sets the mixture from data, without gradients or labels.

        Args:
            z: Array `(n, dim)` of points.
            method: `"gmm"`, expectation maximization by scikit-learn, or
                `"merged_kmeans"`, the moments of the groups that
                `kerasdc.cluster` finds, which need not be round.
            initial_assignments: Optional integers `(n,)` from 0 to
                `num_clusters - 1`: the moments of these groups are taken;
                nothing is searched for.
            num_restarts: Integer. Runs, of which the best is kept: the one
                of highest likelihood or of least normalized cut.
            seed: Optional integer that makes it repeatable.
            verbose: As in `keras.Model.fit`: whether a bar counts the runs.

        Returns:
            Integer array `(n,)`: the most probable component.

        Raises:
            ValueError: If `z` is not 2-d or not finite, or holds fewer
                samples or fewer distinct points than `num_clusters`; if
                `method` is unknown, `num_restarts` less than 1, `seed`
                negative or the assignments do not fit.
        """
        num_restarts = checked_count("num_restarts", num_restarts)
        seed = checked_seed(seed)
        dim = self.means.shape[1] if self.built else None
        z = checked_points(z, self.num_clusters, dim)
        if initial_assignments is None:
            fit_mixture = mixture_search(method)
            mixture = fit_mixture(
                z, self.num_clusters, num_restarts, seed, verbose
            )
        else:
            groups = np.asarray(initial_assignments)
            check_assignments(groups, len(z), self.num_clusters)
            mixture = mixture_of_groups(z, groups, self.num_clusters)
        if not self.built:
            self.build(z.shape)
        weights, means, variances = mixture
        self.logits.assign(np.log(np.maximum(weights, 1e-6)))
        self.means.assign(means)
        floor = variance_floor(z)
        self.log_variances.assign(np.log(np.maximum(variances, floor)))
        self.mark_adapted()
        return self.assign(z)

    def assign(self, z, block=8192):
        """The most probable component of each point.

        Args:
            z: Array `(n, dim)`.
            block: Integer, points taken at once, which bounds the memory.

        Returns:
            Integer array `(n,)`.
        """
        blocks = [
            ops.convert_to_numpy(
                ops.argmax(self.log_joint(z[i : i + block]), 1)
            )
            for i in range(0, len(z), block)
        ]
        return np.concatenate(blocks)

    # === Samples ===

    def sample(self, num, cluster=None, seed=None):
        """Draws points.

        Args:
            num: Integer, at least 1.
            cluster: Optional integer, the component they are drawn from, or
                integers `(num,)`. `None` draws it by the weights.
            seed: Optional integer that makes it repeatable.

        Returns:
            Float32 NumPy array `(num, dim)`.

        Raises:
            ValueError: If `num` is not a count, there is no such component,
                or there are none yet.
        """
        self._check_built()
        num = checked_count("num", num)
        generator = np.random.default_rng(seed)
        if cluster is None:
            weights = np.exp(
                ops.convert_to_numpy(self.log_weights()).astype("float64")
            )
            cluster = generator.choice(
                self.num_clusters, num, p=weights / weights.sum()
            )
        _check_clusters(cluster, num, self.num_clusters)
        means = ops.convert_to_numpy(self.means)[cluster]
        deviations = np.exp(0.5 * ops.convert_to_numpy(self.log_variances))
        noise = generator.standard_normal((num, means.shape[-1]))
        return (means + deviations[cluster] * noise).astype("float32")

    def distribution(self):
        """The mixture as TensorFlow Probability knows it.

        Returns:
            `tfp.distributions.MixtureSameFamily` over the current weights.

        Raises:
            ImportError: If TensorFlow Probability is missing.
            RuntimeError: If Keras runs on another backend than TensorFlow.
            ValueError: If there are no components yet.
        """
        self._check_built()
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                "TensorFlow Probability needs the TensorFlow backend. "
                f"Received: backend={keras.backend.backend()!r}"
            )
        try:
            import tensorflow_probability as tfp
        except ImportError as error:
            raise ImportError(
                "`distribution` needs TensorFlow Probability: "
                'pip install "tensorflow-probability[tf]"'
            ) from error
        # Copies: TFP would follow some variables' later values, not others'.
        return tfp.distributions.MixtureSameFamily(
            tfp.distributions.Categorical(logits=self.log_weights()),
            tfp.distributions.MultivariateNormalDiag(
                ops.convert_to_tensor(self.means),
                ops.exp(0.5 * self.log_variances),
            ),
        )

    def _check_built(self):
        if not self.built:
            raise ValueError(
                "This GaussianMixturePrior has no components yet: call "
                "`adapt(z)` first. Received: built=False"
            )

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_clusters)

    def get_config(self):
        return {**super().get_config(), "num_clusters": self.num_clusters}


def _check_clusters(cluster, num, num_clusters):
    clusters = np.asarray(cluster)
    if clusters.dtype.kind not in "iu" or clusters.shape not in ((), (num,)):
        raise ValueError(
            "`cluster` must be None, an integer or integers of shape (num,). "
            f"Received: cluster={cluster}"
        )
    if clusters.min() < 0 or clusters.max() >= num_clusters:
        raise ValueError(
            f"Clusters are numbered from 0 to {num_clusters - 1}. "
            f"Received: cluster={cluster}"
        )
