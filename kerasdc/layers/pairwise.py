"""Similarities of pairs of samples, and labels of similar pairs."""

import keras
import numpy as np
from keras import ops

from kerasdc.utils.arguments import checked_number
from kerasdc.utils.tensors import checked_tensor

_LOWEST = float(np.finfo("float32").min)
_TINY = float(np.finfo("float32").tiny)


@keras.saving.register_keras_serializable(package="kerasdc")
class PairwiseSimilarity(keras.layers.Layer):
    """Cosine similarity of every two rows.

    For label features, which are not negative, it is from 0 (different
    clusters) to 1 (the same cluster). Memory grows with the square of the
    batch size, but not with the number of features. All similarities of a row
    of zeros are 0, also to itself.

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
        # Half precision is too coarse near the thresholds.
        self.autocast = False
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def call(self, inputs):
        inputs = checked_tensor("inputs", inputs, 2)
        rows = _unit_rows(ops.cast(inputs, "float32"))
        return ops.matmul(rows, ops.transpose(rows))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[0])


def select_pairs(similarity, upper, lower):
    """Selects and labels the pairs of high or low similarity.

    Pairs above `upper` are labeled as the same cluster, pairs below `lower`
    as different clusters. Pairs between them are not selected.

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
        ValueError: If `lower` is above `upper` and both are numbers. Tensors
            are not checked: pairs between them would count as positive.
    """
    similarity = checked_tensor("similarity", similarity, 2)
    upper, lower = _threshold("upper", upper), _threshold("lower", lower)
    if _is_number(upper) and _is_number(lower) and lower > upper:
        raise ValueError(
            "`lower` must not be above `upper`. "
            f"Received: upper={upper}, lower={lower}"
        )
    # Pairs of NaN are not left out silently.
    zero = 0.0 * ops.stop_gradient(similarity)
    positive = ops.cast(similarity > upper, similarity.dtype) + zero
    negative = ops.cast(similarity < lower, similarity.dtype)
    return positive, ops.maximum(positive, negative)


def _threshold(name, value):
    if ops.is_tensor(value) or isinstance(value, keras.Variable):
        if len(value.shape):
            raise ValueError(
                f"`{name}` must be a scalar. "
                f"Received: {name} of shape {tuple(value.shape)}"
            )
        return value
    return checked_number(name, value, _LOWEST)


def _is_number(value):
    return isinstance(value, (int, float, np.number))


def _unit_rows(rows):
    """Rows of length 1; rows of zeros stay zero, with finite gradients."""
    # First to a largest entry of 1, so that squares do not over- or underflow.
    largest = ops.max(ops.abs(rows), axis=1, keepdims=True)
    largest = ops.stop_gradient(largest)
    rows = rows / ops.where(largest > _TINY, largest, 1.0)
    squares = ops.sum(ops.square(rows), axis=1, keepdims=True)
    return rows / ops.sqrt(ops.where(squares > 0, squares, 1.0))
