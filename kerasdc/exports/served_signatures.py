"""What an exported model offers: functions of raw samples."""

import keras
from keras import ops

from kerasdc.exports.not_finite import marking_nan
from kerasdc.models import ClusteringModel

MAIN = ("serving_default", "embed")  # what all formats have


def signatures(model):
    """The signatures of a served model: functions of raw samples.

    Args:
        model: A built model. Its method `export_signatures()`, if it has
            one, returns a dict of signatures that are added or replace
            others.

    Returns:
        Dict from the name of a signature to a function of a batch of raw
        samples, which returns a dict of tensors; or, for other inputs, to a
        tuple `(function, list of keras.InputSpec)`.
    """
    found = {}
    if isinstance(model, ClusteringModel):
        found["serving_default"] = _assigner(model)
    else:
        found["serving_default"] = _embedder(model)
    if getattr(model, "encoder", None) is not None:
        found["embed"] = _embedder(model)
    if getattr(model, "decoder", None) is not None:
        found["reconstruct"] = _reconstructor(model)
    if hasattr(model, "export_signatures"):
        found.update(model.export_signatures())
    if model.accepts_text:
        return found
    found = {
        name: value if isinstance(value, tuple) else marking_nan(value)
        for name, value in found.items()
    }
    if _takes_images(model):
        found["serving_uint8"] = _of_bytes(model, found["serving_default"])
    return found


def input_spec(model):
    """The input of all signatures that take raw samples.

    Args:
        model: A built model.

    Returns:
        `keras.InputSpec` named `inputs`.
    """
    if model.accepts_text:
        return keras.InputSpec(shape=(None,), dtype="string", name="inputs")
    shape = (None, *_sample_shape(model))
    return keras.InputSpec(shape=shape, dtype="float32", name="inputs")


def _sample_shape(model):
    return tuple(model.get_build_config()["input_shape"][1:])


def _takes_images(model):
    return len(_sample_shape(model)) in (2, 3)


def _of_bytes(model, function):
    shape = (None, *_sample_shape(model))
    spec = keras.InputSpec(shape=shape, dtype="uint8", name="inputs")
    return lambda inputs: function(ops.cast(inputs, "float32")), [spec]


def _assigner(model):
    def assign(inputs):
        soft_assignment = model(inputs, training=False)
        return {
            "cluster": _argmax(soft_assignment),
            "soft_assignment": ops.cast(soft_assignment, "float32"),
        }

    return assign


def _argmax(soft_assignment):
    if keras.backend.backend() != "tensorflow":
        return ops.argmax(soft_assignment, axis=-1)
    import tensorflow as tf

    # Keras' own has an operation that LiteRT lacks.
    return tf.argmax(soft_assignment, axis=-1, output_type="int32")


def _embedder(model):
    def embed(inputs):
        embedding = model.embedding_of(model.features(inputs))
        return {"embedding": ops.cast(embedding, "float32")}

    return embed


def _reconstructor(model):
    def reconstruct(inputs):
        embedding = model.encoder(model.features(inputs), training=False)
        outputs = model.decoder(embedding, training=False)
        samples = model.raw_samples(outputs)
        return {"reconstruction": ops.cast(samples, "float32")}

    return reconstruct
