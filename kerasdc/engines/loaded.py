"""The model that an engine runs, and what it gives for a batch of rows."""

import math
import os

import keras
import numpy as np

from kerasdc.utils.arguments import checked_choice
from kerasdc.zoo.loading import load

OUTPUTS = ("cluster", "soft_assignment", "embedding")


def model_of(name):
    """Loads a model where it is to be run.

    Args:
        name: Name of a published model, such as `"dec_mnist"`, or path of a
            file that `model.save` wrote, which ends in `.keras`.

    Returns:
        A `keras.Model`.

    Raises:
        ValueError: If there is no such model.
    """
    if isinstance(name, os.PathLike) or str(name).endswith(".keras"):
        return keras.saving.load_model(name)
    return load(name)


def outputs_of(model, rows, output="cluster"):
    """What a model gives for a batch.

    Args:
        model: Fitted `ClusteringModel`.
        rows: Array `(m, ...)` of raw samples, or `(m, d)` of their numbers,
            one after the other; or texts.
        output: `"cluster"`, `"soft_assignment"` or `"embedding"`.

    Returns:
        Int32 array `(m,)`, or float32 array `(m, num_clusters)` or
        `(m, dim)`.

    Raises:
        ValueError: If there is no such output, or rows do not fit.
    """
    checked_choice("output", output, OUTPUTS)
    rows = np.asarray(rows)
    if rows.dtype != object:
        shape = sample_shape(model)
        if math.prod(rows.shape[1:]) != math.prod(shape):
            raise ValueError(
                f"Rows must have the shape {shape} of the model's samples, "
                f"or as many numbers. Received: rows of shape {rows.shape[1:]}"
            )
        rows = rows.reshape(len(rows), *shape)
    if output == "cluster":
        return model.assign(rows).astype("int32")
    if output == "embedding":
        return model.embed(rows)
    return model.predict(rows, batch_size=1024, verbose=0)


def sample_shape(model):
    """The shape of one of its raw samples, a tuple."""
    return tuple(model.get_build_config()["input_shape"][1:])
