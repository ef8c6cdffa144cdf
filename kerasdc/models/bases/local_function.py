"""A function of batches on the devices of this process, by JAX."""

import keras
import numpy as np


class LocalFunction:
    """Compiles a function that reads a model's variables.

    Batches are shared out among the devices of this process alone, so that
    processes that train together need not compute the same. A batch that is
    too short is filled up, and what that gives is left out: nothing is
    compiled twice.

    Args:
        function: Function of a tensor `(batch, ...)` that returns one
            `(batch, ...)`.
        x: Not used.
        variables: List of the Keras variables that it reads.
    """

    def __init__(self, function, x, variables):
        import jax

        self._variables = list(variables)

        def stateless(values, batch):
            pairs = zip(self._variables, values, strict=True)
            with keras.StatelessScope(state_mapping=list(pairs)):
                return function(batch)

        self._compiled = jax.jit(stateless)

    def bound(self, batch_size):
        """The function, with the variables as they are now.

        Args:
            batch_size: Integer, rows of the batches it will be given.

        Returns:
            Function of an array of at most so many rows.
        """
        import jax
        from jax.sharding import NamedSharding
        from jax.sharding import PartitionSpec

        devices = np.array(jax.local_devices())
        mesh = jax.sharding.Mesh(devices, ("batch",))
        everywhere = NamedSharding(mesh, PartitionSpec())
        shared_out = NamedSharding(mesh, PartitionSpec("batch"))
        values = [
            jax.device_put(_local(v.value), everywhere) for v in self._variables
        ]
        length = -(-batch_size // len(devices)) * len(devices)

        def call(batch):
            filled = np.zeros((length, *batch.shape[1:]), batch.dtype)
            filled[: len(batch)] = batch
            found = self._compiled(values, jax.device_put(filled, shared_out))
            return np.asarray(found)[: len(batch)]

        return call


def _local(value):
    """The copy of a variable that this process has, as an array."""
    return np.asarray(value.addressable_data(0))
