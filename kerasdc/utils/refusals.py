"""Errors about data that are not arrays of numbers: what to do instead."""

import os
from collections.abc import Mapping

import numpy as np

from kerasdc.utils.arguments import shown
from kerasdc.utils.array_checks import NUMBER_KINDS
from kerasdc.utils.array_checks import not_real

_IMAGES = (
    *(".bmp", ".gif", ".jpeg", ".jpg", ".npy"),
    *(".png", ".tif", ".tiff", ".webp"),
)
_READING = (
    "read image folders by `keras.utils.image_dataset_from_directory(folder, "
    "labels=None)`, tables by `pandas.read_csv(path)`, arrays by "
    "`numpy.load(path)`"
)


def refuse_paths(x, allow_text):
    """Raises if paths, or a dictionary, were passed as data.

    Args:
        x: What the caller passed.
        allow_text: Boolean. Strings in a list are texts then, not paths.

    Raises:
        ValueError: If `x` is a path or a string, a list of paths, or a
            dictionary.
    """
    if isinstance(x, Mapping):
        raise ValueError(
            "`x` must be one array; pass a dictionary of columns as "
            "`pandas.DataFrame(x)`, of arrays the one to cluster. "
            f"Received: a {type(x).__name__} with the keys {shown(list(x))}"
        )
    if isinstance(x, (str, bytes, os.PathLike)):
        raise ValueError(
            f"`x` must hold the data, not a path: {_READING}. One text is "
            f"`[text]`. Received: x={shown(x)}"
        )
    is_list = isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) == 1
    if is_list and len(x) and all(_is_path(value, allow_text) for value in x):
        raise ValueError(
            f"`x` must hold the data, not paths: {_READING}. "
            f"Received: {len(x)} paths, the first {shown(next(iter(x)))}"
        )


def reject_labels(y):
    """Raises if labels were passed to a training method.

    Args:
        y: What the caller passed as `y`.

    Raises:
        ValueError: If `y` is not `None`.
    """
    if y is not None:
        raise ValueError(
            "Clustering never trains on labels. To compare clusters with "
            "labels, pass `callbacks=[kerasdc.ClusteringMetrics(x, y)]`; for "
            "an embedding without clusters, call "
            "`kerasdc.metrics.embedding_scores`. "
            f"Received: y of type {type(y).__name__}"
        )


def _is_path(value, allow_text):
    if isinstance(value, str) and not allow_text:
        return value.lower().endswith(_IMAGES)
    return isinstance(value, os.PathLike)


def refuse_missing_texts(array):
    """Raises if there are texts and others that are missing.

    Args:
        array: Array of objects, not all of them strings.

    Raises:
        ValueError: If some objects are strings.
    """
    values = list(array.flat)
    is_text = [isinstance(value, (str, bytes)) for value in values]
    if not any(is_text) or array.size != len(array):
        return
    row = is_text.index(False)
    if _is_missing(values[row]):
        raise ValueError(
            '`x` must not have missing texts: remove them, or write "". '
            f"Received: {shown(values[row])} in row {row}, one of "
            f"{sum(map(_is_missing, values))} missing"
        )
    raise ValueError(
        "`x` must hold texts or numbers, not both. Received: a "
        f"{type(values[row]).__name__} in row {row}, a str in row "
        f"{is_text.index(True)}"
    )


def _is_missing(value):
    """Whether it is `None`, NaN, or what pandas has for them."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def not_numeric(x, array):
    """The error for data that are not real numbers.

    Args:
        x: What the caller passed.
        array: The array made of it.

    Returns:
        `ValueError`. Of a pandas frame, it names the columns.
    """
    if not hasattr(x, "items") or not hasattr(x, "columns"):
        return not_real(array.dtype)
    columns = [
        f"{name!r} of dtype {column.dtype}"
        for name, column in x.items()
        if getattr(column.dtype, "kind", "O") not in NUMBER_KINDS
    ]
    return ValueError(
        "`x` must hold real numbers: encode the other columns, for example "
        "by `pandas.get_dummies`, or remove them. Received: column "
        f"{shown(', '.join(columns), 300)[1:-1]}"
    )


def not_rectangular(x):
    """The error for samples of different shapes.

    Args:
        x: What the caller passed.

    Returns:
        `ValueError`. It names the first shapes if `x` is a list of arrays.
    """
    samples = x if isinstance(x, (list, tuple, np.ndarray)) else ()
    shapes = list(dict.fromkeys(np.shape(s) for s in samples if _has_shape(s)))
    if len(shapes) < 2 or min(map(len, shapes)) < 2:
        return ValueError(
            "`x` must be rectangular: every sample of the same shape. "
            f"Received: a {type(x).__name__} that is not"
        )
    return ValueError(
        "`x` must be rectangular: every sample of the same shape. Resize "
        "images, for example by `keras.ops.image.resize(image, (64, 64))`, or "
        "read them by `keras.utils.image_dataset_from_directory(folder, "
        "labels=None, image_size=(64, 64))`. "
        f"Received: samples of shapes {', '.join(map(str, shapes[:3]))}"
    )


def _has_shape(sample):
    return hasattr(sample, "shape") or hasattr(sample, "__array_interface__")
