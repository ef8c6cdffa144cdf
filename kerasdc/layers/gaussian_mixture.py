"""A mixture of Gaussians as the prior of a latent space."""

import keras
import numpy as np
from keras import ops

from kerasdc.algorithms.gaussian_mixtures import mixture_of_groups
from kerasdc.algorithms.gaussian_mixtures import mixture_search
from kerasdc.algorithms.gaussian_mixtures import sample_mixture
from kerasdc.algorithms.gaussian_mixtures import variance_floor
from kerasdc.algorithms.points import checked_points
from kerasdc.layers import densities
from kerasdc.layers import distributions
from kerasdc.layers.adaptable import Adaptable
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array


@keras.saving.register_keras_serializable(package="kerasdc")
class GaussianMixturePrior(Adaptable):
    """A trainable mixture of Gaussians with diagonal covariances.

    Component c, one for each cluster, has the weight pi_c (the softmax of
    `logits`), the mean mu_c and the variances sigma_c^2 (in `log_variances`).
    Calling the layer returns the responsibilities p(c | z). `adapt` sets the
    mixture from data.

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

    Raises:
        ValueError: By all methods but `adapt`, if the layer is not built.

    Example:

    >>> prior = kerasdc.layers.GaussianMixturePrior(num_clusters=3)
    >>> prior.adapt(np.random.normal(size=(100, 2)), seed=0)
    >>> prior(np.zeros((1, 2))).shape
    (1, 3)
    """

    def __init__(self, num_clusters, **kwargs):
        super().__init__(**kwargs)
        # In half precision, Keras would round the points before `call`, but
        # not those of `log_joint`.
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
            log_weight_factor: Float, a factor of log pi. 1 is equation (16).

        Returns:
            Float32 tensor `(n, k)`; every row sums to 1.
        """
        log_joint = self._log_joint(z, relative=True)
        if log_weight_factor != 1:
            log_joint += (log_weight_factor - 1) * self.log_weights()
        # Not `softmax`, which warns if there is one cluster.
        return ops.exp(
            log_joint - ops.logsumexp(log_joint, axis=1, keepdims=True)
        )

    def log_joint(self, z):
        """log p(z, c), the numerator of equation (16).

        Args:
            z: Tensor `(n, dim)`.

        Returns:
            Float32 tensor `(n, k)`, including all constants.
        """
        return self._log_joint(z)

    def _log_joint(self, z, relative=False):
        """`relative`: up to a constant for each point that is far away."""
        return densities.log_joint(
            z, self.log_weights(), self.means, self.log_variances, relative
        )

    def log_weights(self):
        """log pi.

        Returns:
            Tensor `(k,)`.
        """
        self._check_built()
        return self.logits - ops.logsumexp(self.logits)

    def log_prob(self, z):
        """log p(z).

        Args:
            z: Tensor `(n, dim)`.

        Returns:
            Float32 tensor `(n,)`, in nats.
        """
        return ops.logsumexp(self.log_joint(z), axis=1)

    def divergence(self, mean, log_variance, responsibilities):
        """The two divergences of the ELBO, equation (12), in closed form.

        With q(z, c | x) = N(z; mean, exp(log_variance)) gamma_c, the ELBO is
        the reconstruction term minus the two terms returned here.

        Args:
            mean, log_variance: Tensors `(n, dim)`.
            responsibilities: Tensor `(n, k)`, gamma; every row sums to 1.

        Returns:
            Tuple of float32 tensors `(n,)`, in nats: `latent`, the sum over
            c of gamma_c KL(q(z | x) || p(z | c)), and `assignment`,
            KL(gamma || pi).
        """
        return densities.divergence(
            mean,
            log_variance,
            responsibilities,
            (self.log_weights(), self.means, self.log_variances),
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
                `"merged_kmeans"`, the moments of the clusters that
                `kerasdc.algorithms` finds, which need not be round.
            initial_assignments: Optional integers `(n,)` from 0 to
                `num_clusters - 1`: the moments of these groups are used; no
                method runs.
            num_restarts: Integer, number of runs. The run of highest
                likelihood, or of least normalized cut, is used.
            seed: Optional integer for repeatable runs.
            verbose: As in `keras.Model.fit`: whether to show a progress bar.

        Returns:
            Integer array `(n,)`: the most probable component.

        Raises:
            ValueError: If `z` is not 2-d, not finite or above 1e15, or holds
                fewer samples or fewer distinct points than `num_clusters`; if
                another argument is not as above.
        """
        num_restarts = checked_count("num_restarts", num_restarts)
        seed = checked_seed(seed)
        dim = self.means.shape[1] if self.built else None
        z = checked_points(z, self.num_clusters, dim)
        if initial_assignments is None:
            find = mixture_search(method)
            mixture = find(z, self.num_clusters, num_restarts, seed, verbose)
        else:
            mixture = mixture_of_groups(
                z, initial_assignments, self.num_clusters
            )
        if not self.built:
            self.build(z.shape)
        self._set_mixture(mixture, variance_floor(z))
        self.mark_adapted()
        return self.assign(z)

    def _set_mixture(self, mixture, floor):
        weights, means, variances = mixture
        self.logits.assign(np.log(np.maximum(weights, 1e-6)))
        self.means.assign(means)
        self.log_variances.assign(np.log(np.maximum(variances, floor)))

    def assign(self, z, block=8192):
        """The most probable component of each point.

        Args:
            z: Array `(n, dim)`.
            block: Integer, points computed at once, which limits the memory.

        Returns:
            Integer array `(n,)`.

        Raises:
            ValueError: If `z` is not finite, or has another width.
        """
        z, block = checked_array("z", z, 2), checked_count("block", block)
        found = [
            ops.argmax(self._log_joint(z[i : i + block], relative=True), 1)
            for i in range(0, len(z), block)
        ]
        return ops.convert_to_numpy(ops.concatenate(found))

    def sample(self, num, cluster=None, seed=None):
        """Draws points.

        Args:
            num: Integer, at least 1.
            cluster: Optional integer, the component to draw from, or integers
                `(num,)`. `None` draws components by their weights.
            seed: Optional integer for repeatable draws.

        Returns:
            Float32 NumPy array `(num, dim)`.

        Raises:
            ValueError: If `num` is not at least 1, or there is no such
                component.
        """
        self._check_built()
        parts = self.log_weights(), self.means, self.log_variances
        log_weights, means, log_variances = map(ops.convert_to_numpy, parts)
        weights = np.exp(log_weights.astype("float64"))
        weights /= weights.sum()
        deviations = np.exp(0.5 * log_variances)
        return sample_mixture(weights, means, deviations, num, cluster, seed)

    def distribution(self):
        """The mixture as a distribution of TensorFlow Probability.

        Returns:
            `tfp.distributions.MixtureSameFamily` with the current weights.

        Raises:
            ImportError: If TensorFlow Probability is missing.
            RuntimeError: If Keras runs on another backend than TensorFlow.
        """
        self._check_built()
        return distributions.gaussian_mixture(
            self.log_weights(), self.means, self.log_variances
        )

    def _check_built(self):
        if not self.built:
            raise ValueError(
                "This prior has no components yet: call `adapt(z)` first."
            )

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_clusters)

    def get_config(self):
        return {**super().get_config(), "num_clusters": self.num_clusters}
