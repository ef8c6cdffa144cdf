"""Deep embedded clustering (DEC)."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc.layers import ClusteringLayer
from kerasdc.layers import Scaling
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.pretraining import PretrainedModel
from kerasdc.targets import SelfTrainingTargets
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed


@keras.saving.register_keras_serializable(package="kerasdc")
class DEC(PretrainedModel, ClusteringModel):
    """Deep embedded clustering: learns features and clusters together.

    An encoder, pretrained as half of an autoencoder, feeds a
    `ClusteringLayer`. Training sharpens the layer's soft assignments Q
    toward the target distribution P that is made from Q over all the data
    once per update interval, by minimizing KL(P || Q).

    `fit` runs all three stages, those already done left out: `pretrain` (the
    autoencoder), `adapt` (k-means on the embedding), and the clustering.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), Unsupervised Deep
      Embedding for Clustering Analysis.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes the paper's 500-500-2000-10 when
            data is first seen. An encoder without a decoder is taken to be
            trained already.
        decoder: Optional `keras.Model` from the embedding to samples.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1, as the
            paper. `None` takes inputs as they are.
        augmentation: Optional layer that distorts features in training.
            Targets are always made from clean inputs.
        alpha: Float above 0, degrees of freedom of the Student t kernel.
        seed: Optional integer for k-means and the order of `fit`'s batches.
            `None` follows `keras.utils.set_random_seed`, as new weights and
            the order of `pretrain` always do.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.DEC(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    assigns_in_fit = True
    objective_name = "KL(P || Q)"

    def __init__(
        self,
        num_clusters,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        alpha=1.0,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        # In this order: published weights are numbered by it.
        self.clustering = ClusteringLayer(
            num_clusters, alpha, name="clustering"
        )
        self.num_clusters = self.clustering.num_clusters
        self.set_networks(encoder, decoder, preprocessor, augmentation, Scaling)
        self.seed = checked_seed(seed)

    # === Functional Model ===

    def build(self, input_shape):
        self.build_networks(input_shape)
        self.clustering.build(self.encoder.output_shape)
        self.add_pretrained_flag()

    def call(self, x, training=False):
        z = self.encoder(self.features(x, training), training=training)
        return self.clustering(z)

    @property
    def adapted(self):
        """Whether the cluster centers were set (kept when saved)."""
        return self.clustering.adapted

    def forget_clusters(self):
        """Makes the next `fit` look for cluster centers again."""
        self.clustering.forget()

    def objective(self, x, batch_size=1024):
        """KL(P || Q) with P made from `x`; see `ClusteringModel`."""
        q = self.predict(x, batch_size=batch_size, verbose=0)
        p = self.clustering.target_distribution(q)
        divergence = float(np.mean(losses.kl_divergence(p, ops.array(q))))
        return max(divergence, 0.0)  # rounding takes it below

    # === The three stages ===

    def compile(
        self, optimizer="auto", loss="auto", update_interval=None, **kwargs
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the clustering stage. `"auto"` is
                the paper's SGD: learning rate 0.01, momentum 0.9.
            loss: Keras loss of `(p, q)`. `"auto"` is KL(P || Q).
            update_interval: Optional integer, steps from one refresh of P to
                the next, which is the length of an epoch. `None` is one
                pass over the data.
            **kwargs: Further arguments of `PretrainedModel.compile`
                (`pretrain_optimizer`, `reconstruction_loss`) and of
                `keras.Model.compile`.
        """
        if update_interval is not None:
            update_interval = checked_count("update_interval", update_interval)
        self._settings = {"update_interval": update_interval}
        super().compile(
            optimizer=optimizer,
            loss=losses.kl_divergence if loss == "auto" else loss,
            **kwargs,
        )

    def default_optimizer(self):
        return keras.optimizers.SGD(0.01, momentum=0.9)

    def adapt(self, x, initial_centers=None, seed=None, **kwargs):
        """Sets the cluster centers from the embedding, without labels.

        Args:
            x: Samples.
            initial_centers: Optional array `(num_clusters, dim)` in place
                of k-means.
            seed: Optional integer; `None` takes the model's.
            **kwargs: `method`, `num_restarts` and `verbose` of
                `ClusteringLayer.adapt`.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        return self.clustering.adapt(
            self.embed(x), initial_centers, seed=seed, **kwargs
        )

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
        """Clusters; pretrains and adapts first where that is missing.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`. P is made from all of them
                at once, so a dataset is read into memory.
            y: Must be `None`. Labels only ever report: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer. `None` takes the paper's 256.
            epochs: Integer, update intervals of the clustering stage.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of the clustering stage.
            validation_data: Optional samples on which the loss is reported;
                P is then made from them.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The clustering stage's `History`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` is not usable.
        """
        x, batch_size, epochs = self._begin_fit(
            x, y, batch_size, epochs, callbacks, initial_epoch, validation_freq
        )
        validation_data = self._validation_batches(validation_data, batch_size)
        self.complete_stages(x, batch_size, verbose)
        self.label_change = self.training_assignments = None
        targets = _Reporting(
            self,
            x,
            batch_size,
            self._settings["update_interval"],
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )
        return self._fit_batches(
            targets,
            callbacks,
            epochs=epochs,
            verbose=verbose,
            validation_data=validation_data,
            initial_epoch=initial_epoch,
            validation_freq=validation_freq,
        )

    def _scored_batches(self, x, batch_size):
        """With P made from `x`."""
        return SelfTrainingTargets(self, x, batch_size, shuffle=False)

    # === Config ===

    def get_config(self):
        return {**super().get_config(), "alpha": self.clustering.alpha}


class _Reporting(SelfTrainingTargets):
    """Tells the model what each refresh found, for the callbacks."""

    def refresh(self):
        if self.assignments is None:
            # Of a training that goes on: what it was stopped at.
            self.assignments = self.model.training_assignments
        super().refresh()
        self.model.training_assignments = self.assignments
        self.model.label_change = self.label_change
