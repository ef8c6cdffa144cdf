"""An embedding of any number of dimensions, laid out in the plane."""

import numpy as np


def two_dimensional(z, seed=0, max_points=2000):
    """Coordinates in the plane for an embedding.

    An embedding of two dimensions is itself; others are laid out by t-SNE on
    a random part of the samples. Rows that are not finite are left out.

    Reference: van der Maaten and Hinton, "Visualizing Data using t-SNE",
    JMLR 9, 2008.

    Args:
        z: Floats `(n, d)`.
        seed: Integer, of the part that is taken and of the t-SNE.
        max_points: Integer, samples that t-SNE is run on.

    Returns:
        A tuple `(indices, points)`: increasing row numbers of `z`, and their
        coordinates `(len(indices), 2)`.

    Raises:
        ValueError: If `z` is not a matrix.
    """
    z = np.asarray(z)
    if z.ndim != 2 or z.shape[1] == 0:
        raise ValueError(
            f"`z` must have shape (n, d). Received: z of shape {z.shape}"
        )
    indices = np.flatnonzero(np.isfinite(z).all(axis=1))
    if z.shape[1] == 2:
        return indices, z[indices]
    generator = np.random.default_rng(seed)
    if len(indices) > max_points:
        chosen = generator.choice(indices, max_points, replace=False)
        indices = np.sort(chosen)
    return indices, _tsne(z[indices].astype("float64"), generator, seed)


def _tsne(z, generator, seed):
    if z.shape[1] == 1:
        z = np.pad(z, [(0, 0), (0, 1)])
    if len(z) < 5:
        return z[:, :2]
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # Where all start on one spot, t-SNE has no direction to move them in.
    z = z / (z.std() or 1.0) + generator.normal(0, 1e-3, z.shape)
    tsne = TSNE(
        perplexity=min(30, (len(z) - 1) / 3),
        max_iter=500,
        angle=0.7,
        random_state=seed,
    )
    # So few points gain nothing from threads, and lose by waiting for them.
    with threadpool_limits(1):
        return tsne.fit_transform(z)
