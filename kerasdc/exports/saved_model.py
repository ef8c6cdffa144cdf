"""Models as SavedModels, in the folder layout of TensorFlow Serving."""

import os

import keras

from kerasdc.exports.served_signatures import input_spec
from kerasdc.exports.served_signatures import signatures
from kerasdc.models.bases.encoder_model import EncoderModel
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.files import local_path
from kerasdc.utils.files import staged
from kerasdc.utils.inputs import to_array


def export_saved_model(model, path, version=None, warmup=None):
    """Writes `model` as a new numbered version under `path`.

    A server takes raw samples: the preprocessing is part of the model.
    Every signature has one input, `inputs`, of any batch size: float32 of
    the shape of raw samples, or strings if the model clusters texts. Other
    numbers are cast to float32 by the client (in JSON there is no
    difference). The signatures are

    - `serving_default`: `cluster` `(n,)` and `soft_assignment` `(n, k)`, or
      `embedding` `(n, d)` if the model has no clusters;
    - `serving_uint8`, of images: the same of pixels sent as bytes;
    - `embed`: `embedding` `(n, d)`;
    - `reconstruct`: `reconstruction`, on the scale and of the shape of raw
      samples, if the model has a decoder;

    and those of the model's method `export_signatures`, if it has one: see
    `signatures`.

    A sample with NaN or infinity, which `assign` refuses, gets cluster -1,
    and NaN in all other outputs; the other samples of the request do not
    change.

    The folder is written atomically: as soon as it exists, it is complete.

    Args:
        model: A built and fitted model of this library.
        path: Folder to serve, made if missing.
        version: Optional integer, at least 1. `None` is the highest existing
            version plus 1.
        warmup: Optional raw samples. They are stored as requests that the
            server answers when it starts, so that the first client does not
            wait. Needs `pip install -e ".[serving]"`.

    Returns:
        `pathlib.Path` of the version's folder.

    Raises:
        FileExistsError: If that version exists.
        ImportError: If `warmup` is passed without tensorflow-serving-api.
        OSError: If the folder cannot be written.
        RuntimeError: If Keras runs on another backend than TensorFlow.
        ValueError: If the model is not built or not fitted.

    Example:

    >>> model = kerasdc.load("dec_mnist")
    >>> kerasdc.export_saved_model(model, "serving/dec_mnist")
    PosixPath('serving/dec_mnist/1')
    """
    check_model(model)
    requests = None if warmup is None else _warmup_requests(model, warmup)
    target = _version_folder(local_path("path", path), version)
    with staged(target) as folder:
        write_saved_model(model, folder)
        if requests is not None:
            _write_records(folder, requests)
    return target


def write_saved_model(model, folder):
    """Writes a SavedModel without a version.

    Args:
        model: A model that `check_model` accepts.
        folder: Path of the new folder.

    Raises:
        OSError: If it cannot be written.
    """
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, value in signatures(model).items():
        if not isinstance(value, tuple):
            value = (value, [input_spec(model)])
        archive.add_endpoint(name, *value)
    # Keras adds wrappers under these names, which would be saved twice.
    for name in ("variables", "trainable_variables", "non_trainable_variables"):
        variables = [variable.value for variable in getattr(model, name)]
        archive.add_variable_collection(name, variables)
    try:
        archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def _version_folder(path, version):
    if version is None:
        names = os.listdir(path) if path.is_dir() else []
        version = 1 + max((int(n) for n in names if n.isdecimal()), default=0)
    return path / str(checked_count("version", version))


def check_model(model):
    """Raises unless a model can be exported.

    Args:
        model: What the caller passed.

    Raises:
        RuntimeError: If Keras runs on another backend than TensorFlow.
        ValueError: If it is no model of this library, or not fitted.
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Models are exported by TensorFlow: set the environment "
            "variable KERAS_BACKEND=tensorflow before Keras is imported. "
            f"Received: backend={keras.backend.backend()!r}"
        )
    if not isinstance(model, EncoderModel):
        raise ValueError(
            "`model` must be one of `kerasdc.models`, such as DEC; "
            "`keras.Model.export` takes others. "
            f"Received: model of type {type(model).__name__}"
        )
    for state in ("built", "adapted"):
        if not getattr(model, state, True):
            raise ValueError(
                f"This {type(model).__name__} cannot be served yet: call "
                f"`fit(x)` first. Received: {state}=False"
            )


# === Warm-up ===


def _warmup_requests(model, samples):
    try:
        from tensorflow_serving.apis import predict_pb2
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError as error:
        raise ImportError(
            "`warmup` needs the package tensorflow-serving-api: "
            'pip install -e ".[serving]"'
        ) from error
    import tensorflow as tf

    # A server whose warm-up fails never loads the version.
    model.check_samples(samples)
    proto = tf.make_tensor_proto(
        to_array(samples, allow_text=True), input_spec(model).dtype
    )
    records = []
    for name, value in signatures(model).items():
        if isinstance(value, tuple):
            continue
        request = predict_pb2.PredictRequest()
        request.model_spec.signature_name = name
        request.inputs["inputs"].CopyFrom(proto)
        log = prediction_log_pb2.PredictLog(request=request)
        records.append(prediction_log_pb2.PredictionLog(predict_log=log))
    return records


def _write_records(folder, records):
    import tensorflow as tf

    extra = folder / "assets.extra"
    extra.mkdir()
    path = str(extra / "tf_serving_warmup_requests")
    try:
        with tf.io.TFRecordWriter(path) as writer:
            for record in records:
                writer.write(record.SerializeToString())
    except tf.errors.OpError as error:
        raise OSError(error.message) from error
