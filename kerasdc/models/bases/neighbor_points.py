"""Points placed by the graph of neighbors, without an encoder: UMAP."""

import keras
import numpy as np

from kerasdc.models.bases.neighbor_embedding import NeighborEmbedding
from kerasdc.models.bases.scopes import drawing_from

_NUM_STEPS = 1500
_BATCH_SIZE = 8192
_RATE = 0.05
_EXTENT = 10.0  # largest coordinate at the start, as in UMAP
_MOST_FACTORED = 3_000  # points whose eigenvectors come from factors
_TOLERANCE, _MOST_RESTARTS = 1e-6, 300  # of the search for others


def neighbor_points(graph, dim=10, seed=None, verbose=0, callbacks=None):
    """Coordinates of all samples, trained as `NeighborEmbedding` is.

    A network follows the graph only as closely as it can; points are free,
    but new samples have none. They start from the eigenvectors of the graph.

    Reference:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426), UMAP: Uniform
      Manifold Approximation and Projection.

    Args:
        graph: SciPy sparse matrix `(n, n)`, as `fuzzy_neighbor_graph` makes
            it.
        dim: Integer, coordinates of each point.
        seed: Optional integer.
        verbose: As in `keras.Model.fit`.
        callbacks: As in `keras.Model.fit`.

    Returns:
        Float32 array `(n, dim)`.
    """
    num = graph.shape[0]
    with drawing_from(seed):
        table = keras.layers.Embedding(num, dim, name="points")
        encoder = keras.Sequential(
            [keras.Input((1,), dtype="int32"), table, keras.layers.Flatten()]
        )
    table.set_weights([_eigenvectors(graph, dim, seed)])
    model = NeighborEmbedding(encoder, preprocessor=None, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(_RATE, _NUM_STEPS)
    model.compile(keras.optimizers.Adam(rate))
    rows = np.arange(num, dtype="int32")[:, None]
    model.fit(
        rows,
        graph=graph,
        batch_size=int(np.clip(8 * num, 64, _BATCH_SIZE)),
        epochs=_NUM_STEPS // 100,
        verbose=verbose,
        callbacks=callbacks,
    )
    return table.get_weights()[0]


def _eigenvectors(graph, dim, seed):
    """Of the graph's Laplacian, where there are as many; else random."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(graph.shape[0], dim))
    if graph.shape[0] < 4 * dim:
        return (noise * _EXTENT / np.abs(noise).max()).astype("float32")
    if graph.shape[0] <= _MOST_FACTORED:
        found = _factored_eigenvectors(graph, dim, seed)
    else:
        found = _large_eigenvectors(graph, dim, noise[:, 0])
    found = found * _EXTENT / max(np.abs(found).max(), 1e-12)
    return (found + 1e-2 * noise).astype("float32")


def _factored_eigenvectors(graph, dim, seed):
    import warnings

    from sklearn.manifold import spectral_embedding

    with warnings.catch_warnings():
        # Parts without an edge between them are no trouble here.
        warnings.simplefilter("ignore", UserWarning)
        return spectral_embedding(graph, n_components=dim, random_state=seed)


def _large_eigenvectors(graph, dim, start):
    """By products with the graph alone: factors of a large one fill up.

    Those of 10,000 texts take minutes, these a second. Of a graph in one
    part they are the same; of several, another basis.
    """
    import scipy.sparse as sp
    from scipy.sparse.linalg import ArpackNoConvergence
    from scipy.sparse.linalg import eigsh

    degrees = np.asarray(graph.sum(axis=1)).ravel()
    roots = np.sqrt(np.maximum(degrees, 1e-12))
    scale = sp.diags(1 / roots)
    normalized = (scale @ graph @ scale).tocsr()
    try:
        _, found = eigsh(
            normalized,
            k=dim + 1,
            which="LA",
            v0=start,
            tol=_TOLERANCE,
            maxiter=_MOST_RESTARTS,
        )
    except ArpackNoConvergence as error:
        found = error.eigenvectors
    # The largest belongs to the constant vector.
    found = found[:, ::-1][:, 1:] / roots[:, None]
    missing = np.zeros((len(roots), dim - found.shape[1]))
    return np.concatenate([found, missing], axis=1)
