"""Losses of triplets: a sample, one of its cluster, and one of another."""

import keras
from keras import ops

from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import checked_tensor


@keras.saving.register_keras_serializable(package="kerasdc")
def cluster_triplets(z, clusters, margin=0.2):
    """How much nearer to its cluster a point should be than to others.

    With the squared distances `d_ij` of the points of a batch, and the mean
    one `p_i` to the others of its cluster,

        l_i = mean over j of other clusters of max(0, margin + p_i - d_ij)

    Reference:

    - [Yang et al., 2016](https://arxiv.org/abs/1604.03628), Joint Unsupervised
      Learning of Deep Representations and Image Clusters, equation (8): the
      weighted triplet loss; the hinge and its margin are in the authors'
      code.

    Args:
        z: Tensor `(batch, dim)`, usually of unit length.
        clusters: Integer tensor `(batch,)`.
        margin: Float, at least 0.

    Returns:
        Float32 tensor `(batch,)`; 0 of a point that is the only one of its
        cluster in the batch, or if there is no other cluster.

    Example:

    >>> z = np.array([[0.0], [1.0], [1.0]])
    >>> kerasdc.losses.cluster_triplets(z, np.array([0, 0, 1]), margin=0.5)
    [0.5, 1.5, 0]
    """
    margin = checked_number("margin", margin)
    z = ops.cast(checked_tensor("z", z), "float32")
    clusters = ops.cast(checked_tensor("clusters", clusters), "int32")
    distances = _squared_distances(z)
    same = ops.cast(clusters[:, None] == clusters[None], "float32")
    others = same - ops.eye(ops.shape(z)[0], dtype="float32")
    num_others = ops.sum(others, axis=1)
    near = ops.sum(others * distances, axis=1) / ops.maximum(num_others, 1.0)
    excess = ops.maximum(margin + near[:, None] - distances, 0.0)
    different = 1.0 - same
    far = ops.sum(different * excess, axis=1)
    loss = far / ops.maximum(ops.sum(different, axis=1), 1.0)
    return ops.where(num_others > 0, loss, 0.0)


def _squared_distances(z):
    squares = ops.sum(ops.square(z), axis=1)
    products = ops.matmul(z, ops.transpose(z))
    return ops.maximum(squares[:, None] - 2.0 * products + squares[None], 0.0)
