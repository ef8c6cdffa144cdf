"""Losses under a `tf.distribute.Strategy`, whose replicas' gradients add up."""

import keras


def num_replicas():
    """How many replicas share a batch, each with a loss of its own.

    Returns:
        Integer: 1 but in the scope of a TensorFlow strategy.
    """
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def share_of_replica(loss):
    """The part of a mean loss that one replica adds to the whole one.

    Args:
        loss: Scalar tensor, a mean over the replica's samples.

    Returns:
        Scalar tensor.
    """
    replicas = num_replicas()
    return loss if replicas == 1 else loss / float(replicas)


def whole_loss(loss, target, prediction):
    """What a Keras loss or a function says of the replica's samples.

    Keras' own losses divide by the number of replicas themselves.

    Args:
        loss: Keras loss, or function of two tensors.
        target, prediction: Tensors.

    Returns:
        Tensor, scalar or `(batch,)`.
    """
    found = loss(target, prediction)
    replicas = num_replicas()
    if replicas > 1 and isinstance(loss, keras.losses.Loss):
        return found * float(replicas)
    return found
