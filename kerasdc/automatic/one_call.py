"""`cluster`: from data of any kind to a fitted model, without a recipe."""

import dataclasses
import warnings

import keras
import numpy as np

from kerasdc.algorithms.points import check_distinct
from kerasdc.automatic.choices import choose
from kerasdc.automatic.named_layers import augmentation_of
from kerasdc.automatic.named_layers import encoder_of
from kerasdc.automatic.named_layers import preprocessor_of
from kerasdc.automatic.outcome import Clustering
from kerasdc.automatic.selection import select_num_clusters
from kerasdc.automatic.stages import Budget
from kerasdc.automatic.stages import Stage
from kerasdc.automatic.table_encoding import encode_table
from kerasdc.models import NeighborClustering
from kerasdc.models.bases.neighbor_embedding import LARGE_BATCH
from kerasdc.models.bases.neighbor_embedding import STEPS_PER_EPOCH
from kerasdc.models.bases.parts import must_adapt
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.summary import summarize
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.frames import column_names
from kerasdc.utils.inputs import to_array
from kerasdc.utils.lookups import is_auto
from kerasdc.utils.progress import checked_verbose
from kerasdc.utils.refusals import reject_labels
from kerasdc.utils.sampled_rows import MOST_SEARCHED

PRETRAIN_STEPS, FIT_STEPS = 2000, 1500
PRETRAIN_RATE, FIT_RATE = 1e-2, 1e-3
PRETRAIN_SHARE = 0.5  # of the time, if it is limited
SEARCH_SHARE = 0.75  # at the end of the search for a partition
LEAST_AGREEMENT = 0.9  # of the network with the partition that it learns


def cluster(
    x,
    num_clusters=None,
    y=None,
    preprocessor="auto",
    encoder="auto",
    augmentation="auto",
    shifts="auto",
    method="auto",
    num_neighbors="auto",
    pretrain_steps=PRETRAIN_STEPS,
    fit_steps=FIT_STEPS,
    impute=None,
    max_minutes=None,
    max_samples=MOST_SEARCHED,
    min_certainty=0.0,
    ids=None,
    seed=0,
    verbose="auto",
):
    """Clusters data of any kind, and fits a network that does so, too.

    Looks at the data and chooses the preprocessing, the network and its
    training by rules that are the same for all data; `print` the result to
    see them. See `NeighborClustering` for what is trained.

    Args:
        x: Rows of numbers, frame, sparse matrix, images `(n, height, width)`
            or with channels, series `(n, steps, channels)` of up to 8
            channels, texts, or a dataset of these; what is large stays on
            disk, as in `fit`. Columns
            of words of a frame become columns of 0 and 1, one for each of up
            to 20 words.
        num_clusters: Integer, or a sequence of integers to choose from.
            `None` chooses from 2 to 100.
        y: Must be `None`: labels are used for evaluation only.
        preprocessor: `"standardization"` of columns, `"scaling"` of all by
            one number, `"contrast"` normalization of each sample, `"tf-idf"`
            of texts; or a Keras layer, or `None`. `"auto"` chooses.
        encoder: `"perceptron"`, `"convolutions"`, `"convolutions_1d"`, or a
            `keras.Model` from features to `(batch, dim)`. One that is frozen
            (`trainable=False`) stays as it is: neighbors are looked for in
            its outputs.
        augmentation: `"shift_rotation"`, a Keras layer, or `None`.
        shifts: Boolean, whether neighbors of images are looked for among
            copies shifted by one pixel, too. `"auto"` does so for images of
            at least 16 by 16 pixels.
        method: `"consensus"` or `"linkage"`; see `NeighborClustering`.
            `"auto"` takes the latter for these images.
        num_neighbors: Integer, of each sample in the graph. `"auto"` is 7
            where images may be shifted, else 10.
        pretrain_steps: Integer, steps of 1,024 edges.
        fit_steps: Integer, steps of 256 samples; at least one pass.
        impute: `"mean"` or `"median"` of a column, of words the most frequent
            one, in place of what is missing in a table. `None` refuses gaps.
        max_minutes: Optional float above 0. Trainings end earlier, so that
            all stays below about that.
        max_samples: Integer: of more samples, that many are drawn at random
            to train on, and all are assigned. `None` takes all; see
            `NeighborClustering.compile`.
        min_certainty: As in `kerasdc.summarize`.
        ids: As in `kerasdc.summarize`.
        seed: Optional integer, of all draws and weights.
        verbose: 0 shows nothing; 1 or `"auto"` shows bars.

    Returns:
        `Clustering`: the model, a summary, and all that was chosen.

    Raises:
        ValueError: If `x` or an argument is not usable.

    Example:

    >>> x = kerasdc.datasets.load("digits").x[:100]
    >>> short = {"pretrain_steps": 10, "fit_steps": 10, "verbose": 0}
    >>> result = kerasdc.cluster(x, 10, **short)
    >>> result.labels.shape
    (100,)
    """
    reject_labels(y)
    seed = checked_seed(seed)
    if max_minutes is not None:
        checked_number("max_minutes", max_minutes, above=True)
    budget = Budget(max_minutes)
    verbose = checked_verbose(verbose)
    x, table = encode_table(x, impute)
    array = to_array(x, allow_text=True)
    x = array if column_names(x) is None else x  # what was read is kept
    given = {
        "preprocessor": preprocessor,
        "encoder": encoder,
        "augmentation": augmentation,
        "shifts": shifts,
        "method": method,
        "num_neighbors": num_neighbors,
    }
    choices, layers = chosen_parts(array, given, seed)
    run = _Run(x, layers, budget, seed, verbose, max_samples)
    steps = checked_count("pretrain_steps", pretrain_steps, 0)
    selection = None
    if num_clusters is None or np.ndim(num_clusters):
        first, prepared = run.pretrained(2, steps)
        selection = run.selection(first, prepared, num_clusters)
        model, prepared = run.pretrained(selection.best, 0, first)
    else:
        num_clusters = checked_count("num_clusters", num_clusters)
        check_distinct(array, num_clusters)
        model, prepared = run.pretrained(num_clusters, steps)
    run.train(model, prepared, checked_count("fit_steps", fit_steps))
    summary = summarize(model, x, ids=ids, min_certainty=min_certainty)
    learned = summary.most_probable
    if len(learned) > len(prepared):
        learned = model.assign(prepared)
    agreement = float(np.mean(learned == model.partition))
    _warn_of_disagreement(agreement)
    return Clustering(
        model,
        summary,
        choices,
        selection,
        dict(model.partition_scores),
        agreement,
        budget.elapsed(),
        table,
    )


def chosen_parts(array, given, seed):
    """What is done with the data, as names and as what they stand for.

    Args:
        array: Array `(n, ...)`, or texts as objects `(n,)`.
        given: Dictionary: arguments of `cluster` by the names of `Choices`.
        seed: Integer or `None`.

    Returns:
        Tuple of `Choices` and a dictionary of the model's arguments.
    """
    choices = choose(array)
    chosen = {
        name: getattr(choices, name) if is_auto(value) else value
        for name, value in given.items()
    }
    shown = {name: getattr(v, "name", v) for name, v in chosen.items()}
    choices = dataclasses.replace(choices, **shown)
    if isinstance(chosen["preprocessor"], str):
        chosen["preprocessor"] = preprocessor_of(chosen["preprocessor"])
    if isinstance(chosen["augmentation"], str):
        chosen["augmentation"] = augmentation_of(chosen["augmentation"], seed)
    if isinstance(chosen["encoder"], str):
        shape = _features_shape(array, chosen["preprocessor"])
        with drawing_from(seed):
            chosen["encoder"] = encoder_of(chosen["encoder"], shape)
    return choices, chosen


def _features_shape(array, preprocessor):
    """Of one sample, after the preprocessor, which may be adapted here."""
    if array.dtype == object and must_adapt(preprocessor):
        preprocessor.adapt(array)
    shape = (None, *array.shape[1:])
    if preprocessor is not None:
        shape = preprocessor.compute_output_shape(shape)
    return tuple(shape[1:])


def pretrain_batch(num_samples):
    """Samples of a step of the embedding's training, two to each edge.

    Args:
        num_samples: Integer, of all the data.

    Returns:
        Integer, at most 2,048: few samples have few edges.
    """
    return int(np.clip(4 * num_samples, 64, LARGE_BATCH))


def _warn_of_disagreement(agreement):
    if agreement < LEAST_AGREEMENT:
        warnings.warn(
            f"The network has learned {agreement:.0%} of the partition "
            "only: use more `fit_steps`, or a larger encoder.",
            stacklevel=3,
        )


class _Run:
    """The stages of one call, with what they share."""

    def __init__(self, x, layers, budget, seed, verbose, max_samples):
        self.x, self.layers, self.budget = x, layers, budget
        self.seed, self.verbose = seed, verbose
        self.max_samples = max_samples

    def pretrained(self, num_clusters, num_steps, first=None):
        """A model whose encoder is trained, by itself or by `first`.

        The data come with it, as it has prepared them, once.
        """
        model = NeighborClustering(num_clusters, seed=self.seed, **self.layers)
        rate = keras.optimizers.schedules.CosineDecay(
            PRETRAIN_RATE, max(num_steps, 1)
        )
        model.compile(
            pretrain_optimizer=keras.optimizers.Adam(rate),
            max_samples=self.max_samples,
        )
        if first is not None:
            model.share_adapted(first)
        x = model.prepare(self.x)
        if model.is_frozen:
            return model, x
        stage = self._stage("neighbors", num_steps, PRETRAIN_SHARE)
        model.pretrain(
            x,
            epochs=-(-num_steps // STEPS_PER_EPOCH),
            batch_size=pretrain_batch(len(x)),
            steps_per_epoch=min(STEPS_PER_EPOCH, max(num_steps, 1)),
            callbacks=[stage],
            verbose=0,
        )
        return model, x

    def selection(self, model, x, numbers):
        """The number of clusters; of the features and the embedding."""
        embedding = model.embed(x)
        spaces = {"features": model.graph_features(x), "embedding": embedding}
        return select_num_clusters(
            model.graph_of(x),
            spaces,
            embedding,
            numbers,
            euclidean=("embedding",),
            seed=self.seed,
        )

    def train(self, model, x, num_steps):
        """Finds the partition, and trains the classifier."""
        deadline = self.budget.deadline(SEARCH_SHARE)
        model.adapt(x, callbacks=[Stage("points", 0, deadline, verbose=0)])
        in_epoch = model.steps_per_epoch(len(x), model.default_batch_size)
        epochs = -(-num_steps // in_epoch)
        num_steps = epochs * in_epoch
        rate = keras.optimizers.schedules.CosineDecay(FIT_RATE, num_steps)
        optimizer = keras.optimizers.Adam(rate)
        model.compile(optimizer, max_samples=self.max_samples)
        stage = self._stage("clusters", num_steps, 1.0)
        model.fit(x, epochs=epochs, callbacks=[stage], verbose=0)

    def _stage(self, name, num_steps, share):
        deadline = self.budget.deadline(share)
        return Stage(name, num_steps, deadline, self.verbose)
