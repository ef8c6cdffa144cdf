"""k-means with restarts and a progress bar."""

import warnings

from kerasdc.utils.progress import counted


def fit_kmeans(
    z, num_clusters, num_restarts, seed, verbose=0, init="k-means++"
):
    """scikit-learn's k-means. It may find fewer clusters than asked for.

    Args:
        z: Array `(n, dim)`.
        num_clusters: Integer.
        num_restarts: Integer.
        seed: Integer or `None`.
        verbose: As in `keras.Model.fit`: whether a bar counts the runs.
        init: `"k-means++"` or `"random"`, as in scikit-learn.

    Returns:
        A fitted `sklearn.cluster.KMeans`, the run of least inertia.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state

    # The same draws as with `n_init=num_restarts`, but with a progress bar.
    generator, best = check_random_state(seed), None
    with warnings.catch_warnings():
        # The caller checks the number of clusters.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in counted(range(num_restarts), verbose, "run"):
            kmeans = KMeans(
                num_clusters, init=init, n_init=1, random_state=generator
            ).fit(z)
            # As in scikit-learn: rounding errors do not count as better.
            if best is None or kmeans.inertia_ < best.inertia_ * (1 - 1e-6):
                best = kmeans
    return best
