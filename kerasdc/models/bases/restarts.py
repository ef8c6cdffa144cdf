"""Restarts: of several trainings from random weights, the best one's."""

import keras
import numpy as np

from kerasdc.algorithms.merged_kmeans import neighbor_graph
from kerasdc.algorithms.merged_kmeans import normalized_cut
from kerasdc.callbacks.checks import check_factory
from kerasdc.models.bases.augmenting import check_copyable
from kerasdc.targets import all_features
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import evenly_spaced
from kerasdc.utils.processes import summed
from kerasdc.utils.progress import counted

_OPTIONS = ("batch_size", "samples", "optimizer", "criterion", "callbacks")
_NUM_NEIGHBORS = 10
_MOST_NEIGHBORS = 10_000  # samples whose neighbors are looked for


def best_weights(
    model,
    x,
    num,
    epochs,
    batch_size=None,
    samples=None,
    optimizer=None,
    criterion="objective",
    callbacks=None,
    verbose=0,
):
    """Trains siblings of a model; see `DiscriminativeModel.adapt`.

    Args:
        model: `DiscriminativeModel`, built and compiled.
        x: Prepared training data.
        num, epochs, batch_size, samples, optimizer, criterion, callbacks: The
            entries of `restarts`.
        verbose: As in `keras.Model.fit`: whether a bar counts the trainings.

    Returns:
        List of arrays, the weights of the best of them.

    Raises:
        ValueError: If none of them ends with a finite score.
    """
    x = evenly_spaced(x, samples)
    score = _CRITERIA[criterion](model, x)
    scores, weights = [], []
    knowing = model
    for i in counted(range(num), verbose, "training"):
        other = model.sibling(model._draw_seed() + i, optimizer)
        # Of some samples, too, what takes long is found once.
        other.share_adapted(knowing)
        other.checks_outcome = False  # that of the best will be
        knowing = other
        other.fit(
            x,
            batch_size=batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=callbacks and callbacks(f"restart_{i + 1}"),
        )
        scores.append(float(summed(score(other))))
        weights.append(other.get_weights())
    # A training that came to nothing is worse than any other.
    scores = np.nan_to_num(scores, nan=np.inf, posinf=np.inf)
    if scores.min() == np.inf:
        raise ValueError(
            "At least one of the trainings of `restarts` must end with a "
            "finite objective: lower the learning rate. Received: "
            f"objectives of {num} trainings, none of them finite"
        )
    return weights[int(scores.argmin())]


def check_restarts(model, restarts):
    """Raises `ValueError` if `best_weights` could not do with them.

    Args:
        model: `DiscriminativeModel`.
        restarts: What the caller passed.
    """
    if restarts is None:
        return
    model._check_compiled("adapt")
    known = {"num", "epochs", *_OPTIONS}
    names = set(restarts) if isinstance(restarts, dict) else set()
    if not {"num", "epochs"} <= names <= known:
        raise ValueError(
            "`restarts` must be a dictionary with `num`, `epochs` and, if "
            f"wanted, {', '.join(_OPTIONS)}. "
            f"Received: restarts={restarts}"
        )
    checked_choice(
        "criterion", restarts.get("criterion", "objective"), _CRITERIA
    )
    checked_count("num", restarts["num"])
    checked_count("epochs", restarts["epochs"], minimum=0)
    model._checked_batch_size(restarts.get("batch_size"))
    if restarts.get("samples") is not None:
        smallest = max(model.num_clusters, 2)
        checked_count("samples", restarts["samples"], smallest)
    for kind in keras.tree.flatten([model.augmentation]):
        check_copyable(kind)
    optimizer = restarts.get("optimizer")
    if not isinstance(optimizer, (keras.optimizers.Optimizer, type(None))):
        raise ValueError(
            "`optimizer` of `restarts` must be a Keras optimizer. "
            f"Received: optimizer={optimizer!r}"
        )
    check_factory("restarts", restarts.get("callbacks"))


def _objective(model, x):
    return lambda other: other.objective(x)


def _parted_neighbors(model, x):
    x = evenly_spaced(x, _MOST_NEIGHBORS)
    features = all_features(x, model.preprocessor).reshape(len(x), -1)
    graph = neighbor_graph(features, min(_NUM_NEIGHBORS, len(x) - 1))
    return lambda other: normalized_cut(
        graph, other.assign(x), model.num_clusters
    )


# Each makes a score of trained models: the lower, the better.
_CRITERIA = {"objective": _objective, "neighbors": _parted_neighbors}
