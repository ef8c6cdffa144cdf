"""Quality of an embedding: nearest neighbors and trustworthiness."""

import numpy as np

from kerasdc.metrics.labels import checked_labels
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import rescaled
from kerasdc.utils.inputs import evenly_spaced


def embedding_scores(z, y, z_reference=None, y_reference=None, x=None):
    """Nearest-neighbor error and trustworthiness of an embedding.

    Reference: J. Venna and S. Kaski, "Neighborhood preservation in nonlinear
    projection methods: an experimental study", ICANN 2001, for the
    trustworthiness.

    Args:
        z: Floats `(n, d)`, the embedding.
        y: Integers or strings `(n,)`, the classes.
        z_reference: Optional floats `(m, d)`: the embedding to find nearest
            neighbors in, for example that of the training samples if `z` is
            held out. `None` searches the other points of `z`.
        y_reference: Their classes `(m,)`. Both must be given together.
        x: Optional array `(n, ...)`, the data: needed for trustworthiness.

    Returns:
        Dictionary: `neighbor_error`, the share of points whose nearest
        neighbor is of another class, from 0 to 1; and, if `x` is given,
        `trustworthiness`, from 0 to 1: 1 minus a penalty for each of the 12
        nearest neighbors in the embedding that is not among the 12 nearest
        in the data, proportional to how much lower it ranks there (of at
        most 10,000 evenly spaced points).

    Raises:
        ValueError: If lengths or widths differ, arrays are not finite or have
            fewer than 3 points, or only one of `z_reference` and
            `y_reference` is given.
    """
    z, y = checked_array("z", z, 2), _classes("y", y)
    x = None if x is None else checked_array("x", x)
    _check_lengths(z=z, y=y, **({} if x is None else {"x": x}))
    held_out = z_reference is not None
    if held_out != (y_reference is not None):
        raise ValueError(
            "`z_reference` and `y_reference` must be given together. "
            f"Received: only {'z' if held_out else 'y'}_reference"
        )
    classes = y
    if held_out:
        z_reference = checked_array("z_reference", z_reference, 2)
        classes = _classes("y_reference", y_reference)
        _check_lengths(z_reference=z_reference, y_reference=classes)
        _check_widths(z, z_reference)
    elif len(z) < 3:
        raise ValueError(
            f"`z` must have at least 3 points. Received: {len(z)} points"
        )
    nearest = _nearest(z, z_reference)
    scores = {"neighbor_error": float(np.mean(classes[nearest] != y))}
    if x is not None:
        scores["trustworthiness"] = _trustworthiness(x, z)
    return scores


def _classes(name, y):
    """Labels; floats that are integers are accepted, too."""
    try:
        floats = np.asarray(y)
        floats = (
            floats.astype("float64") if floats.dtype.kind == "f" else floats
        )
    except ValueError:
        floats = np.empty(0)
    # NaN and what exceeds int64 are no labels.
    if floats.dtype.kind == "f" and np.all(
        (np.abs(floats) < 2**62) & (floats == np.round(floats))
    ):
        y = floats.astype("int64")
    return checked_labels(name, y)


def _check_widths(z, z_reference):
    if z.shape[1] != z_reference.shape[1]:
        raise ValueError(
            "`z` and `z_reference` must have the same width. "
            f"Received: shapes {z.shape} and {z_reference.shape}"
        )


def _check_lengths(**arrays):
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"{', '.join(f'`{name}`' for name in arrays)} must have the same "
            f"length. Received: lengths {lengths}"
        )


def _nearest(z, z_reference):
    """Index of the nearest reference, or of the nearest other point."""
    from sklearn.neighbors import NearestNeighbors

    if z_reference is None:
        z, _ = rescaled(np.asarray(z, "float32"))
        found = NearestNeighbors(n_neighbors=1).fit(z).kneighbors()
    else:
        points = np.asarray(np.concatenate([z, z_reference]), "float32")
        points, _ = rescaled(points)
        search = NearestNeighbors(n_neighbors=1).fit(points[len(z) :])
        found = search.kneighbors(points[: len(z)])
    return found[1][:, 0]


def _trustworthiness(x, z, num_neighbors=12, most=10_000):
    from sklearn.manifold import trustworthiness

    x, z = evenly_spaced(x, most), evenly_spaced(z, most)
    if len(x) < 3:
        raise ValueError(
            f"`x` must have at least 3 samples. Received: {len(x)} samples"
        )
    x, _ = rescaled(x.reshape(len(x), -1))
    z, _ = rescaled(np.asarray(z, "float32"))
    num_neighbors = min(num_neighbors, (len(x) - 1) // 2)
    return float(trustworthiness(x, z, n_neighbors=num_neighbors))
