"""The weights of an entry in Keras' own format, which every backend reads."""

import math

import keras

_HDF5_OVERHEAD = 2**20  # bytes, more than names and tables take


def write_weights(model, path):
    """Writes a model's weights, without the state of its optimizers.

    Args:
        model: A built model.
        path: `pathlib.Path` of a file whose name ends in `.weights.h5`.

    Raises:
        OSError: If they do not fit onto the disk.
    """
    num_values = sum(math.prod(weight.shape) for weight in model.weights)
    # Where a disk is full, HDF5 ends the whole process; this raises.
    path.write_bytes(bytes(4 * num_values + _HDF5_OVERHEAD))
    keras.saving.save_weights(model, path, objects_to_skip=_optimizers(model))


def read_weights(model, path):
    """Sets a model's weights to those of a file.

    Args:
        model: A built model.
        path: `pathlib.Path` of what `write_weights` wrote.

    Raises:
        ValueError: If the weights are of another model.
    """
    try:
        model.load_weights(path, objects_to_skip=_optimizers(model))
    except ValueError as error:
        raise ValueError(
            f"The weights do not fit this {type(model).__name__}: {error} "
            f"Received: file={str(path)!r}"
        ) from error


def _optimizers(model):
    names = ("optimizer", "pretrain_optimizer")
    found = (getattr(model, name, None) for name in names)
    return [optimizer for optimizer in found if optimizer is not None]
