"""A softmax over clusters that starts from centers."""

import keras
import numpy as np
from keras import ops

from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.points import checked_points
from kerasdc.layers.adaptable import Adaptable
from kerasdc.layers.clustering import chosen_centers
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.tensors import unit_rows

_MOST_NATS = 5.0  # of the log-odds at a center


@keras.saving.register_keras_serializable(package="kerasdc")
class SoftmaxClusters(Adaptable):
    """Soft assignment of points to clusters by a linear layer and a softmax.

    Before training, `adapt` sets its weights to the probabilities of equal,
    round Gaussians around the centers that k-means finds: with the centers
    `m_k` and a variance `v` of each coordinate, the logits are
    `(m_k . z - |m_k|^2 / 2) / v`. The most probable cluster is that of the
    nearest center. The variance is that within clusters; where these are far
    from each other it is larger, so that at a center the odds against the
    nearest other cluster are no more than exp(5), on average: gradients would
    vanish.

    Args:
        num_clusters: Integer, at least 1.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, dim)`: points, usually an encoder's output.

    Output shape:
        `(batch_size, num_clusters)`: probabilities; every row sums to 1.

    Example:

    >>> layer = kerasdc.layers.SoftmaxClusters(num_clusters=3)
    >>> found = layer.adapt(np.random.normal(size=(100, 2)), seed=0)
    >>> layer(np.zeros((1, 2))).shape
    (1, 3)
    """

    def __init__(self, num_clusters, **kwargs):
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        shape = (input_shape[-1], self.num_clusters)
        options = {"dtype": "float32", "autocast": False}
        self.kernel = self.add_weight(name="kernel", shape=shape, **options)
        self.bias = self.add_weight(
            name="bias", shape=shape[1:], initializer="zeros", **options
        )
        self.add_adapted_flag()

    def call(self, inputs):
        points = ops.cast(inputs, "float32")
        logits = ops.matmul(points, self.kernel) + self.bias
        if self.num_clusters == 1:  # of which Keras' softmax warns
            return 1.0 + 0.0 * logits
        return ops.softmax(logits)

    def adapt(
        self,
        z,
        initial_centers=None,
        method="kmeans",
        num_restarts=20,
        seed=None,
        verbose=0,
        directions=False,
    ):
        """Sets the weights from data, without gradients or labels.

        Args:
            z: Array `(n, dim)` of points.
            initial_centers: Optional array `(num_clusters, dim)` to use.
            method: As in `ClusteringLayer.adapt`.
            num_restarts: Integer, number of runs.
            seed: Optional integer for repeatable runs.
            verbose: As in `keras.Model.fit`.
            directions: Boolean. `True` takes the centers, scaled to the
                length 1, as weights, and no bias, as the authors of DEPICT:
                for a training on the clusters to follow. Before it, the most
                probable cluster may be another than the nearest one.

        Returns:
            Integer array `(n,)`: the cluster of the nearest center.

        Raises:
            ValueError: As `ClusteringLayer.adapt`; if `directions` is no
                boolean.
        """
        checked_flag("directions", directions)
        dim = self.kernel.shape[0] if self.built else None
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
        nearest = nearest_center(z, centers)
        if not self.built:
            self.build(z.shape)
        if directions:
            kernel = ops.transpose(unit_rows(centers))
            bias = np.zeros(self.num_clusters)
        else:
            kernel, bias = gaussian_logits(z, centers, nearest)
        self.kernel.assign(kernel)
        self.bias.assign(bias)
        self.mark_adapted()
        return nearest

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_clusters)

    def get_config(self):
        return {**super().get_config(), "num_clusters": self.num_clusters}


def gaussian_logits(z, centers, clusters):
    """Weights whose logits are those of equal, round Gaussians.

    Args:
        z: Array `(n, dim)`.
        centers: Array `(num_clusters, dim)`.
        clusters: Integer array `(n,)`, the cluster of each point.

    Returns:
        Tuple of arrays, `(dim, num_clusters)` and `(num_clusters,)`.
    """
    z, centers = z.astype("float64"), centers.astype("float64")
    within = np.mean(np.square(z - centers[clusters]))
    apart = _squared_distances_to_nearest(centers)
    variance = max(within, apart / (2 * _MOST_NATS), 1e-12)
    squares = np.square(centers).sum(axis=1)
    return centers.T / variance, -0.5 * squares / variance


def _squared_distances_to_nearest(centers):
    """The mean, of all centers; 0 for a single one."""
    if len(centers) == 1:
        return 0.0
    distances = np.square(centers[:, None] - centers[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=1).mean()
