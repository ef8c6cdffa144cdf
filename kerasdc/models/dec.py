"""Deep embedded clustering (DEC)."""

import keras
import numpy as np

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers import ClusteringLayer
from kerasdc.layers import Scaling
from kerasdc.models.autoencoder import Autoencoder
from kerasdc.models.base import ClusteringModel
from kerasdc.targets import SelfTrainingTargets


@keras.saving.register_keras_serializable(package="kerasdc")
class DEC(ClusteringModel):
    """Deep embedded clustering: learns features and clusters together.

    An encoder, pretrained as half of an autoencoder, feeds a
    `ClusteringLayer`. Training sharpens the layer's soft assignments Q
    towards the target distribution P that is made from Q over all the data
    once per update interval, by minimising KL(P || Q).

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
        seed: Optional integer for k-means and the order of batches. `None`
            follows `keras.utils.set_random_seed`.
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
        if decoder is not None and encoder is None:
            raise ValueError(
                "A `decoder` needs its `encoder`. Received: encoder=None"
            )
        self.clustering = ClusteringLayer(
            num_clusters, alpha, name="clustering"
        )
        self.num_clusters = self.clustering.num_clusters
        self.preprocessor = (
            Scaling() if preprocessor == "auto" else preprocessor
        )
        self.augmentation = augmentation
        self.encoder = encoder
        self.decoder = decoder
        self.seed = seed

    # === Functional Model ===

    def build(self, input_shape):
        self._sample_shape = tuple(input_shape[1:])
        if self.preprocessor is not None and not self.preprocessor.built:
            self.preprocessor.build(input_shape)
        if self.encoder is None:
            self.encoder = networks.mlp_encoder(self._sample_shape)
            self.decoder = networks.mlp_decoder(self._sample_shape)
        if self.decoder is not None:
            # Only `pretrain` trains it: no loss of `fit` reaches it.
            self.decoder.trainable = False
        self.clustering.build(self.encoder.output_shape)
        self._pretrained = self.add_weight(
            name="pretrained",
            shape=(),
            initializer="zeros",
            dtype="int32",
            trainable=False,
        )

    def call(self, x, training=False):
        z = self.encoder(self.features(x, training), training=training)
        return self.clustering(z)

    @property
    def pretrained(self):
        """Whether the encoder was trained (kept when saved)."""
        if self.encoder is not None and self.decoder is None:
            return True
        return self.built and bool(self._pretrained.numpy())

    @property
    def adapted(self):
        """Whether the cluster centers were set (kept when saved)."""
        return self.clustering.adapted

    # === The three stages ===

    def compile(
        self,
        optimizer="auto",
        loss="auto",
        metrics=None,
        pretrain_optimizer="auto",
        reconstruction_loss="mean_squared_error",
        update_interval=None,
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of the clustering stage. `"auto"` is
                Adam with a learning rate of 0.001.
            loss: Keras loss of `(p, q)`. `"auto"` is KL(P || Q).
            metrics: As in `keras.Model.compile`.
            pretrain_optimizer: Keras optimizer of `pretrain`. `"auto"` is
                Adam with a learning rate of 0.001.
            reconstruction_loss: Keras loss of `pretrain`.
            update_interval: Optional integer, steps from one refresh of P to
                the next, which is the length of an epoch. `None` is one
                pass over the data.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        if update_interval is not None and not update_interval >= 1:
            raise ValueError(
                "`update_interval` must be at least 1, or None. "
                f"Received: update_interval={update_interval}"
            )
        self._compile_arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "pretrain_optimizer": pretrain_optimizer,
            "reconstruction_loss": reconstruction_loss,
            "update_interval": update_interval,
            **kwargs,
        }
        self.pretrain_optimizer = _optimizer(pretrain_optimizer)
        self.reconstruction_loss = keras.losses.get(reconstruction_loss)
        self.update_interval = update_interval
        super().compile(
            optimizer=_optimizer(optimizer),
            loss=losses.kl_divergence if loss == "auto" else loss,
            metrics=metrics,
            **kwargs,
        )

    def pretrain(
        self,
        x,
        epochs=50,
        batch_size=256,
        callbacks=None,
        verbose="auto",
        **kwargs,
    ):
        """Trains encoder and decoder as an autoencoder.

        Args:
            x: Training samples.
            epochs: Integer, passes over the data.
            batch_size: Integer.
            callbacks: Keras callbacks of this stage.
            verbose: As in `keras.Model.fit`.
            **kwargs: Further arguments of `keras.Model.fit`.

        Returns:
            The stage's `History`.
        """
        self._check_compiled("pretrain")
        x = self.prepare(x, kwargs.pop("y", None))
        if self.decoder is None:
            raise ValueError(
                "`pretrain` needs a decoder; an encoder that comes alone is "
                "taken to be trained. Received: decoder=None"
            )
        autoencoder = Autoencoder(
            self.encoder,
            self.decoder,
            self.preprocessor,
            self.augmentation,
            self.reconstruction_loss,
        )
        autoencoder.compile(_fresh(self.pretrain_optimizer))
        self.decoder.trainable = True
        try:
            history = autoencoder.fit(
                x,
                epochs=epochs,
                batch_size=batch_size,
                callbacks=callbacks,
                verbose=verbose,
                **kwargs,
            )
        finally:
            self.decoder.trainable = False
        self._pretrained.assign(1)
        return history

    def adapt(self, x, initial_centers=None, num_restarts=20, seed=None):
        """Sets the cluster centers by k-means on the embedding.

        Args:
            x: Samples.
            initial_centers: Optional array `(num_clusters, dim)` in place
                of k-means.
            num_restarts: Integer, runs of k-means; the best one is kept.
            seed: Optional integer; `None` takes the model's.

        Returns:
            Integer array `(n,)` of assignments.

        Raises:
            ValueError: As `ClusteringLayer.adapt`.
        """
        x = self.prepare(x)
        seed = self._draw_seed() if seed is None else seed
        return self.clustering.adapt(
            self.embed(x), initial_centers, num_restarts, seed
        )

    def fit(
        self,
        x=None,
        y=None,
        batch_size=256,
        epochs=50,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        **kwargs,
    ):
        """Clusters; pretrains and adapts first where that is missing.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`. P is made from all of them
                at once, so a dataset is read into memory.
            y: Must be `None`. Labels only ever report: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer.
            epochs: Integer, update intervals of the clustering stage.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks of the clustering stage.
            validation_data: Optional samples on which the loss is reported;
                P is then made from them.
            shuffle: Boolean. Whether each pass has its own random order.
            **kwargs: `initial_epoch`, `validation_freq`.

        Returns:
            The clustering stage's `History`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` is not usable.
        """
        self._check_compiled("fit")
        x = self.prepare(x, y)
        self._check_enough(x)
        if not self.pretrained:
            self.pretrain(x, batch_size=batch_size, verbose=verbose)
        if not self.adapted:
            self.adapt(x)
        if validation_data is not None:
            validation_data = self._validation(validation_data, batch_size)
        self.label_change = self.training_assignments = None
        return super().fit(
            _Reporting(
                self,
                x,
                batch_size,
                self.update_interval,
                shuffle=shuffle,
                seed=self._draw_seed(),
                count_steps=lambda: int(self.optimizer.iterations),
            ),
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            **kwargs,
        )

    def _validation(self, data, batch_size):
        if isinstance(data, (tuple, list)) and len(data) == 2:
            data, labels = data
            self.prepare(data, labels)
        x = self.as_inputs(data)
        return SelfTrainingTargets(self, x, batch_size, shuffle=False)

    def _draw_seed(self):
        if self.seed is not None:
            return self.seed
        # NumPy's generator is what `keras.utils.set_random_seed` seeds.
        return int(np.random.randint(2**31))

    def _check_compiled(self, verb):
        if not self.compiled:
            raise ValueError(
                f"Call `compile()` before `{verb}`. Received: compiled=False"
            )

    def _check_enough(self, x):
        if len(x) < self.num_clusters:
            raise ValueError(
                "There must be at least as many samples as clusters. "
                f"Received: {len(x)} samples, "
                f"num_clusters={self.num_clusters}"
            )

    # === Config ===

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        config = super().get_config()
        config.update(
            {
                "num_clusters": self.num_clusters,
                "encoder": serialize(self.encoder),
                "decoder": serialize(self.decoder),
                "preprocessor": serialize(self.preprocessor),
                "augmentation": serialize(self.augmentation),
                "alpha": self.clustering.alpha,
                "seed": self.seed,
            }
        )
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **keras.saving.deserialize_keras_object(
                config, custom_objects=custom_objects
            )
        )

    def get_compile_config(self):
        return keras.saving.serialize_keras_object(self._compile_arguments)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)


class _Reporting(SelfTrainingTargets):
    """Tells the model what each refresh found, for the callbacks."""

    def on_epoch_begin(self):
        super().on_epoch_begin()
        self.model.training_assignments = self.assignments
        self.model.label_change = self.label_change


def _optimizer(optimizer):
    if optimizer == "auto":
        return keras.optimizers.Adam(1e-3)
    return keras.optimizers.get(optimizer)


def _fresh(optimizer):
    """An unused copy: an optimizer serves one training."""
    return optimizer.__class__.from_config(optimizer.get_config())
