"""Gaussian mixtures fitted without gradients.

A mixture is a tuple of float64 arrays: weights `(k,)`, whose sum is 1, means
`(k, dim)` and variances `(k, dim)`, the diagonals of the covariances.
"""

import warnings

import numpy as np

from kerasdc.algorithms.centers import nearest_center
from kerasdc.algorithms.merged_kmeans import merged_kmeans
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import shown
from kerasdc.utils.array_checks import checked_array
from kerasdc.utils.array_checks import checked_clusters
from kerasdc.utils.array_checks import requested_clusters
from kerasdc.utils.progress import counted


def mixture_search(method):
    """The function that fits a mixture by a method.

    Args:
        method: `"gmm"` or `"merged_kmeans"`.

    Returns:
        Function of `z`, `(n, dim)`, `num_clusters`, `num_restarts`, `seed`
        and `verbose`, which returns a mixture.

    Raises:
        ValueError: If the method is unknown.
    """
    methods = {"gmm": _fit_gmm, "merged_kmeans": _fit_merged}
    return methods[checked_choice("method", method, methods)]


def _fit_gmm(z, num_clusters, num_restarts, seed, verbose=0):
    from sklearn.utils import check_random_state

    if len(z) == 1:  # which scikit-learn refuses
        return mixture_of_groups(z, np.zeros(1, int), num_clusters)
    # Scaled, because scikit-learn adds 1e-6 to every variance; centered, in
    # float64, because it computes variances as differences of squares.
    center = z.mean(axis=0, dtype="float64")
    scale = np.sqrt(z.var(axis=0, dtype="float64").mean()) or 1.0
    z = (z - center) / scale
    # The same draws as with `n_init=num_restarts`, but with a progress bar.
    generator, best = check_random_state(seed), None
    for _ in counted(range(num_restarts), verbose, "run"):
        mixture = _run_gmm(z, num_clusters, generator)
        if best is None or mixture.lower_bound_ > best.lower_bound_:
            best = mixture
    if not best.converged_:
        warnings.warn(
            "The best Gaussian mixture had not converged after "
            f"{best.n_iter_} iterations. Received: num_clusters={num_clusters}",
            stacklevel=3,
        )
    means = best.means_ * scale + center
    return best.weights_, means, best.covariances_ * scale**2


def _run_gmm(z, num_clusters, generator):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(
        num_clusters,
        covariance_type="diag",
        max_iter=500,
        random_state=generator,
    )
    with warnings.catch_warnings():
        # Only the best run must converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(z)


def _fit_merged(z, num_clusters, num_restarts, seed, verbose=0):
    centers = merged_kmeans(
        z, num_clusters, num_restarts=num_restarts, seed=seed, verbose=verbose
    )
    return mixture_of_groups(z, nearest_center(z, centers), num_clusters)


def mixture_of_groups(z, groups, num_clusters):
    """The mixture of given groups: their shares, means and variances.

    Args:
        z: Array `(n, dim)`.
        groups: Integers `(n,)` from 0 to `num_clusters - 1`.
        num_clusters: Integer.

    Returns:
        Mixture. An empty group has weight 0 and the moments of all data.

    Raises:
        ValueError: If `groups` are not such integers, or `z` is not finite.
    """
    z = checked_array("z", z, 2)
    num_clusters = checked_count("num_clusters", num_clusters)
    groups = checked_clusters(
        "initial_assignments", groups, len(z), num_clusters
    )
    weights = np.bincount(groups, minlength=num_clusters) / len(z)
    members = [z[groups == i] for i in range(num_clusters)]
    members = [group if len(group) else z for group in members]
    means = [group.mean(axis=0, dtype="float64") for group in members]
    variances = [group.var(axis=0, dtype="float64") for group in members]
    return weights, np.stack(means), np.stack(variances)


def variance_floor(z):
    """The smallest variance of a component.

    A component on a single point would have infinite density. The floor is
    the square of a thousandth of the data's deviation, below the variance of
    nearly all other components.

    Args:
        z: Array `(n, dim)`.

    Returns:
        Float above 0.
    """
    return 1e-6 * max(z.var(axis=0, dtype="float64").mean(), 1e-12)


def sample_mixture(weights, means, deviations, num, cluster=None, seed=None):
    """Draws points from a mixture.

    Args:
        weights: Array `(k,)` whose sum is 1.
        means: Array `(k, dim)`.
        deviations: Array `(k, dim)`, the square roots of the variances.
        num: Integer, at least 1.
        cluster: Optional integer, the component to draw from, or integers
            `(num,)`. `None` draws components by their weights.
        seed: Optional integer for repeatable draws.

    Returns:
        Float32 array `(num, dim)`.

    Raises:
        ValueError: If `num` is not at least 1, there is no such component, or
            the mixture is not finite.
    """
    num, seed = checked_count("num", num), checked_seed(seed)
    weights, means, deviations = _checked_mixture(weights, means, deviations)
    generator = np.random.default_rng(seed)
    if cluster is None:
        cluster = generator.choice(len(weights), num, p=weights)
    cluster = requested_clusters(cluster, num, len(weights))
    noise = generator.standard_normal((num, means.shape[1]))
    return (means[cluster] + deviations[cluster] * noise).astype("float32")


def _checked_mixture(weights, means, deviations):
    means = checked_array("means", means, 2)
    deviations = checked_array("deviations", deviations, 2)
    if deviations.shape != means.shape or deviations.min() < 0:
        raise ValueError(
            "`deviations` must be at least 0, and of the shape of `means`. "
            f"Received: shapes {deviations.shape} and {means.shape}"
        )
    shares = as_floats(weights)
    inside = (shares >= 0).all() and abs(shares.sum() - 1) < 1e-8
    if shares.shape != means.shape[:1] or not inside:
        raise ValueError(
            f"`weights` must be {len(means)} numbers of at least 0 whose sum "
            f"is 1. Received: weights={shown(weights)}"
        )
    return shares, means, deviations
