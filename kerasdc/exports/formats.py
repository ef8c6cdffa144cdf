"""`export`: a model as a file or folder of other programs."""

from kerasdc.exports.litert_file import litert_bytes
from kerasdc.exports.onnx_file import onnx_bytes
from kerasdc.exports.saved_model import check_model
from kerasdc.exports.saved_model import export_saved_model
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.files import local_path
from kerasdc.utils.files import replace

FORMATS = ("tf_saved_model", "litert", "onnx")
_WRITERS = {"litert": litert_bytes, "onnx": onnx_bytes}


def export(model, path, format="tf_saved_model", **kwargs):
    """Writes `model` for programs that need neither Keras nor kerasdc.

    The preprocessing is part of all formats: they take raw samples, in
    batches of any size, under the name `inputs`, and give a sample with NaN
    or infinity the cluster -1, and NaN otherwise.

    - `"tf_saved_model"`: a version in a folder of TensorFlow Serving; see
      `export_saved_model`.
    - `"litert"`: one file (`.tflite`) with the signatures of the SavedModel
      that take samples: see `kerasdc.exports.signatures`.
    - `"onnx"`: one file; its outputs are `cluster`, `soft_assignment` and
      `embedding`, where the model has them. Needs `pip install -e ".[onnx]"`.

    Models of texts are exported as SavedModels only: the other formats have
    no operation that splits strings into words.

    Args:
        model: A built and fitted model of this library.
        path: Folder or file, replaced if it is a file.
        format: One of these names.
        **kwargs: Of `"tf_saved_model"`: `version` and `warmup`.

    Returns:
        `pathlib.Path` of what was written.

    Raises:
        FileExistsError: If that version exists.
        ImportError: If a package is missing.
        OSError: If it cannot be written.
        RuntimeError: If Keras runs on another backend than TensorFlow.
        TypeError: If another argument is passed.
        ValueError: If the model is not built or not fitted, or its inputs are
            texts, or there is no such format.

    Example:

    >>> model = kerasdc.load("dec_digits")
    >>> kerasdc.export(model, "dec_digits.tflite", format="litert")
    PosixPath('dec_digits.tflite')
    """
    checked_choice("format", format, FORMATS)
    if format == "tf_saved_model":
        return export_saved_model(model, path, **kwargs)
    if kwargs:
        raise TypeError(
            f"format={format!r} takes no further arguments. "
            f"Received: {', '.join(kwargs)}"
        )
    check_model(model)
    if model.accepts_text:
        raise ValueError(
            "Models of texts are exported as SavedModels only: "
            f"format='tf_saved_model'. Received: format={format!r}"
        )
    target = local_path("path", path)
    content = _WRITERS[format](model)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace(target, content)
    return target
