"""Facts about each cluster, from assignments and the embedding."""

import dataclasses

import numpy as np

from kerasdc.summary.telling import standardized_differences
from kerasdc.summary.telling import strongest
from kerasdc.summary.telling import words_of_clusters

_NUM_NEIGHBORS = 3
NO_CLUSTER = -1


@dataclasses.dataclass(frozen=True)
class Cluster:
    """One cluster.

    Attributes:
        id: Integer, what `assign` returns. It stays what it is.
        name: String, the id if it was not renamed.
        size: Integer, how many samples have this label.
        share: Float, the part of all samples.
        certainty: Float, the mean certainty of these samples; NaN if there
            are none.
        exemplars: Tuple of row numbers, nearest to the cluster's mean in the
            embedding first.
        uncertain: Tuple of row numbers, least certain first, of samples whose
            most probable cluster this is; outliers are among them.
        features: Tuple of `(column, difference)`: where columns of numbers
            differ most from the rest, in standard deviations.
        words: Tuple of `(word, weight)`, of texts, by c-TF-IDF.
        neighbors: Tuple of ids: the clusters whose means are nearest in the
            embedding, the nearest first.
    """

    id: int
    name: str
    size: int
    share: float
    certainty: float
    exemplars: tuple
    uncertain: tuple
    features: tuple
    words: tuple
    neighbors: tuple


def describe(summary):
    """Describes every cluster there is.

    Args:
        summary: `Summary`.

    Returns:
        List of `Cluster`, by ids.
    """
    ids, labels = summary.ids_of_clusters, summary.labels
    means = cluster_means(summary.embedding, labels, ids)
    features, words = _telling(summary, ids)
    near = _neighbors(means, ids)
    return [
        _described(summary, cluster, means[i], features[i], words[i], near[i])
        for i, cluster in enumerate(ids)
    ]


def cluster_means(z, labels, clusters):
    """Means of the clusters in the embedding.

    Args:
        z: Floats `(n, d)`.
        labels: Integers `(n,)`.
        clusters: Sequence of `k` ids.

    Returns:
        Float64 array `(k, d)`, NaN for clusters without samples.
    """
    means = np.full((len(clusters), z.shape[1]), np.nan)
    for row, cluster in zip(means, clusters):
        members = labels == cluster
        if members.any():
            row[:] = z[members].mean(axis=0, dtype="float64")
    return means


def _described(summary, cluster, mean, features, words, neighbors):
    labels, certainty = summary.labels, summary.certainty
    members = np.flatnonzero(labels == cluster)
    probable = np.flatnonzero(summary.most_probable == cluster)
    most = summary.num_exemplars
    distances = np.square(summary.embedding[members] - mean).sum(axis=1)
    return Cluster(
        id=cluster,
        name=summary.name_of(cluster),
        size=len(members),
        share=len(members) / len(labels),
        certainty=float(certainty[members].mean()) if len(members) else np.nan,
        exemplars=_first(members, distances, most),
        uncertain=_first(probable, certainty[probable], most),
        features=features,
        words=words,
        neighbors=neighbors,
    )


def _first(rows, values, most):
    """Rows of the least values, in their order where these are equal."""
    return tuple(rows[np.argsort(values, kind="stable")[:most]].tolist())


def _neighbors(means, ids):
    found = []
    for i, mean in enumerate(means):
        distances = np.square(means - mean).sum(axis=1)
        distances[i] = np.nan
        order = np.argsort(distances, kind="stable")[:_NUM_NEIGHBORS]
        near = [ids[j] for j in order if np.isfinite(distances[j])]
        found.append(tuple(near))
    return found


def _telling(summary, ids):
    """Features and words of each cluster."""
    x, most = summary.x, summary.num_features
    nothing = [()] * len(ids)
    if x.dtype == object:
        words, weights = words_of_clusters(
            x, summary.labels, ids, summary.stop_words
        )
        return nothing, [strongest(words, row, most) for row in weights]
    if x.ndim != 2:
        return nothing, nothing
    differences = standardized_differences(x, summary.labels, ids)
    names = summary.names or [f"feature {i}" for i in range(x.shape[1])]
    return [strongest(names, row, most) for row in differences], nothing
