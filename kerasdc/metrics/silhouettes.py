"""Scores of partitions without labels."""

import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import checked_array

_NUM_DRAWS = 5
_MOST_POINTS = 1000  # of a draw: every distance between them is computed


def pooled_silhouettes(
    partitions,
    spaces,
    euclidean=(),
    num_draws=_NUM_DRAWS,
    num_points=_MOST_POINTS,
    seed=0,
):
    """How well apart clusters are, in every space on average.

    A partition that was found in an embedding looks good in that embedding,
    whatever it is worth. So the silhouettes of each partition are computed in
    each of several spaces and averaged. Several random draws of points, at
    most four fifths of all, tell how uncertain the average is.

    Reference:

    - [Huang et al., 2024](https://arxiv.org/abs/2403.14830), Deep Clustering
      Evaluation: How to Validate Internal Clustering Validation Measures.

    Args:
        partitions: Dictionary of integer arrays `(n,)` by name.
        spaces: Dictionary of arrays `(n, ...)` by name.
        euclidean: Names of spaces in which the distance is Euclidean; in all
            others it is the cosine distance, as in the reference.
        num_draws: Integer, draws of points.
        num_points: Integer, points of a draw.
        seed: Integer, of the draws.

    Returns:
        Dictionary of arrays `(num_draws,)` by the names of `partitions`: the
        silhouettes, from -1 to 1, the higher the better, averaged over the
        spaces. A partition into one cluster has 0.

    Raises:
        ValueError: If there is nothing to score, or lengths differ.
    """
    num_draws = checked_count("num_draws", num_draws)
    partitions = _checked("partitions", partitions, 1)
    spaces = _checked("spaces", spaces)
    lengths = {len(array) for array in (*partitions.values(), *spaces.values())}
    if len(lengths) != 1:
        raise ValueError(
            "`partitions` and `spaces` must have a row for each sample. "
            f"Received: lengths {sorted(lengths)}"
        )
    (num_samples,) = lengths
    num_points = min(num_points, max(int(0.8 * num_samples), 2))
    generator = np.random.default_rng(checked_seed(seed))
    scores = {name: [] for name in partitions}
    for _ in range(num_draws):
        rows = generator.permutation(num_samples)[:num_points]
        distances = [
            _distances(z[rows], "euclidean" if name in euclidean else "cosine")
            for name, z in spaces.items()
        ]
        for name, partition in partitions.items():
            found = [_silhouette(d, partition[rows]) for d in distances]
            scores[name].append(np.mean(found))
    return {name: np.array(found) for name, found in scores.items()}


def simplified_silhouette(z, clusters):
    """Silhouette by distances to the means of clusters.

    The mean of `(b - a) / max(a, b)`, where a is the distance of a point to
    the mean of its cluster, and b that to the nearest other mean.

    Reference:

    - [Hruschka et al., 2004](https://doi.org/10.1109/ICDM.2004.10068),
      Evolutionary Algorithms for Clustering Gene-Expression Data.

    Args:
        z: Array `(n, dim)`.
        clusters: Integer array `(n,)`.

    Returns:
        Float from -1 to 1; 0 for a single cluster.

    Raises:
        ValueError: If `z` is not finite, or the lengths differ.
    """
    from scipy.spatial.distance import cdist

    z = checked_array("z", z, 2).astype("float64")
    clusters = checked_array("clusters", clusters, 1)
    if len(z) != len(clusters):
        raise ValueError(
            "`z` and `clusters` must have a row for each sample. "
            f"Received: {len(z)} and {len(clusters)} rows"
        )
    found, clusters = np.unique(clusters, return_inverse=True)
    if len(found) == 1:
        return 0.0
    means = np.stack([z[clusters == i].mean(axis=0) for i in range(len(found))])
    distances = cdist(z, means)
    rows = np.arange(len(z))
    own = distances[rows, clusters]
    distances[rows, clusters] = np.inf
    other = distances.min(axis=1)
    largest = np.maximum(own, other)
    apart = np.divide(
        other - own, largest, out=np.zeros(len(z)), where=largest > 0
    )
    return float(apart.mean())


def _checked(name, arrays, ndim=None):
    if not isinstance(arrays, dict) or not arrays:
        raise ValueError(
            f"`{name}` must be a dictionary of arrays, at least one. "
            f"Received: {name} of type {type(arrays).__name__}"
        )
    return {key: checked_array(name, a, ndim) for key, a in arrays.items()}


def _distances(z, metric):
    from sklearn.metrics import pairwise_distances

    z = np.asarray(z.reshape(len(z), -1), "float64")
    distances = pairwise_distances(z, metric=metric)
    np.fill_diagonal(distances, 0)
    return np.maximum(distances, 0)


def _silhouette(distances, clusters):
    from sklearn.metrics import silhouette_score

    num_clusters = len(np.unique(clusters))
    if not 1 < num_clusters < len(clusters):
        return 0.0
    return silhouette_score(distances, clusters, metric="precomputed")
