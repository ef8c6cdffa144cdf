"""A fitted model whose clusters were merged, split or named afterwards."""

import keras
from keras import ops

from kerasdc.models.bases.cluster_edits import applied
from kerasdc.models.bases.cluster_edits import checked_cluster
from kerasdc.models.bases.cluster_edits import checked_edit
from kerasdc.models.bases.cluster_edits import checked_names
from kerasdc.models.bases.cluster_edits import plain
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.utils.arguments import shown


@keras.saving.register_keras_serializable(package="kerasdc")
class EditedClusters(ClusteringModel):
    """A fitted model, and what was changed about its clusters since.

    It is used, saved, loaded and exported like the model it holds, but for
    training: `model` is what `fit` trains. Ids stay as they are:

    - of two merged clusters, the smaller id stands for both, and its soft
      assignment is the sum of both; the other id no longer occurs, its
      column is 0;
    - of a cluster that was split, the piece with the smallest id keeps the
      cluster's, the others get new ids at the end. A sample gives its whole
      soft assignment to the piece with the nearest center, so that no sample
      of another cluster changes, and none leaves the pieces.

    `kerasdc.summarize` and `kerasdc.align` make such models. An object does
    not change: the methods return another one, with the same `model`.

    Args:
        model: A built `ClusteringModel`.
        edits: List of dictionaries, in their order: `{"merge": [a, b]}`;
            `{"split": cluster, "centers": centers}` with floats
            `(num_pieces, dim)` in the embedding; or `{"renumber": ids}` with
            a new id for each of `cluster_ids`.
        names: Dictionary from ids to names; others are not named.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Raises:
        ValueError: If `model` is something else or not built, or an edit is
            of a cluster that does not exist.

    Example:

    >>> model = kerasdc.load("dec_digits")
    >>> images = kerasdc.datasets.load("digits").x[:100]
    >>> edited = kerasdc.models.EditedClusters(model).merged(2, 5)
    >>> (edited.assign(images) == 5).sum()
    0
    """

    parts = ("model",)

    def __init__(self, model, edits=(), names=None, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # raw inputs reach the preprocessor exactly
        self.model = _checked_model(model)
        self.seed = None
        self.feature_names = model.feature_names
        ids, edits = list(range(model.num_clusters)), list(edits)
        self.num_clusters = model.num_clusters
        self._edits = []
        for edit in edits:
            edit, ids, self.num_clusters = checked_edit(
                edit, ids, self.num_clusters
            )
            self._edits.append(edit)
        self.cluster_ids = tuple(ids)
        self.cluster_names = checked_names(names or {}, ids)
        self.build(model.get_build_config()["input_shape"])

    @classmethod
    def of(cls, model):
        """The model itself, if it is one of these, or one without edits.

        Args:
            model: A built `ClusteringModel`.

        Returns:
            `EditedClusters`.
        """
        return model if isinstance(model, cls) else cls(model)

    # === Edits ===

    def merged(self, a, b):
        """This model with two of its clusters as one.

        Args:
            a, b: Integers, ids of two clusters. The smaller one is kept, and
                its name, or else that of the other.

        Returns:
            `EditedClusters`.

        Raises:
            ValueError: If they are not two clusters of `cluster_ids`.
        """
        names = dict(self.cluster_names)
        model = self._with({"merge": [a, b]}, {})
        kept, gone = sorted([int(a), int(b)])
        name_of_gone = names.pop(gone, None)
        if name_of_gone is not None:
            names.setdefault(kept, name_of_gone)
        return model._with(None, names)

    def divided(self, cluster, centers):
        """This model with a cluster in pieces.

        Args:
            cluster: Integer, an id.
            centers: Floats `(num_pieces, dim)` in the embedding, at least
                two. The first piece keeps the id.

        Returns:
            `EditedClusters`.

        Raises:
            ValueError: If there is no such cluster, or the centers are not of
                this shape and finite.
        """
        edit = {"split": cluster, "centers": centers}
        return self._with(edit, self.cluster_names)

    def renamed(self, cluster, name):
        """This model with a name for a cluster.

        Args:
            cluster: Integer, an id.
            name: String, not empty.

        Returns:
            `EditedClusters`.

        Raises:
            ValueError: If there is no such cluster, or the name is none.
        """
        cluster = checked_cluster("cluster", cluster, self.cluster_ids)
        return self._with(None, {**self.cluster_names, cluster: name})

    def renumbered(self, new_ids):
        """This model with other ids; see `kerasdc.align`.

        Args:
            new_ids: Dictionary from each id to its new one, an integer of at
                least 0. Names stay with their clusters.

        Returns:
            `EditedClusters`.

        Raises:
            ValueError: If it is not a dictionary from all `cluster_ids`, or
                two would get the same id.
        """
        if not isinstance(new_ids, dict) or set(new_ids) != set(
            self.cluster_ids
        ):
            raise ValueError(
                "`new_ids` must have a new id for each of the clusters "
                f"{shown(list(self.cluster_ids))[1:-1]}. "
                f"Received: new_ids={shown(new_ids)}"
            )
        edit = {"renumber": [new_ids[i] for i in self.cluster_ids]}
        names = {new_ids[i]: name for i, name in self.cluster_names.items()}
        return self._with(edit, names)

    def _with(self, edit, names):
        edits = [*self._edits, *([] if edit is None else [edit])]
        return type(self)(self.model, edits, names, name=self.name)

    def edited(self, soft_assignment, embedding):
        """What the edits make of the model's soft assignments.

        Args:
            soft_assignment: Floats `(n, model.num_clusters)`.
            embedding: Floats `(n, dim)`. Only needed by pieces.

        Returns:
            Tensor `(n, num_clusters)`, whose rows have the same sums.
        """
        q = ops.cast(soft_assignment, "float32")
        for edit in self._edits:
            q = applied(edit, q, embedding)
        return q

    # === Outputs ===

    def _build_parts(self, input_shape):
        self._sample_shape = tuple(input_shape[1:])

    def call(self, x, training=False):
        q = self.model(x, training=False)
        if not any("split" in edit for edit in self._edits):
            return self.edited(q, None)
        z = self.model.embedding_of(self.model.features(x))
        return self.edited(q, z)

    def export_signatures(self):
        """Those of `model`, and `name` of `cluster`: see `export`.

        Ids of clusters that `model`'s own signatures take are its own.

        Returns:
            Dict from names to signatures.
        """
        own = getattr(self.model, "export_signatures", dict)()
        if not self.cluster_names:
            return own
        spec = keras.InputSpec(shape=(None,), dtype="int32", name="cluster")
        return {**own, "name": (self._served_names, [spec])}

    def _served_names(self, clusters):
        import tensorflow as tf

        names = [self.cluster_names.get(i, str(i)) for i in self.cluster_ids]
        keys = tf.constant(self.cluster_ids, "int32")
        # Ids that do not exist, such as that of a sample with NaN: "".
        equal = tf.cast(clusters[:, None] == keys, "int32")
        rows = tf.argmax(equal, axis=1) + 1
        rows = tf.where(tf.reduce_any(equal > 0, axis=1), rows, 0)
        return {"name": tf.gather(tf.constant(["", *names]), rows)}

    def embed(self, x, batch_size=1024, verbose=0, out=None):
        return self.model.embed(x, batch_size, verbose, out)

    def embedding_of(self, features):
        return self.model.embedding_of(features)

    def latent(self, x, batch_size=1024, verbose=0):
        return self.model.latent(x, batch_size, verbose)

    def reconstruct(self, x, batch_size=1024, verbose=0):
        return self.model.reconstruct(x, batch_size, verbose)

    def raw_samples(self, outputs):
        return self.model.raw_samples(outputs)

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """That of `model`, which edits do not change."""
        return self.model.objective(x, batch_size)

    # === What is the model's ===

    @property
    def adapted(self):
        """Whether `model` has clusters."""
        return self.model.adapted

    @property
    def encoder(self):
        return self.model.encoder

    @property
    def decoder(self):
        return self.model.decoder

    @property
    def preprocessor(self):
        return self.model.preprocessor

    @property
    def augmentation(self):
        return self.model.augmentation

    @property
    def input_range(self):
        return self.model.input_range

    def _check_compiled(self, verb):
        raise ValueError(
            "Clusters were edited after the training. To train further, call "
            f"`model.{verb}` of the model inside; the edits stay. "
            f"Received: a call of `{verb}` of {type(self).__name__}"
        )

    # === Config ===

    def get_config(self):
        config = super().get_config()
        own = ("num_clusters", "seed")
        config = {k: v for k, v in config.items() if k not in own}
        names = {str(k): v for k, v in self.cluster_names.items()}
        edits = [plain(edit) for edit in self._edits]
        return {**config, "edits": edits, "names": names}


def _checked_model(model):
    if not isinstance(model, ClusteringModel) or not model.built:
        raise ValueError(
            "`model` must be a fitted model of clusters, such as DEC. "
            f"Received: model of type {type(model).__name__}"
        )
    return model
