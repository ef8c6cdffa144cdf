"""Centers that follow the points nearest to them, by counts."""

import keras
import numpy as np
from keras import ops

from kerasdc.layers.adaptable import add_state
from kerasdc.layers.clustering import ClusteringLayer
from kerasdc.utils.arguments import checked_number


@keras.saving.register_keras_serializable(package="kerasdc")
class MovingCenters(ClusteringLayer):
    """A `ClusteringLayer` whose centers are running means, not trained.

    Each center is the mean of the points that were nearest to it. A new point
    moves it by one part in as many as it has seen; it starts as if it had
    seen `initial_count` of them, which holds it back.

    Reference:

    - [Yang et al., 2017](https://arxiv.org/abs/1610.04794), equation (8).

    Args:
        num_clusters: Integer, at least 1.
        initial_count: Float above 0, points that each center stands for when
            `adapt` has set it. The authors' code has 100.
        **kwargs: Arguments of `ClusteringLayer`.

    Example:

    >>> layer = kerasdc.layers.MovingCenters(2, initial_count=1)
    >>> layer.build((None, 1))
    >>> layer.adapt([[0.0], [8.0]], initial_centers=[[0.0], [8.0]])
    >>> layer.move(np.array([[2.0], [4.0]]))
    >>> layer.centers
    [[2], [8]]
    """

    def __init__(self, num_clusters, initial_count=100.0, **kwargs):
        kwargs.setdefault("trainable", False)
        super().__init__(num_clusters, **kwargs)
        self.initial_count = checked_number(
            "initial_count", initial_count, above=True
        )

    def build(self, input_shape):
        super().build(input_shape)
        counts = keras.initializers.Constant(self.initial_count)
        self.counts = add_state(self, "counts", counts, (self.num_clusters,))

    def adapt(self, z, *args, **kwargs):
        found = super().adapt(z, *args, **kwargs)
        self.counts.assign(np.full(self.counts.shape, self.initial_count))
        return found

    def move(self, points):
        """Moves centers towards the points of a batch that are nearest.

        All points are assigned first; then each center becomes the mean of
        what it has seen. It works in `call` and `compute_loss`.

        Args:
            points: Tensor `(batch, dim)`.
        """
        points = ops.stop_gradient(ops.cast(points, "float32"))
        nearest = ops.one_hot(
            ops.argmax(self.call(points), axis=1), self.num_clusters
        )
        numbers = ops.sum(nearest, axis=0)
        counts = self.counts + numbers
        sums = ops.matmul(ops.transpose(nearest), points)
        excess = sums - numbers[:, None] * self.centers
        self.centers.assign(self.centers + excess / counts[:, None])
        self.counts.assign(counts)

    def squared_distances(self, points, clusters):
        """From points to the centers of given clusters.

        Args:
            points: Tensor `(batch, dim)`.
            clusters: Integer tensor `(batch,)`.

        Returns:
            Tensor `(batch,)`. No gradient reaches the centers.
        """
        clusters = ops.cast(clusters, "int32")  # Keras' data may be floats
        centers = ops.take(self.centers, clusters, axis=0)
        excess = ops.cast(points, "float32") - ops.stop_gradient(centers)
        return ops.sum(ops.square(excess), axis=1)

    def get_config(self):
        return {**super().get_config(), "initial_count": self.initial_count}
