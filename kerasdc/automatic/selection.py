"""Choosing the number of clusters, and among models, without labels."""

import dataclasses

import numpy as np

from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.metrics.silhouettes import pooled_silhouettes
from kerasdc.models import ClusteringModel
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.inputs import to_array

_MOST = 100  # clusters that are tried
_SAMPLES_EACH = 10  # on average in a cluster, at least
_GROWTH = 1.12  # from one number of clusters to the next one
_NUM_RESTARTS = 3


@dataclasses.dataclass(frozen=True)
class Selection:
    """Candidates and their scores: a suggestion, not a finding.

    Attributes:
        best: The candidate of the highest score: a number of clusters, or
            the name of a model.
        scores: Dictionary: candidate to its mean score, the higher the
            better.
        deviations: Dictionary: candidate to the standard deviation of its
            scores over several draws of samples.
        plausible: List of candidates whose score is within a standard
            deviation of the best one.
    """

    best: object
    scores: dict
    deviations: dict
    plausible: list

    @classmethod
    def of(cls, drawn):
        """From scores of several draws.

        Args:
            drawn: Dictionary: candidate to array `(num_draws,)`.

        Returns:
            `Selection`.
        """
        scores = {key: float(np.mean(values)) for key, values in drawn.items()}
        best = max(scores, key=scores.get)
        # Draws differ in what all candidates share: compare within draws.
        behind = {key: drawn[best] - values for key, values in drawn.items()}
        plausible = [
            key
            for key, values in behind.items()
            if np.mean(values) <= max(np.std(values), 1e-3)
        ]
        deviations = {key: float(np.std(v)) for key, v in drawn.items()}
        return cls(best, scores, deviations, plausible)

    def __str__(self):
        others = ", ".join(str(key) for key in self.plausible)
        lines = [f"suggested: {self.best}; about as good: {others}"]
        for key, score in self.scores.items():
            mark = "  <" if key == self.best else ""
            lines.append(
                f"{key!s:>12}  {score:.4f} ± {self.deviations[key]:.4f}{mark}"
            )
        return "\n".join(lines)


def select(x, models, seed=0):
    """Ranks fitted models of the same data, without labels.

    The partition of every model is scored by its silhouettes in the
    embedding of every model, and in the models' features; see
    `kerasdc.metrics.silhouettes`. In its own embedding alone, a model that
    pulls any partition apart would look best. Show the suggestion beside the
    figures that its uncertainty is read from: it is no proof.

    Args:
        x: Samples, in any form that the models take.
        models: Dictionary of fitted `ClusteringModel`s by name, at least 2.
        seed: Integer, of the samples that are drawn.

    Returns:
        `Selection`, whose candidates are the names.

    Raises:
        ValueError: If there are fewer than 2 models, or one is not fitted.
    """
    if not isinstance(models, dict) or len(models) < 2:
        raise ValueError(
            "`models` must be a dictionary of at least 2 fitted models. "
            f"Received: models of type {type(models).__name__}"
        )
    for name, model in models.items():
        if not isinstance(model, ClusteringModel):
            raise ValueError(
                "`models` must be models of clusters, such as DEC. "
                f"Received: {name}={type(model).__name__}"
            )
    partitions = {name: m.assign(x) for name, m in models.items()}
    spaces = {name: m.embed(x) for name, m in models.items()}
    array = to_array(x, allow_text=True, allow_labels=True)
    if array.dtype != object:
        spaces["data"] = array
    drawn = pooled_silhouettes(partitions, spaces, seed=checked_seed(seed))
    return Selection.of(drawn)


def candidate_numbers(num_samples, most=_MOST):
    """Numbers of clusters to try: all small ones, then ever fewer.

    Args:
        num_samples: Integer.
        most: Integer, the largest one.

    Returns:
        List of integers, from 2.
    """
    most = max(2, min(most, num_samples // _SAMPLES_EACH))
    numbers = [2]
    while numbers[-1] < most:
        numbers.append(max(numbers[-1] + 1, round(_GROWTH * numbers[-1])))
    return [number for number in numbers if number <= most]


def select_num_clusters(
    graph, spaces, embedding, numbers=None, euclidean=(), seed=0
):
    """Chooses the number of clusters.

    For each number, two partitions are made, by linkage along the graph and
    by k-means of the embedding; their silhouettes, in all spaces, are
    averaged.

    Args:
        graph: SciPy sparse matrix `(n, n)`, as `fuzzy_neighbor_graph` makes
            it.
        spaces: Dictionary of arrays `(n, ...)` by name.
        embedding: Array `(n, dim)`, one of them.
        numbers: Optional sequence of integers, at least 2 each. `None` takes
            `candidate_numbers`.
        euclidean: As in `pooled_silhouettes`.
        seed: Optional integer.

    Returns:
        `Selection`, whose candidates are the numbers.

    Raises:
        ValueError: If a number is not usable.
    """
    numbers = _checked_numbers(numbers, graph.shape[0])
    linkage = DegreeLinkage(graph)
    partitions = {}
    for number in reversed(numbers):
        partitions["linkage", number] = linkage.merge_to(number)
    for number in numbers:
        kmeans = fit_kmeans(embedding, number, _NUM_RESTARTS, seed)
        partitions["kmeans", number] = kmeans.labels_
    drawn = pooled_silhouettes(partitions, spaces, euclidean, seed=seed or 0)
    pooled = {
        number: (drawn["linkage", number] + drawn["kmeans", number]) / 2
        for number in numbers
    }
    return Selection.of(pooled)


def _checked_numbers(numbers, num_samples):
    if numbers is None:
        return candidate_numbers(num_samples)
    numbers = sorted({checked_count("num_clusters", n, 2) for n in numbers})
    if not numbers or numbers[-1] > num_samples:
        raise ValueError(
            "`num_clusters` must be integers from 2 to the number of samples, "
            f"{num_samples}. Received: num_clusters={numbers}"
        )
    return numbers
