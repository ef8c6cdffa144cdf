"""How many devices the batches of a training are shared out among."""

import keras

from kerasdc.utils.processes import each_process
from kerasdc.utils.processes import num_processes


def num_devices():
    """The devices of this process that Keras shares batches out among.

    Returns:
        Integer: 1 without a `keras.distribution`, and on TensorFlow, whose
        strategies share out batches of any size.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or keras.backend.backend() != "jax":
        return 1
    return distribution.device_mesh.devices.size // num_processes()


def batch_of_process(batch_size):
    """How many samples of a batch this process takes.

    Args:
        batch_size: Integer, of all processes.

    Returns:
        Integer.

    Raises:
        ValueError: If the devices do not divide the batch.
    """
    devices = num_devices() * num_processes()
    if batch_size % devices:
        raise ValueError(
            "Each device takes the same number of samples of a batch. "
            f"Received: batch_size={batch_size}, {devices} devices"
        )
    return batch_size // num_processes()


def rows_of_pass(num_rows):
    """How many rows a pass has, so that devices have equal shares of each.

    What is left over, less than a row for each device, is left out of that
    pass.

    Args:
        num_rows: Integer, of this process.

    Returns:
        Integer, the same in all processes.
    """
    least = int(each_process(num_rows).min())
    return least - least % num_devices()
