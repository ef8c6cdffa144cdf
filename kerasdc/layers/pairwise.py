"""How alike samples are, two by two."""

import keras
import numpy as np
from keras import ops

_TINY = float(np.finfo("float32").tiny)


@keras.saving.register_keras_serializable(package="kerasdc")
class PairwiseSimilarity(keras.layers.Layer):
    """Cosine similarity of every two rows.

    Of label features, which are never negative, it is from 0, for samples of
    different clusters, to 1, for samples of the same one. Memory grows with
    the square of the batch, whatever the number of features. A row of zeros
    is like no other and unlike itself: 0 throughout.

    Reference:

    - [Chang et al., 2017](https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
      section 3: the dot product of label features of unit length.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size, dim)`: label features, such as soft assignments.

    Output shape:
        `(batch_size, batch_size)`, float32.

    Example:

    >>> layer = kerasdc.layers.PairwiseSimilarity()
    >>> layer(np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0]]))
    [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # Half precision would merge similarities near the thresholds.
        self.autocast = False
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def call(self, inputs):
        rows = _unit_rows(ops.cast(inputs, "float32"))
        return ops.matmul(rows, ops.transpose(rows))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[0])


def select_pairs(similarity, upper, lower):
    """Labels the pairs of which one can be sure.

    Pairs more alike than `upper` belong together, pairs less alike than
    `lower` do not. What lies between is not selected.

    Reference: [Chang et al., 2017](
    https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
    section 3.

    Args:
        similarity: Tensor `(n, n)`.
        upper: Scalar.
        lower: Scalar, at most `upper`.

    Returns:
        Tuple `(positive, selected)` of tensors like `similarity`, of 0 and
        1.

    Raises:
        ValueError: If `lower` is above `upper`, where both are numbers. Of
            tensors that cross, pairs between them count as positive.
    """
    if _is_number(upper) and _is_number(lower) and lower > upper:
        raise ValueError(
            "`lower` must not be above `upper`. "
            f"Received: upper={upper}, lower={lower}"
        )
    positive = ops.cast(similarity > upper, similarity.dtype)
    negative = ops.cast(similarity < lower, similarity.dtype)
    return positive, ops.maximum(positive, negative)


def _is_number(value):
    return isinstance(value, (int, float, np.number))


def _unit_rows(rows):
    """Rows of length 1, and zeros as they are; gradients stay finite."""
    # First to a largest entry of 1: squares then neither overflow nor vanish.
    largest = ops.max(ops.abs(rows), axis=1, keepdims=True)
    largest = ops.stop_gradient(largest)
    rows = rows / ops.where(largest > _TINY, largest, 1.0)
    squares = ops.sum(ops.square(rows), axis=1, keepdims=True)
    return rows / ops.sqrt(ops.where(squares > 0, squares, 1.0))
