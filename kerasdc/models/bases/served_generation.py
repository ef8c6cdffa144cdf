"""What served models that generate samples share; TensorFlow's own."""

import keras


def generation_specs():
    """Inputs of the signature `generate`.

    Returns:
        List of `keras.InputSpec`: integers `cluster` `(n,)`, a scalar `seed`.
    """
    return [
        keras.InputSpec(shape=(None,), dtype="int32", name="cluster"),
        keras.InputSpec(shape=(), dtype="int32", name="seed"),
    ]


def served_cluster(cluster, num_clusters):
    """Clusters of a request; one that does not exist fails the request.

    Args:
        cluster: TensorFlow tensor `(n,)` of integers.
        num_clusters: Integer.

    Returns:
        Tensor like `cluster`.
    """
    import tensorflow as tf

    exists = (cluster >= 0) & (cluster < num_clusters)
    message = f"Clusters are numbered from 0 to {num_clusters - 1}. "
    check = tf.debugging.Assert(
        tf.reduce_all(exists), [f"{message}Received: cluster=", cluster]
    )
    # Else what looks the cluster up may run, and fail, before the check.
    with tf.control_dependencies([check] if check is not None else []):
        return tf.identity(cluster)
