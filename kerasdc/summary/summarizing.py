"""`summarize`: what the clusters of a fitted model hold, and edits of them."""

import numpy as np

from kerasdc.algorithms.kmeans import centers_of
from kerasdc.algorithms.kmeans import fit_kmeans
from kerasdc.algorithms.points import check_points
from kerasdc.models import ClusteringModel
from kerasdc.models import EditedClusters
from kerasdc.models.bases.cluster_edits import checked_cluster
from kerasdc.summary.described import NO_CLUSTER
from kerasdc.summary.described import cluster_means
from kerasdc.summary.described import describe
from kerasdc.summary.joining import average_linkage
from kerasdc.summary.shown_tables import Tables
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.frames import column_names
from kerasdc.utils.frames import in_order
from kerasdc.utils.inputs import to_array

_NUM_RESTARTS = 10


def summarize(
    model,
    x,
    ids=None,
    min_certainty=0.0,
    num_exemplars=5,
    num_features=5,
    stop_words="english",
):
    """Summarizes what the clusters of a fitted model hold.

    Args:
        model: Fitted `ClusteringModel`, of any system.
        x: Raw samples, in any form that `model.predict` takes: rows of
            numbers, frames, images, texts.
        ids: Optional sequence of `n` ids or file names. `None` numbers the
            samples from 0.
        min_certainty: Number from 0 to 1. Samples whose certainty, the
            largest soft assignment, is below it are outliers: their label is
            -1.
        num_exemplars: Integer, how many typical and how many uncertain
            samples of each cluster are named.
        num_features: Integer, how many columns or words.
        stop_words: Words of texts that tell nothing: `"english"`, a list, or
            `None`.

    Returns:
        `Summary`.

    Raises:
        ValueError: If the model has no clusters, `x` does not fit it, or an
            argument is not usable.

    Example:

    >>> model = kerasdc.load("dec_digits")
    >>> images = kerasdc.datasets.load("digits").x[:200]
    >>> summary = kerasdc.summarize(model, images)
    >>> len(summary.clusters), summary.labels.shape
    (10, (200,))
    """
    if not isinstance(model, ClusteringModel):
        raise ValueError(
            "`model` must be a fitted model of clusters, such as DEC. "
            f"Received: model of type {type(model).__name__}"
        )
    names = model.feature_names or column_names(x)
    x = to_array(in_order(x, names), allow_text=True, allow_labels=True)
    return Summary(
        model,
        x,
        model.predict(x, batch_size=1024, verbose=0),
        model.embed(x),
        _checked_ids(ids, len(x)),
        names,
        min_certainty,
        checked_count("num_exemplars", num_exemplars),
        checked_count("num_features", num_features),
        stop_words,
    )


class Summary(Tables):
    """What the clusters of a model hold; made by `summarize`.

    `merge`, `split` and `rename` change this object and make another model,
    `summary.model`, which says the same: it is to be saved and exported. The
    model that was passed does not change. Ids of clusters stay what they are.

    Attributes:
        model: The model, with all edits.
        clusters: List of `Cluster`, by ids.
        labels: Integers `(n,)`, the cluster of each sample, -1 for outliers.
        certainty: Floats `(n,)` from 0 to 1, the largest soft assignment.
        most_probable: Integers `(n,)`, the labels without outliers.
        soft_assignment: Floats `(n, model.num_clusters)`.
        embedding: Floats `(n, dim)`.
        ids: Array `(n,)`, of numbers or strings.
        x: Array `(n, ...)`, the raw samples.
        names: Tuple of the columns' names, or `None`.
        min_certainty: Number; see `summarize`, as for all others.
    """

    def __init__(
        self,
        model,
        x,
        soft_assignment,
        embedding,
        ids,
        names=None,
        min_certainty=0.0,
        num_exemplars=5,
        num_features=5,
        stop_words="english",
    ):
        self.model, self.x, self.ids, self.names = model, x, ids, names
        self.num_exemplars, self.num_features = num_exemplars, num_features
        self.stop_words = stop_words
        embedding = np.reshape(embedding, (len(x), -1))
        self.embedding = embedding.astype("float32")
        self._plane = None
        self._original = soft_assignment  # of the model without edits
        if isinstance(model, EditedClusters):
            self._original = model.model.predict(x, 1024, 0)
        self._assign(soft_assignment, min_certainty)

    def _assign(self, soft_assignment, min_certainty):
        self.min_certainty = checked_number(
            "min_certainty", min_certainty, 0, 1
        )
        self.soft_assignment = soft_assignment
        self.most_probable = soft_assignment.argmax(axis=1)
        self.certainty = soft_assignment.max(axis=1)
        certain = self.certainty >= self.min_certainty
        self.labels = np.where(certain, self.most_probable, NO_CLUSTER)
        self.clusters = describe(self)

    @property
    def ids_of_clusters(self):
        """List of integers: the ids that can occur, empty ones included."""
        every = range(self.model.num_clusters)
        return list(getattr(self.model, "cluster_ids", every))

    @property
    def outliers(self):
        """Integer array: the rows of samples that have no cluster."""
        return np.flatnonzero(self.labels == NO_CLUSTER)

    def name_of(self, cluster):
        """The name of a cluster.

        Args:
            cluster: Integer, an id or -1.

        Returns:
            String: the id, if the cluster was not renamed.
        """
        if cluster == NO_CLUSTER:
            return "outlier"
        names = getattr(self.model, "cluster_names", {})
        return names.get(int(cluster), str(cluster))

    # === Outliers ===

    def mark_outliers(self, min_certainty):
        """Takes samples out of their clusters: their label becomes -1.

        Args:
            min_certainty: Number from 0 to 1; those below it.

        Returns:
            This `Summary`.
        """
        self._assign(self.soft_assignment, min_certainty)
        return self

    def reassign(self):
        """Gives outliers back to their most probable clusters.

        Returns:
            This `Summary`, whose `min_certainty` is 0 now.
        """
        return self.mark_outliers(0.0)

    # === Edits ===

    def merge(self, a, b):
        """Makes one cluster of two.

        The smaller id stands for both. Their soft assignments are added, so
        a sample may move to it from a third cluster that was more probable
        than either.

        Args:
            a, b: Integers, ids of clusters.

        Returns:
            This `Summary`.

        Raises:
            ValueError: If they are not two of the clusters.
        """
        return self._use(EditedClusters.of(self.model).merged(a, b))

    def split(self, cluster, num=2, seed=0):
        """Divides a cluster by k-means in the embedding.

        The largest piece keeps the id, the others get new ones at the end.

        Args:
            cluster: Integer, an id.
            num: Integer, at least 2, the number of pieces.
            seed: Integer, of k-means.

        Returns:
            This `Summary`.

        Raises:
            ValueError: If there is no such cluster, or it has fewer distinct
                points in the embedding than pieces.
        """
        cluster = checked_cluster("cluster", cluster, self.ids_of_clusters)
        num = checked_count("num", num, minimum=2)
        z = self.embedding[self.most_probable == cluster]
        if len(z) < num:
            raise ValueError(
                f"A cluster must have at least `num` samples to be split. "
                f"Received: cluster={cluster} of {len(z)} samples, num={num}"
            )
        check_points(z, num)
        kmeans = fit_kmeans(z, num, _NUM_RESTARTS, checked_seed(seed))
        sizes = np.bincount(kmeans.labels_, minlength=num)
        order = np.argsort(-sizes, kind="stable")
        centers = centers_of(kmeans, z)[order]
        model = EditedClusters.of(self.model).divided(cluster, centers)
        return self._use(model)

    def rename(self, cluster, name):
        """Gives a cluster a name. Its id stays.

        Args:
            cluster: Integer, an id.
            name: String, not empty.

        Returns:
            This `Summary`.

        Raises:
            ValueError: If there is no such cluster, or the name is none.
        """
        return self._use(EditedClusters.of(self.model).renamed(cluster, name))

    def _use(self, model):
        q = np.asarray(model.edited(self._original, self.embedding))
        self.model = model
        self._assign(q, self.min_certainty)
        return self

    def hierarchy(self):
        """Average linkage of the clusters in the embedding.

        Returns:
            Float array `(k - 1, 4)`, as SciPy's `linkage` returns it, for
            `scipy.cluster.hierarchy.dendrogram`; leaf `i` is the `i`-th of
            `clusters` that have samples. Clusters weigh as they have samples.

        Raises:
            ValueError: If fewer than two clusters have samples.
        """
        filled = [c for c in self.clusters if c.size]
        if len(filled) < 2:
            raise ValueError(
                "A hierarchy needs at least two clusters with samples. "
                f"Received: {len(filled)}"
            )
        ids = [c.id for c in filled]
        means = cluster_means(self.embedding, self.labels, ids)
        return average_linkage(means, [c.size for c in filled])


def _checked_ids(ids, num_samples):
    if ids is None:
        return np.arange(num_samples)
    ids = list(ids)
    if len(ids) != num_samples:
        raise ValueError(
            "`ids` must have one entry for each sample. "
            f"Received: {len(ids)} ids, {num_samples} samples"
        )
    array = np.asarray(ids)
    same = array.ndim == 1 and len({type(each) for each in ids}) == 1
    # Numbers and texts together would all become texts.
    return array if same else np.array([str(each) for each in ids])
