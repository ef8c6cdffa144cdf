"""Distributions of TensorFlow Probability, which is imported when needed."""

import keras
from keras import ops


def gaussian_mixture(log_weights, means, log_variances):
    """A mixture of Gaussians with diagonal covariances.

    Args:
        log_weights: Tensor `(k,)`.
        means: Tensor or variable `(k, dim)`.
        log_variances: Tensor or variable `(k, dim)`.

    Returns:
        `tfp.distributions.MixtureSameFamily` of the current values.

    Raises:
        ImportError: If TensorFlow Probability is missing.
        RuntimeError: If Keras runs on another backend than TensorFlow.
    """
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
    # Copies: TFP would use later values of some variables only.
    return tfp.distributions.MixtureSameFamily(
        tfp.distributions.Categorical(logits=log_weights),
        tfp.distributions.MultivariateNormalDiag(
            ops.convert_to_tensor(means), ops.exp(0.5 * log_variances)
        ),
    )
