"""Several processes that train one model: what goes between them.

Each has its share of the samples, and calls these functions as often, and in
the same order, as the others. In a process that is alone they change nothing.
"""

import keras
import numpy as np

_left = False  # whether this process goes on alone


def num_processes():
    """How many processes train together; 1 but for JAX's own runtime.

    Returns:
        Integer.
    """
    if _left or keras.backend.backend() != "jax":
        return 1
    import jax

    return jax.process_count()


def process_index():
    """Which of them this one is.

    Returns:
        Integer from 0.
    """
    if keras.backend.backend() != "jax":
        return 0
    import jax

    return jax.process_index()


def leave():
    """Ends the training together: from now on, this process is alone.

    All processes call it. What they compute after it is their own.
    """
    global _left
    if num_processes() == 1:
        return
    import jax

    keras.distribution.set_distribution(None)
    jax.distributed.shutdown()
    _left = True


def agreed(number):
    """A number that all processes have.

    Args:
        number: Integer, of this process.

    Returns:
        Integer, that of the first process.
    """
    return int(each_process(number)[0])


def each_process(array):
    """An array of every process.

    Args:
        array: Array, of one shape in all processes.

    Returns:
        Array with one more axis in front, of the processes.
    """
    array = np.asarray(array)
    if num_processes() == 1:
        return array[None]
    from jax.experimental import multihost_utils

    # JAX would make float32 of float64, and int32 of int64.
    found = multihost_utils.process_allgather(array.reshape(-1).view("uint8"))
    return np.asarray(found).view(array.dtype).reshape(-1, *array.shape)


def summed(array):
    """The sum over all processes.

    Args:
        array: Array, of one shape in all processes.

    Returns:
        Array of that shape.
    """
    return each_process(array).sum(axis=0)


def joined(rows):
    """The rows of all processes, in turn, as `share_of` deals them.

    Args:
        rows: Array `(m, ...)`, where m may differ.

    Returns:
        Array `(n, ...)`, the same in all processes.
    """
    if num_processes() == 1:
        return rows
    lengths = each_process(np.array(len(rows)))
    padded = np.zeros((lengths.max(), *rows.shape[1:]), rows.dtype)
    padded[: len(rows)] = rows
    found = np.swapaxes(each_process(padded), 0, 1)
    return found[np.arange(len(found))[:, None] < lengths]


def share_of(num_rows):
    """The rows of this process: every `num_processes()`-th one.

    Args:
        num_rows: Integer, of all processes.

    Returns:
        Slice.
    """
    if num_processes() == 1:
        return slice(None)
    return slice(process_index(), num_rows, num_processes())
