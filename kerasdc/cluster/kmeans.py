"""k-means, repeated, with a progress bar."""

import warnings

from kerasdc.utils.progress import counted


def fit_kmeans(z, num_clusters, num_restarts, seed, verbose=0):
    """scikit-learn's k-means, which may find fewer clusters.

    Args:
        z: Array `(n, dim)`.
        num_clusters: Integer.
        num_restarts: Integer.
        seed: Integer or `None`.
        verbose: As in `keras.Model.fit`: whether a bar counts the runs.

    Returns:
        A fitted `sklearn.cluster.KMeans`, the run of least inertia.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state

    # All runs draw from it in turn, as those of one `n_init` would.
    generator, best = check_random_state(seed), None
    with warnings.catch_warnings():
        # Of fewer clusters, the caller tells.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in counted(range(num_restarts), verbose, "run"):
            kmeans = KMeans(num_clusters, n_init=1, random_state=generator)
            kmeans.fit(z)
            # By rounding alone, no run is better than the same one before.
            if best is None or kmeans.inertia_ < best.inertia_ * (1 - 1e-6):
                best = kmeans
    return best
