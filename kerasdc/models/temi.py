"""Teacher ensemble-weighted pointwise mutual information (TEMI)."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.algorithms.neighbors import cosine_neighbors
from kerasdc.layers import ClusterHeads
from kerasdc.layers.adaptable import add_state
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.sampled_training import SampledTraining
from kerasdc.targets import PairedBatches
from kerasdc.targets import all_features
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.inputs import fingerprint

_LOSS_MOMENTUM = 0.99  # of the heads' losses, by which one is chosen


@system("temi")
class TEMI(SampledTraining, DiscriminativeModel):
    """Clusters of frozen features, by heads that teach themselves.

    A sample and one of its nearest neighbors in the space of a pretrained
    encoder mostly are of one class. Several heads learn clusters of which
    such pairs tell each other most. The teacher of each head is the moving
    average of its weights, and pairs count as much as all teachers together
    find them to be of one cluster. `predict` asks the teacher of the head
    whose loss has become the lowest; no labels are used.

    Reference:

    - [Adaloglou et al., 2023](https://arxiv.org/abs/2303.17896), Exploring the
      Limits of Deep Image Clustering using Pretrained Models.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`, usually pretrained, and frozen by
            `encoder.trainable = False`: then neighbors are looked for among
            its outputs. One that is not frozen is trained, too, and neighbors
            are those of its inputs. `None` takes samples as the features.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1. `None` takes
            inputs as they are.
        augmentation: Optional layer that distorts what the encoder takes, in
            training.
        num_heads: Integer, at least 1.
        units: Widths of the heads' hidden layers, of SiLU units. Without any,
            heads are linear.
        shared: Boolean. Whether all heads have these layers in common; as in
            the paper, each has its own otherwise, which takes longer.
        num_neighbors: Integer, at least 1, by the cosine. At most as many as
            half the samples of a cluster of mean size: among more, most would
            be of other classes.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Attributes:
        best_head: Integer, which head `predict` asks.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.TEMI(num_clusters=3)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=50, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    default_batch_size = 512  # pairs
    compares_batch = False
    terms = ("agreement",)
    compile_arguments = ("beta", "momentum", "marginal_momentum")
    beta, momentum, marginal_momentum = 0.6, 0.996, 0.9  # until compiled
    _known_neighbors = (None, None)  # of the data with a fingerprint

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        num_heads=16,
        units=(512,),
        shared=True,
        num_neighbors=50,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.num_neighbors = checked_count("num_neighbors", num_neighbors)
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        sizes = (self.num_clusters, num_heads, units, shared)
        self.heads = ClusterHeads(*sizes, dtype="float32", name="heads")
        self.add_terms()

    # === Functional Model ===

    def default_networks(self, shape):
        return networks.normalized_mlp_encoder(shape, units=()), None

    def build_head(self, input_shape):
        self.heads.build(input_shape)
        num_heads, k = self.heads.num_heads, self.num_clusters
        even = keras.initializers.Constant(1 / k)
        self.marginals = add_state(self, "marginals", even, (num_heads, k))
        self.head_losses = add_state(self, "head_losses", "zeros", (num_heads,))
        self.add_fitted_flag()

    def call(self, x, training=False):
        if not training:
            return super().call(x)
        self.heads.average(self.momentum)
        return self._predictions(x, training)

    def logits(self, features, training=False):
        z = self.encoder(features, training=training)
        best = ops.argmin(self.head_losses)
        return ops.take(self.heads(z, averaged=True), best, axis=1)

    def _predictions(self, x, training):
        """Soft assignments `(batch, num_heads, num_clusters)`, of both."""
        z = self.encoder(self.features(x, training), training=training)
        student = self.soft_assignment(self.heads(z))
        teacher = self.soft_assignment(self.heads(z, averaged=True))
        return {"student": student, "teacher": ops.stop_gradient(teacher)}

    @property
    def best_head(self):
        return int(ops.argmin(self.head_losses))

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        beta=0.6,
        momentum=0.996,
        marginal_momentum=0.9,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the paper's Adam(0.0001).
            beta: Float above 0, up to 1: see
                `kerasdc.losses.pointwise_information`.
            momentum: Float from 0, below 1, of the teachers; less in the
                first steps, see `kerasdc.layers.ClusterHeads`.
            marginal_momentum: Float from 0, below 1, of the teachers' mean
                assignments.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        self.beta = checked_number("beta", beta, 0, 1, above=True)
        self.momentum = checked_number("momentum", momentum, 0, 1, below=True)
        self.marginal_momentum = checked_number(
            "marginal_momentum", marginal_momentum, 0, 1, below=True
        )
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(1e-4)

    def training_batches(self, x, batch_size, shuffle=True):
        neighbors = self._neighbors_of(x)
        self._known_neighbors = (fingerprint(x), neighbors)
        return PairedBatches(
            x,
            neighbors,
            batch_size,
            # Passes go on in the next epoch: all batches are whole.
            steps_per_epoch=-(-len(x) // batch_size),
            drop_remainder=True,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )

    def scored_batches(self, x, batch_size):
        """All samples, each with the same neighbor every time."""
        neighbors = self._neighbors_of(x)
        return PairedBatches(x, neighbors, batch_size, shuffle=False)

    def share_adapted(self, other):
        self._known_neighbors = other._known_neighbors

    def _neighbors_of(self, x):
        """Indices `(n, k)` of neighbors among the same samples."""
        if self._known_neighbors[0] == fingerprint(x):
            return self._known_neighbors[1]
        most = max(len(x) // (2 * self.num_clusters), 1)
        if self.encoder.trainable_weights:
            features = all_features(x, self.preprocessor)
        else:
            features = self.latent(x)
        return cosine_neighbors(features, min(self.num_neighbors, most))

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """Minus the weighted information of pairs, the mean over heads.

        `-w/2 (log sum_c (q_s(c|x) q_t(c|x'))^beta / q_t(c) + ...)`, where x
        and x' change places in the second term, q_s is the student's, q_t the
        teacher's assignment, and w the teachers' mean `sum_c q_t(c|x)
        q_t(c|x')`: section 3 of the paper.
        """
        if not training:
            y_pred = self._predictions(x, training)
        first, second = (_every_second(y_pred, i) for i in (0, 1))
        if training:
            shares = ops.mean(y_pred["teacher"], axis=0)
            _move(self.marginals, shares, self.marginal_momentum)
        agreement = losses.pair_agreement(first["teacher"], second["teacher"])
        weight = ops.mean(agreement, axis=1)
        self.report(weight, agreement=ops.mean(weight))
        information = self._information(first["student"], second["teacher"])
        information += self._information(second["student"], first["teacher"])
        loss = -0.5 * weight[:, None] * information
        if training:
            _move(self.head_losses, ops.mean(loss, axis=0), _LOSS_MOMENTUM)
        return {"information": loss}

    def _information(self, student, teacher):
        return losses.pointwise_information(
            student, teacher, self.marginals, self.beta
        )

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """The loss of the best teacher, of all samples and neighbors."""
        self._check_fitted()
        x = self.as_inputs(x)
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        shares, found = np.mean(q, axis=0), []
        for column in self._neighbors_of(x).T:
            pairs = q, q[column]
            information = losses.pointwise_information(
                *pairs, shares, self.beta
            )
            weight = losses.pair_agreement(*pairs)
            found.append(float(ops.mean(weight * information)))
        return -float(np.mean(found))

    # === Config ===

    def get_config(self):
        heads = self.heads.get_config()
        own = {name: heads[name] for name in ("num_heads", "units", "shared")}
        own["num_neighbors"] = self.num_neighbors
        return {**super().get_config(), **own}


def _every_second(assignments, start):
    """Of the first or the second samples of pairs, which come by turns."""
    return {name: q[start::2] for name, q in assignments.items()}


def _move(average, value, momentum):
    value = ops.stop_gradient(value)
    average.assign(momentum * average + (1.0 - momentum) * value)
