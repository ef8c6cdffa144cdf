"""Joining the processes of one training, on one machine or on several."""

import os
import secrets

_SOURCES = {  # of each argument, in this order
    "coordinator": ("KERASDC_COORDINATOR",),
    "num_processes": ("KERASDC_NUM_PROCESSES", "SLURM_NTASKS"),
    "process_index": (
        "KERASDC_PROCESS_INDEX",
        "JOB_COMPLETION_INDEX",  # of Kubernetes
        "SLURM_PROCID",
    ),
}


def join(coordinator=None, num_processes=None, process_index=None):
    """Makes this process one of several that train together, on JAX.

    Python, NumPy and Keras draw the same random numbers in all of them.

    Args:
        coordinator: Optional string, address and port of the first process,
            such as `"10.0.0.1:1234"`.
        num_processes: Optional integer.
        process_index: Optional integer from 0. What is `None` is taken from
            the environment: `KERASDC_COORDINATOR`, `KERASDC_NUM_PROCESSES`,
            `KERASDC_PROCESS_INDEX`, then that of SLURM and Kubernetes. If
            there is no address, JAX looks for one, as it does under SLURM.

    Raises:
        RuntimeError: If Keras runs on another backend, or JAX is in use.
        ValueError: If something is missing or no integer.
    """
    given = {
        "coordinator": coordinator,
        "num_processes": num_processes,
        "process_index": process_index,
    }
    found = {name: _found(name, value) for name, value in given.items()}
    import keras

    if keras.backend.backend() != "jax":
        raise RuntimeError(
            "Several processes train together on JAX: set KERAS_BACKEND=jax. "
            f"Received: {keras.backend.backend()}"
        )
    import jax

    from kerasdc.utils.processes import agreed

    if found["coordinator"] is None:
        jax.distributed.initialize()
    else:
        jax.distributed.initialize(
            found["coordinator"],
            _integer("num_processes", found["num_processes"]),
            _integer("process_index", found["process_index"]),
        )
    # The shares are the processes' own: Keras need not deal them.
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(auto_shard_dataset=False)
    )
    # All begin with the same weights, and draw the same numbers.
    keras.utils.set_random_seed(agreed(secrets.randbelow(2**31)))


def _found(name, value):
    if value is not None:
        return value
    for variable in _SOURCES[name]:
        if variable in os.environ:
            return os.environ[variable]
    return None


def _integer(name, value):
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must be an integer, given as an argument or by "
            f"{', '.join(_SOURCES[name])}. Received: {name}={value!r}"
        ) from None
