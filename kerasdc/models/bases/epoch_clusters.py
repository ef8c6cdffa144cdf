"""Models whose clusters are looked for after every epoch."""

from keras import ops

from kerasdc.callbacks import Adapt
from kerasdc.metrics import matched_clusters
from kerasdc.models.bases.dec_start import checked_self_training
from kerasdc.models.bases.dec_start import self_train
from kerasdc.models.dec import DEC


class EpochClusters:
    """A mixin of `Pretraining` models whose centers are not trained.

    `adapt` finds them, by the `method` compiled, after every epoch of `fit`,
    and clusters keep their numbers.
    """

    def adapt(self, x, seed=None, previous=None, self_training=None, **kwargs):
        """Sets the cluster centers in the embedding, by the `method` compiled.

        Args:
            x: Samples.
            seed: Optional integer; `None` takes the model's.
            previous: Optional earlier assignments `(n,)`, whose numbers
                clusters keep.
            self_training: Optional dictionary, as in `VaDE.adapt`: the
                autoencoder first learns the clusters of a `DEC`.
            **kwargs: `verbose`; `max_samples` of `AdaptedLayer.adapt_layer`;
                arguments of `ClusteringLayer.adapt`, or, with self-training,
                of `DEC.adapt`, whose `triplet_epochs` replace `pretrain`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`, or `DEC.adapt`; if `fit`
                would pretrain the encoder after its self-training.
        """
        if self_training is not None:
            self_training = checked_self_training(self_training)
            self._check_pretrained(kwargs.get("triplet_epochs", 0))
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        if self_training is not None:
            verbose = kwargs.pop("verbose", 0)
            self_train(DEC, self, x, seed, kwargs, self_training, verbose)
            kwargs = {k: v for k, v in kwargs.items() if k == "max_samples"}
            kwargs["verbose"] = verbose
        kwargs.setdefault("method", self.method)
        h, kwargs = self.searched_points(x, kwargs)
        found = self.clustering.adapt(h, seed=seed, **kwargs)
        found = self.assignments_by(x, h, found)
        if previous is not None:
            order = matched_clusters(previous, found, self.num_clusters)
            centers = ops.take(self.clustering.centers, order, axis=0)
            self.clustering.centers.assign(centers)
        return found if previous is None else order.argsort()[found]

    def _check_pretrained(self, triplet_epochs):
        if not triplet_epochs and not self.pretrained:
            raise ValueError(
                "`fit` would pretrain what self-training has made of the "
                "encoder: call `pretrain` before, or name `triplet_epochs`. "
                "Received: pretrained=False"
            )

    def own_callbacks(self, x, epochs, initial_epoch):
        return [Adapt(x)]

    def finish_fit(self, x, own_callbacks):
        (clusters,) = own_callbacks
        if clusters.finished:
            return
        previous = clusters.assignments  # stopped, such as by EarlyStopping
        if previous is None and self.adapted:
            previous = self.assign(x)
        self.adapt(x, previous=previous)
