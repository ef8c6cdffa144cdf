"""An embedding of any number of dimensions, laid out in the plane."""

import numpy as np

_NUM_STEPS = 600
_BATCH_SIZE = 256
_UNITS = (128, 128)


def two_dimensional(z, seed=0, max_points=5000):
    """Coordinates in the plane for an embedding.

    An embedding of two dimensions is returned as it is. Others are mapped by
    a `kerasdc.models.NeighborEmbedding`, which is trained on a random part of
    the samples. Rows that are not finite are left out.

    Args:
        z: Floats `(n, d)`.
        seed: Integer, of the choice of samples and of the network.
        max_points: Integer, samples that the network is trained on.

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
    return indices, _laid_out(z[indices].astype("float64"), seed, max_points)


def _laid_out(z, seed, max_points):
    if z.shape[1] == 1:
        z = np.pad(z, [(0, 0), (0, 1)])
    if len(z) < 5:
        return z[:, :2]
    generator = np.random.default_rng(seed)
    # Equal samples have no nearest neighbors: noise makes them differ.
    z = (z - z.mean(axis=0)) / (z.std() or 1.0)
    z = z + generator.normal(0, 1e-3, z.shape)
    part = z
    if len(z) > max_points:
        part = z[generator.choice(len(z), max_points, replace=False)]
    model = _network(z.shape[1], seed)
    model.fit(
        part, batch_size=_BATCH_SIZE, steps_per_epoch=_NUM_STEPS, verbose=0
    )
    return model.predict(z, batch_size=1024, verbose=0)


def _network(dim, seed):
    import keras

    from kerasdc import networks
    from kerasdc.models import NeighborEmbedding

    # A seed of its own leaves the global random state as it is.
    initializer = keras.initializers.GlorotUniform(seed=seed)
    encoder = networks.mlp_encoder((dim,), _UNITS, 2, initializer, "silu")
    model = NeighborEmbedding(
        encoder, num_neighbors=15, min_dist=0.1, seed=seed
    )
    model.compile(model.optimizer_for(_NUM_STEPS))
    return model
