"""The Student-t clustering layer of DEC."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc.algorithms.centers import center_search
from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.points import LARGEST
from kerasdc.algorithms.points import checked_points
from kerasdc.layers.adaptable import Adaptable
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import shown
from kerasdc.utils.tensors import largest_entry

_FAR = 1e12  # entries above it are scaled down, so that squares stay finite
_LEAST_ALPHA = 1e-6


@keras.saving.register_keras_serializable(package="kerasdc")
class ClusteringLayer(Adaptable):
    """Soft assignment of points to cluster centers by Student's t kernel.

    The probability that point `z_i` belongs to cluster `j` is

        q_ij = (1 + |z_i - mu_j|^2 / alpha)^(-(alpha + 1) / 2) / sum_j' (...)

    The centers `mu_j` are trainable. Before training, `adapt` sets them from
    data by k-means.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), equation (1) for
      the kernel, equation (3) for the target distribution.

    Args:
        num_clusters: Integer, at least 1. Number of clusters k.
        alpha: Float of at least 1e-6. Degrees of freedom of the t
            distribution. The paper uses 1.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, dim)`: points, usually an encoder's output.

    Output shape:
        `(batch_size, num_clusters)`: probabilities; every row sums to 1.

    Example:

    >>> layer = kerasdc.layers.ClusteringLayer(num_clusters=3)
    >>> layer.adapt(np.random.normal(size=(100, 2)), seed=0)
    >>> layer(np.zeros((1, 2))).shape
    (1, 3)
    """

    def __init__(self, num_clusters, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        alpha = checked_number("alpha", alpha, _LEAST_ALPHA, 1e30)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.alpha = float(alpha)
        # In half precision, Keras would round the points before `call`:
        # clusters far from the origin would merge.
        self.autocast = False
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        self.centers = self.add_weight(
            name="centers",
            shape=(self.num_clusters, input_shape[-1]),
            initializer="glorot_uniform",
            dtype="float32",
            autocast=False,
        )
        self.add_adapted_flag()
        self.input_spec = keras.layers.InputSpec(
            ndim=2, axes={-1: input_shape[-1]}
        )

    def call(self, inputs):
        # Distances are differences of squares: centering and float32 keep
        # small ones precise.
        points = ops.cast(inputs, "float32")
        origin = ops.mean(self.centers, axis=0, keepdims=True)
        points, centers = points - origin, self.centers - origin
        # Factors, 1 unless points are very far: (n, 1).
        largest = ops.max(largest_entry(centers), initial=0.0)
        largest = ops.maximum(largest_entry(points), largest)
        unit = _FAR / ops.maximum(largest, _FAR)
        points = points * unit
        squared_distances = (
            ops.sum(ops.square(points), axis=1, keepdims=True)
            - 2.0 * unit * ops.matmul(points, ops.transpose(centers))
            + ops.square(unit) * ops.sum(ops.square(centers), axis=1)
        )
        squared_distances = ops.maximum(squared_distances, 0.0)
        alpha = ops.maximum(self.alpha * ops.square(unit), _LEAST_ALPHA)
        log_kernel = (
            -0.5 * (self.alpha + 1.0) * ops.log1p(squared_distances / alpha)
        )
        # A softmax; Keras' own warns if there is one cluster.
        largest = ops.max(log_kernel, axis=1, keepdims=True)
        kernel = ops.exp(log_kernel - largest)
        return kernel / ops.sum(kernel, axis=1, keepdims=True)

    def adapt(
        self,
        z,
        initial_centers=None,
        method="kmeans",
        num_restarts=20,
        seed=None,
        verbose=0,
    ):
        """Sets the centers from data, without gradients or labels.

        Args:
            z: Array `(n, dim)` of points.
            initial_centers: Optional array `(num_clusters, dim)`, used as
                the centers; no method runs.
            method: `"kmeans"`, as in the paper; `"minibatch_kmeans"`, the
                same by batches, for millions of points (with
                `max_samples=None` of a system's `adapt`);
                `"merged_kmeans"`, which finds clusters that are not round;
                `"modular_kmeans"`, the one for embeddings of neighbors; or
                `"linkage"`, the means of clusters along the graph of
                neighbors, which takes points that are far from the mean of
                their cluster for another's. See `kerasdc.algorithms`.
            num_restarts: Integer, number of runs. The run of least inertia,
                of least normalized cut, or of highest modularity is used. DEC
                uses 20.
            seed: Optional integer for repeatable runs.
            verbose: As in `keras.Model.fit`: whether to show a progress bar.

        Returns:
            Integer array `(n,)`: the cluster of the nearest center.

        Raises:
            ValueError: If `z` is not 2-d, not finite or above 1e15, or holds
                fewer samples or fewer distinct points than `num_clusters`; if
                `method` is unknown, `num_restarts` less than 1 or `seed`
                negative.
        """
        dim = self.centers.shape[1] if self.built else None
        z = checked_points(z, self.num_clusters, dim)
        centers = chosen_centers(
            z,
            self.num_clusters,
            initial_centers,
            method,
            num_restarts,
            seed,
            verbose,
        )
        if not self.built:
            self.build(z.shape)
        self.centers.assign(centers)
        self.mark_adapted()
        return nearest_center(z, centers)

    @staticmethod
    def target_distribution(q):
        """Training targets P; see `kerasdc.losses.target_distribution`."""
        return losses.target_distribution(q)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_clusters)

    def get_config(self):
        config = super().get_config()
        config.update({"num_clusters": self.num_clusters, "alpha": self.alpha})
        return config


def chosen_centers(
    z, num_clusters, initial_centers, method, num_restarts, seed, verbose
):
    """The centers that a caller passed, or those that a method finds.

    Args:
        z: Checked array `(n, dim)` of points.
        num_clusters: Integer.
        initial_centers, method, num_restarts, seed, verbose: As in
            `ClusteringLayer.adapt`.

    Returns:
        Float32 array `(num_clusters, dim)`.

    Raises:
        ValueError: If an argument is not usable.
    """
    num_restarts = checked_count("num_restarts", num_restarts)
    seed = checked_seed(seed)
    if initial_centers is not None:
        return _checked_centers(initial_centers, (num_clusters, z.shape[1]))
    return center_search(method)(
        z, num_clusters, num_restarts=num_restarts, seed=seed, verbose=verbose
    )


def _checked_centers(centers, shape):
    with np.errstate(over="ignore"):
        centers = as_floats(centers).astype("float32")
    inside = np.abs(centers) <= LARGEST  # not NaN
    if centers.shape != shape or not inside.all():
        raise ValueError(
            "`initial_centers` must be finite, at most "
            f"{LARGEST:g}, of shape (num_clusters, dim) = {shape}. Received: "
            f"initial_centers={shown(centers)} of shape {centers.shape}"
        )
    return centers
