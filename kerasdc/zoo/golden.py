"""A few inputs with all their outputs, kept to compare with."""

import keras
import numpy as np

from kerasdc.export import signatures
from kerasdc.zoo import entry


def outputs_of(model, inputs):
    """All outputs of a model for raw inputs.

    Args:
        model: A model as `kerasdc.load` returns it.
        inputs: Array of float32 or of strings.

    Returns:
        Dict of arrays.
    """
    inputs = keras.ops.convert_to_tensor(inputs)
    found = {}
    for function in signatures(model).values():
        # A tuple has inputs of its own, such as points of the embedding.
        if not isinstance(function, tuple):
            found.update(function(inputs))
    return {k: keras.ops.convert_to_numpy(v) for k, v in found.items()}


def served_outputs(folder, inputs):
    """All outputs of an entry's SavedModel for raw inputs.

    Args:
        folder: `pathlib.Path` of an entry.
        inputs: Array of float32 or of strings.

    Returns:
        Dict of arrays.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder / entry.SAVED_MODEL))
    found = {}
    for signature in loaded.signatures.values():
        if set(signature.structured_input_signature[1]) == {"inputs"}:
            found.update(signature(inputs=tf.constant(inputs)))
    return {name: value.numpy() for name, value in found.items()}


def generated_difference(model, folder):
    """How far what an entry's two forms generate is apart.

    Args:
        model: The model as `kerasdc.load` returns it.
        folder: `pathlib.Path` of the entry.

    Returns:
        Float, as `largest_difference`: of one sample of each cluster, by the
        same seed. 0 for a model that generates none.

    Raises:
        ValueError: If it is above 1e-5.
    """
    import tensorflow as tf

    if "generate" not in signatures(model):
        return 0.0
    generate, _ = signatures(model)["generate"]
    request = {
        "cluster": tf.range(model.num_clusters),
        "seed": tf.constant(0),
    }
    served = tf.saved_model.load(str(folder / entry.SAVED_MODEL))
    outputs = [
        {k: keras.ops.convert_to_numpy(v) for k, v in found.items()}
        for found in (
            served.signatures["generate"](**request),
            generate(**request),
        )
    ]
    return largest_difference(*outputs)


def write(folder, inputs, outputs):
    """Writes inputs and outputs into an entry's folder.

    Args:
        folder: `pathlib.Path` of an entry.
        inputs: Array of float32 or of strings.
        outputs: Dict of arrays.
    """
    np.savez_compressed(folder / entry.GOLDEN, inputs=inputs, **outputs)


def read(folder):
    """Inputs and outputs of an entry.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        Tuple of the array of inputs and the dict of outputs.
    """
    with np.load(folder / entry.GOLDEN, allow_pickle=False) as arrays:
        outputs = dict(arrays)
    return outputs.pop("inputs"), outputs


def largest_difference(received, expected):
    """How far two dicts of outputs are apart, relative to their scale.

    Args:
        received: Dict of arrays.
        expected: Dict of arrays.

    Returns:
        Float: the largest difference, in units of the largest value of its
        output (of 1, if that is larger).

    Raises:
        ValueError: If it is above 1e-5, or an output or cluster differs.
    """
    if received.keys() != expected.keys():
        raise ValueError(
            f"Expected the outputs {sorted(expected)}. "
            f"Received: {sorted(received)}"
        )
    largest = 0.0
    for name, right in expected.items():
        apart = _difference(received[name], right)
        if not apart <= 1e-5 or (right.dtype.kind == "i" and apart):
            raise ValueError(
                f"The output {name} is not the published one: they may "
                f"differ by 1e-5. Received: a difference of {apart:.2g}"
            )
        largest = max(largest, apart)
    return largest


def _difference(received, expected):
    if received.shape != expected.shape:
        return float("inf")
    scale = max(1.0, float(np.abs(expected).max()))
    difference = received.astype("float64") - expected
    return float(np.abs(difference).max()) / scale
