"""Quality of an embedding: nearest neighbors and trustworthiness."""

import numpy as np

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
        ValueError: If lengths differ, or only one of `z_reference` and
            `y_reference` is given.
    """
    z, y = np.asarray(z, "float32"), np.asarray(y)
    _check_lengths(z=z, y=y, **({} if x is None else {"x": x}))
    held_out = z_reference is not None
    if held_out != (y_reference is not None):
        raise ValueError(
            "`z_reference` and `y_reference` must be given together. "
            f"Received: only {'z' if held_out else 'y'}_reference"
        )
    if held_out:
        _check_lengths(z_reference=z_reference, y_reference=y_reference)
    nearest = _nearest(z, z_reference)
    classes = np.asarray(y_reference if held_out else y)[nearest]
    scores = {"neighbor_error": float(np.mean(classes != y))}
    if x is not None:
        scores["trustworthiness"] = _trustworthiness(np.asarray(x), z)
    return scores


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
        found = NearestNeighbors(n_neighbors=1).fit(z).kneighbors()
    else:
        search = NearestNeighbors(n_neighbors=1).fit(z_reference)
        found = search.kneighbors(z)
    return found[1][:, 0]


def _trustworthiness(x, z, num_neighbors=12, most=10_000):
    from sklearn.manifold import trustworthiness

    x, z = evenly_spaced(x, most), evenly_spaced(z, most)
    x = x.reshape(len(x), -1)
    num_neighbors = min(num_neighbors, (len(x) - 1) // 2)
    return float(trustworthiness(x, z, n_neighbors=num_neighbors))
