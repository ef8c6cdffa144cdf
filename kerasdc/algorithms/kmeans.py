"""k-means with restarts and a progress bar."""

import warnings

import numpy as np

from kerasdc.algorithms.points import too_close
from kerasdc.utils.progress import counted


def fit_kmeans(
    z,
    num_clusters,
    num_restarts,
    seed,
    verbose=0,
    init="k-means++",
    loss=None,
):
    """scikit-learn's k-means. It may find fewer clusters than asked for.

    Args:
        z: Array `(n, dim)`.
        num_clusters: Integer.
        num_restarts: Integer.
        seed: Integer or `None`.
        verbose: As in `keras.Model.fit`: whether a bar counts the runs.
        init: `"k-means++"`, `"random"` or an array of centers, as in
            scikit-learn.
        loss: Optional function from a fitted `KMeans` to a float, the lower
            the better. `None` is the inertia.

    Returns:
        A fitted `sklearn.cluster.KMeans`, the run of least loss.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state

    # The same draws as with `n_init=num_restarts`, but with a progress bar.
    generator, least, best = check_random_state(seed), None, None
    with warnings.catch_warnings():
        # The caller checks the number of clusters.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in counted(range(num_restarts), verbose, "run"):
            kmeans = KMeans(
                num_clusters, init=init, n_init=1, random_state=generator
            ).fit(z)
            found = kmeans.inertia_ if loss is None else loss(kmeans)
            # As in scikit-learn: rounding errors do not count as better.
            if least is None or found < least - 1e-6 * abs(least):
                least, best = found, kmeans
    return best


def centers_of(kmeans, z):
    """The centers that k-means has found.

    Args:
        kmeans: `sklearn.cluster.KMeans`, fitted to `z`.
        z: Array `(n, dim)`.

    Returns:
        Float32 array `(num_clusters, dim)`.

    Raises:
        ValueError: If some are the same.
    """
    centers = kmeans.cluster_centers_.astype("float32")
    num_found = len(np.unique(centers, axis=0))
    if num_found < len(centers):
        raise too_close(z, num_found, len(centers))
    return centers
