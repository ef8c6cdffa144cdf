"""Arrays of a user in NumPy's files: `.npy` and `.npz`."""

import zipfile

import numpy as np

from kerasdc.datasets.columns import Place
from kerasdc.datasets.columns import as_ids
from kerasdc.datasets.columns import whole_texts
from kerasdc.datasets.filling import complete
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import shown

_COLORS = (1, 3, 4)


def read_npy(path, impute=None):
    """Samples in a `.npy`.

    Args:
        path: `pathlib.Path`.
        impute: As in `complete`.

    Returns:
        Tuple of the samples, row numbers from 0, `None` and the kind of
        data: see `kerasdc.datasets.sources.Source`.

    Raises:
        ValueError: If it is no such file, or holds something else.
    """
    found = _loaded(path)
    if isinstance(found, dict):
        raise unreadable(path, "it holds several arrays, as a .npz does")
    x, kind = _samples(found, Place(path.name, "x"), impute)
    return x, np.arange(len(x)), None, kind


def read_npz(path, labels=None, ids=None, impute=None):
    """Samples in a `.npz`: its only array beside labels and ids, or `x`.

    Args:
        path: `pathlib.Path`.
        labels: Name of the array of labels, or `None`.
        ids: Name of the array of ids, or `None`.
        impute: As in `complete`.

    Returns:
        Tuple of the samples, ids, labels and the kind of data: see
        `kerasdc.datasets.sources.Source`.

    Raises:
        ValueError: If it is no such file, or holds something else.
    """
    arrays = _loaded(path)
    if not isinstance(arrays, dict):
        raise unreadable(path, "it holds one array, as a .npy does")
    for argument, name in (("label_column", labels), ("id_column", ids)):
        if name is not None:
            checked_name(argument, name, list(arrays), f"array of {path.name}")
    rest = [name for name in arrays if name not in (labels, ids)]
    if "x" not in rest and len(rest) != 1:
        raise ValueError(
            "A .npz must hold one array, or one with the name x. "
            f"Received: {shown(rest)} in {path.name}"
        )
    name = "x" if "x" in rest else rest[0]
    x, kind = _samples(arrays[name], Place(path.name, name), impute)
    labels = _beside(arrays, labels, len(x), path)
    ids = _beside(arrays, ids, len(x), path)
    return x, np.arange(len(x)) if ids is None else ids, labels, kind


def _beside(arrays, name, num_samples, path):
    """Labels or ids, or `None`."""
    if name is None:
        return None
    values = as_ids(arrays[name].reshape(-1), Place(path.name, name))
    if len(values) != num_samples:
        raise ValueError(
            "There must be one for each sample. Received: "
            f"{len(values)} {name}, {num_samples} samples in {path.name}"
        )
    return values


def _samples(x, place, impute):
    """An array of samples, and its kind."""
    if x.dtype.kind in "US" and x.size == len(np.atleast_1d(x)) > 0:
        texts = x.reshape(-1).astype(str).astype(object)
        return whole_texts(texts, place), "text"
    if x.dtype.kind not in "buif" or x.ndim < 2 or x.size == 0:
        raise ValueError(
            "An array must hold numbers (n, ...) or texts (n,). Received: "
            f"shape {x.shape}, dtype {x.dtype} in {place.file}"
        )
    if x.dtype.kind == "f":
        x = complete(x, place, impute)
    if x.ndim == 2:
        return x, "tabular"
    pixels = x.dtype == "uint8" and x.ndim == 3
    colored = x.ndim == 4 and x.shape[3] in _COLORS
    return x, "image" if pixels or colored else "array"


def _loaded(path):
    """An array, or a dictionary of those in a `.npz`."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return dict(loaded)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise unreadable(path, error) from error


def unreadable(path, error):
    """The error for a file that is damaged, or of another kind.

    Args:
        path: `pathlib.Path`.
        error: Exception or string.

    Returns:
        `ValueError`.
    """
    return ValueError(
        f"The file cannot be read as {path.suffix}: {error}. "
        f"Received: {path.name}"
    )
