"""The embedding network: an autoencoder, and t-SNE on its latent."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.callbacks import Adapt
from kerasdc.callbacks.lists import with_first
from kerasdc.cluster.centers import center_search
from kerasdc.layers import ClusteringLayer
from kerasdc.metrics import matched_clusters
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.parts import check_network
from kerasdc.models.bases.parts import check_shape
from kerasdc.models.bases.probabilistic import ProbabilisticModel
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import WholePass
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed

_WEIGHT = 0.01  # of the similarities, for the encoder


@keras.saving.register_keras_serializable(package="kerasdc")
class EmbeddingNetwork(ProbabilisticModel, ClusteringModel):
    """Embedding network: pulls apart what an autoencoder has found.

    A second network maps the autoencoder's latent z to an embedding h. It
    learns to keep neighbors: similarities of points in h, by Student's t
    kernel with one degree of freedom, follow those in z, by a kernel with so
    many that neighbors alone count. The encoder follows a little, while the
    autoencoder goes on learning to reconstruct. k-means finds the clusters
    in h.

    `fit` runs both trainings, `pretrain` (the autoencoder) left out where it
    was done, and then `adapt` (k-means). No label chooses an epoch (in the
    original code, labels did).

    Reference:

    - Dahal, 2018, Learning Embedding Space for Clustering From Deep
      Representations.
    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes 500-500-2000-10 when data is first
            seen.
        decoder: `keras.Model` from there to samples; comes and is left out
            with the encoder.
        embedding: Optional `keras.Model` from `(batch, dim)` to the
            embedding; needs its encoder. `None` makes 2000-500-500-500-dim.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the largest feature to 1 for a Bernoulli
            decoder, the mean squared feature to 1 for a Gaussian one. `None`
            takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
            Similarities in z are then those of clean samples.
        likelihood: `"bernoulli"` for features from 0 to 1, such as pixels, or
            `"gaussian"`; see `kerasdc.losses.likelihoods`.
        seed: Optional integer for k-means. `None` follows
            `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.EmbeddingNetwork(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    smallest_batch = 3  # of two, each is all that the other can be near
    objective_name = "loss of the embedding network"
    _parts = (*ProbabilisticModel._parts, "embedding")

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        embedding=None,
        preprocessor="auto",
        augmentation=None,
        likelihood="gaussian",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        if embedding is not None and encoder is None:
            raise ValueError(
                "An `embedding` needs its `encoder`. Received: encoder=None"
            )
        self.clustering = ClusteringLayer(num_clusters, name="clustering")
        self.clustering.trainable = False  # k-means sets the centers
        self.num_clusters = self.clustering.num_clusters
        self.set_probabilistic_networks(
            encoder, decoder, preprocessor, augmentation, likelihood
        )
        self.embedding = embedding
        self.seed = checked_seed(seed)
        self._settings = {
            "similarity_weight": _WEIGHT,
            "conditional": True,
            "summed": True,
            "method": "kmeans",
        }
        self._terms = {
            name: keras.metrics.Mean(name=name)
            for name in ("reconstruction", "similarity")
        }

    # === Functional Model ===

    def build(self, input_shape):
        self.build_networks(input_shape)
        if self.embedding is None:
            dim = self.encoder.output_shape[-1]
            self.embedding = networks.embedding_mlp(dim)
        self.clustering.build(self.embedding.output_shape)
        self.add_pretrained_flag()

    def check_networks(self):
        if self.embedding is not None:
            latent_shape = self.encoder.output_shape[1:]
            check_network("embedding", self.embedding, latent_shape)
            check_shape(self.embedding, "input", latent_shape)
            check_shape(self.embedding, "output", (None,))

    def call(self, x, training=False):
        z = self.encoder(self.features(x), training=training)
        return self.clustering(self.embedding(z, training=training))

    @property
    def adapted(self):
        """Whether the cluster centers were set (kept when saved)."""
        return self.clustering.adapted

    def forget_clusters(self):
        """Makes the model look for cluster centers again."""
        self.clustering.forget()

    # === What users ask of a fitted model ===

    def embed(self, x, batch_size=1024, verbose=0):
        """The embedding h.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, dim)`.
        """
        z = self.latent(x, batch_size, verbose)
        return self.embedding.predict(z, batch_size, verbose=verbose)

    def export_signatures(self):
        """`embed` gives h; see `kerasdc.export.signatures`."""

        def embed(inputs):
            z = self.encoder(self.features(inputs))
            return {"embedding": ops.cast(self.embedding(z), "float32")}

        return {"embed": embed}

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        similarity_weight=_WEIGHT,
        conditional=True,
        summed=True,
        method="kmeans",
        **kwargs,
    ):
        """Configures both trainings; similarities count as in the original.

        Args:
            optimizer: Keras optimizer of the joint stage. `"auto"` is Adam
                with a learning rate of 0.001.
            similarity_weight: Float, at least 0: weight of the similarities'
                loss for the encoder. For the embedding it is 1.
            conditional: Boolean. `True` compares the probabilities of the
                second point of a pair given the first, as the original code:
                every sample counts as much. `False` compares joint ones, as
                its paper: most of them lie where samples are dense.
            summed: Boolean. `True` sums conditional cross-entropies over the
                batch, as the original code; `False` takes their mean, which
                needs a larger `similarity_weight`. Joint ones are one sum in
                any case.
            method: `"kmeans"`, as the paper, or `"merged_kmeans"`, for
                clusters of very unequal size: how `fit` and `adapt` find
                clusters in the embedding; see `ClusteringLayer.adapt`.
            **kwargs: Further arguments of `ProbabilisticModel.compile`, of
                `PretrainedModel.compile` (`pretrain_optimizer`), and of
                `keras.Model.compile`. For its `reconstruction_loss`, a mean
                over features, the original has
                `kerasdc.losses.summed_binary_crossentropy`, on whose sum
                plain gradient descent rests.

        Raises:
            ValueError: If `similarity_weight` is out of its range, a switch no
                boolean, or `method` unknown.
        """
        center_search(method)
        self._settings = {
            "similarity_weight": checked_number(
                "similarity_weight", similarity_weight
            ),
            "conditional": checked_flag("conditional", conditional),
            "summed": checked_flag("summed", summed),
            "method": method,
        }
        super().compile(optimizer=optimizer, **kwargs)

    def adapt(self, x, seed=None, previous=None, **kwargs):
        """Sets the cluster centers in the embedding, by the `method` compiled.

        Args:
            x: Samples.
            seed: Optional integer; `None` takes the model's.
            previous: Optional integer array `(n,)` of earlier assignments:
                clusters take the numbers of those whose samples they hold.
            **kwargs: `initial_centers`, `method`, `num_restarts` and
                `verbose` of `ClusteringLayer.adapt`.

        Returns:
            Integer array `(n,)` of assignments.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        kwargs.setdefault("method", self._settings["method"])
        h = self.embed(x)
        assignments = self.clustering.adapt(h, seed=seed, **kwargs)
        if previous is None:
            return assignments
        order = matched_clusters(previous, assignments, self.num_clusters)
        centers = ops.convert_to_numpy(self.clustering.centers)[order]
        return self.clustering.adapt(h, initial_centers=centers)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=50,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        initial_epoch=0,
        validation_freq=1,
    ):
        """Trains both networks, then finds the clusters.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`, which is read into memory.
            y: Must be `None`. Labels only ever report: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer, at least 3: who is near to whom is told within
                a batch. What is left of a pass, too few for a batch, is left
                out of that pass. `None` takes 256.
            epochs: Integer, passes over the data in the joint stage.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of the joint stage. Clusters are looked
                for at the end of every epoch, so that they can report (to a
                `keras.callbacks.CallbackList` nothing is added).
            validation_data: Optional samples on which the loss is reported.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The joint stage's `History`: the loss and its terms
            `reconstruction` and `similarity`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` is not usable.
        """
        x, batch_size, epochs = self._begin_fit(
            x, y, batch_size, epochs, callbacks, initial_epoch, validation_freq
        )
        validation_data = self._validation_batches(validation_data, batch_size)
        if not self.pretrained:
            self.pretrain(x, batch_size=batch_size, verbose=verbose)
        batches = ShuffledBatches(
            x,
            np.zeros(len(x), "float32"),  # there is no target
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
            drop_remainder=True,
        )
        clusters = Adapt(x)
        history = self._fit_batches(
            batches,
            with_first(clusters, callbacks),
            epochs=epochs,
            verbose=verbose,
            validation_data=validation_data,
            initial_epoch=initial_epoch,
            validation_freq=validation_freq,
        )
        if not clusters.finished:  # such as by EarlyStopping
            previous = clusters.assignments
            if previous is None and self.adapted:
                previous = self.assign(x)
            self.adapt(x, previous=previous)
        return history

    def _scored_batches(self, x, batch_size):
        batch_size = self._checked_batch_size(batch_size)
        _check_pairs(x)
        return WholePass(x, np.zeros(len(x), "float32"), batch_size)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Reconstruction and similarities: each where the paper sends it.

        Args:
            x: Tensor of raw inputs.
            y: Not used.
            y_pred: Not used.
            sample_weight: Not used.
            training: Boolean. `True` augments.

        Returns:
            Scalar tensor. Its gradient reaches the decoder from the
            reconstruction, the embedding from the similarities, and the
            encoder from both, from the latter by `similarity_weight`.
        """
        features = clean = self.features(x, training)
        if training and self.augmentation is not None:
            clean = self.features(x)
        terms = self._loss_terms(features, clean, training)
        self._record(terms, x)
        return sum(terms.values())

    def _loss_terms(self, features, clean, training):
        z = self.encoder(features, training=training)
        outputs = self.decoder(z, training=training)
        reconstruction = -self.likelihood.log_prob(features, outputs)
        # The same point, of which a share of the gradient comes through.
        weight = self._settings["similarity_weight"]
        fixed = ops.stop_gradient(z)
        z = fixed + weight * (z - fixed)
        h = self.embedding(z, training=training)
        if clean is not features:
            # What augmented samples are to learn: no gradient comes of it.
            z = ops.stop_gradient(self.encoder(clean, training=training))
        return {
            "reconstruction": ops.mean(reconstruction),
            "similarity": self._similarity_loss(z, h),
        }

    def _similarity_loss(self, z, h):
        conditional = self._settings["conditional"]
        log_p = losses.log_student_t_similarities(
            z, 2.0 * z.shape[-1], conditional
        )
        log_q = losses.log_student_t_similarities(h, 1.0, conditional)
        loss = losses.similarity_cross_entropy(ops.exp(log_p), log_q)
        if conditional and not self._settings["summed"]:
            loss = loss / ops.cast(ops.shape(z)[0], "float32")
        return loss

    def objective(self, x, batch_size=1024):
        """The loss of all batches, of clean samples; see `ClusteringModel`."""
        self._check_ready()
        batches = self._scored_batches(self.as_inputs(x), batch_size)
        total = 0.0
        for batch, _ in batches:
            features = self.features(batch)
            terms = self._loss_terms(features, features, training=False)
            total += len(batch) * float(sum(terms.values()))
        return total / len(batches.x)

    # === Checks ===

    def _check_enough(self, array):
        super()._check_enough(array)
        _check_pairs(array)

    def _check_ready(self):
        missing = None
        if not self.built:
            missing = "built=False"
        elif self._preprocessor_must_adapt():
            missing = "a preprocessor that is not adapted"
        if missing:
            raise ValueError(
                f"This {type(self).__name__} has seen no data yet: call "
                f"`pretrain(x)` or `fit(x)` first. Received: {missing}"
            )


def _check_pairs(x):
    if len(x) < 2:
        raise ValueError(
            "Similarities are of pairs: `x` must hold at least 2 samples. "
            f"Received: {len(x)} samples"
        )
