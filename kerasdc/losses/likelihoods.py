"""Likelihoods p(x | z) of features, given a decoder's outputs."""

import math

import keras
from keras import ops

from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.tensors import check_same_shape
from kerasdc.utils.tensors import checked_tensor


class Bernoulli:
    """Features from 0 to 1; the decoder's outputs are logits.

    Attributes:
        reconstruction_loss: Keras loss to pretrain the decoder with, in an
            autoencoder.
    """

    reconstruction_loss = {
        "class_name": "BinaryCrossentropy",
        "config": {"from_logits": True, "name": "binary_crossentropy"},
    }

    @staticmethod
    def log_prob(features, outputs):
        """log p(x | z), summed over features.

        Args:
            features: Tensor `(batch, ...)`, values from 0 to 1.
            outputs: Tensor of that shape, the decoder's.

        Returns:
            Float32 tensor `(batch,)`, in nats.
        """
        features, logits = _pair(features, outputs)
        return ops.sum(features * logits - ops.softplus(logits), axis=1)

    @staticmethod
    def covers(features):
        """Which samples are in the support of the likelihood.

        Args:
            features: Tensor `(batch, ...)`.

        Returns:
            Boolean tensor `(batch,)`: here, whether all features are from 0
            to 1, up to rounding.
        """
        features = checked_tensor("features", features)
        dtype = keras.backend.standardize_dtype(features.dtype)
        slack = 1e-2 if dtype in ("float16", "bfloat16") else 1e-5
        features = _flat(features)
        inside = ops.logical_and(features >= -slack, features <= 1 + slack)
        return ops.all(inside, axis=1)

    @staticmethod
    def mean(outputs):
        """The expected features.

        Args:
            outputs: Tensor, the decoder's.

        Returns:
            Float32 tensor of that shape, values from 0 to 1.
        """
        outputs = checked_tensor("outputs", outputs)
        return ops.sigmoid(ops.cast(outputs, "float32"))


class Gaussian:
    """Real features; the decoder's outputs are their means.

    Every feature has the variance 1/2, so that the log-density is minus the
    squared error, as in the code of VaDE's authors, plus a constant.

    Attributes:
        reconstruction_loss: As `Bernoulli.reconstruction_loss`.
    """

    reconstruction_loss = "mean_squared_error"

    @staticmethod
    def log_prob(features, outputs):
        """log p(x | z), summed over features; as `Bernoulli.log_prob`."""
        features, means = _pair(features, outputs)
        squared_error = ops.sum(ops.square(features - means), axis=1)
        return -squared_error - 0.5 * features.shape[1] * math.log(math.pi)

    @staticmethod
    def covers(features):
        """Which samples are in the support: all finite ones."""
        features = checked_tensor("features", features)
        return ops.all(ops.isfinite(_flat(features)), axis=1)

    @staticmethod
    def mean(outputs):
        """The expected features; as `Bernoulli.mean`."""
        return ops.cast(checked_tensor("outputs", outputs), "float32")


LIKELIHOODS = {"bernoulli": Bernoulli, "gaussian": Gaussian}


def get(name):
    """The likelihood of a name.

    Args:
        name: `"bernoulli"` or `"gaussian"`.

    Returns:
        `Bernoulli` or `Gaussian`.

    Raises:
        ValueError: If the name is unknown.
    """
    return LIKELIHOODS[checked_choice("likelihood", name, LIKELIHOODS)]


def _pair(features, outputs):
    features = checked_tensor("features", features)
    outputs = checked_tensor("outputs", outputs)
    check_same_shape(features=features, outputs=outputs)
    return _flat(features), _flat(outputs)


def _flat(tensor):
    return ops.reshape(
        ops.cast(tensor, "float32"), (-1, math.prod(tensor.shape[1:]))
    )
