"""Clustering models without a decoder: features, then a softmax."""

import keras
from keras import ops

from kerasdc.feeding import feed
from kerasdc.inputs import checked_count
from kerasdc.inputs import reject_labels
from kerasdc.layers import Scaling
from kerasdc.layers.adaptable import add_flag
from kerasdc.models.base import ClusteringModel
from kerasdc.models.parts import checked_preprocessor
from kerasdc.models.parts import features_shape
from kerasdc.targets import ShuffledBatches


class DiscriminativeModel(ClusteringModel):
    """A classifier of clusters, trained by what it says of its inputs.

    There is no `pretrain` and nothing to `adapt` a first partition from:
    training starts with random weights. In `__init__`, subclasses call
    `set_networks`; they implement `build_head`, `logits`, `default_encoder`
    and `compute_loss`.
    """

    decoder = None
    starts_undecided = True
    pretrained = True  # what is not needed is done
    _parts = ("encoder", "preprocessor", "augmentation")

    def set_networks(self, encoder, preprocessor, augmentation):
        """Takes the constructor's arguments that all systems have.

        Args:
            encoder: `keras.Model` or `None`.
            preprocessor: Layer, `None` or `"auto"`, which scales the mean
                squared feature to 1.
            augmentation: As the subclass documents.
        """
        self.preprocessor = checked_preprocessor(preprocessor, Scaling)
        self.augmentation = augmentation
        self.encoder = encoder

    # === Functional Model ===

    def build(self, input_shape):
        shape = features_shape(self, input_shape)
        self._sample_shape = tuple(input_shape[1:])
        if self.preprocessor is not None and not self.preprocessor.built:
            self.preprocessor.build(input_shape)
        if self.encoder is None:
            self.encoder = self.default_encoder(shape)
        self.build_head(self.encoder.output_shape)
        self._fitted = add_flag(self, "fitted")
        self._build_optimizer()

    def call(self, x, training=False):
        return self.soft_assignment(self.logits(self.features(x), training))

    def soft_assignment(self, logits):
        """Probabilities of the clusters.

        Args:
            logits: Tensor `(batch, num_clusters)`.

        Returns:
            Tensor of that shape; rows sum to 1.
        """
        if self.num_clusters == 1:  # of which Keras' softmax warns
            return 1.0 + 0.0 * logits
        return ops.softmax(logits)

    def default_encoder(self, shape):
        """The paper's network, for samples of a shape.

        Args:
            shape: Tuple, of one sample's features.

        Returns:
            A `keras.Model`.
        """
        raise NotImplementedError

    def build_head(self, input_shape):
        """Builds what follows the encoder.

        Args:
            input_shape: Tuple, of the encoder's output.
        """
        raise NotImplementedError

    def logits(self, features, training=False):
        """What the softmax over clusters is taken of.

        Args:
            features: Tensor, as `features(x)` returns it.
            training: Boolean.

        Returns:
            Float32 tensor `(batch, num_clusters)`.
        """
        raise NotImplementedError

    @property
    def adapted(self):
        """Whether `fit` was begun (kept when saved)."""
        return self.built and bool(self._fitted.numpy())

    # === Training ===

    def compile(self, optimizer, **kwargs):
        """Configures training.

        Args:
            optimizer: Keras optimizer, or its name.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        super().compile(optimizer=keras.optimizers.get(optimizer), **kwargs)
        if self.built:
            self._build_optimizer()

    def adapt(self, x, restarts=None):
        """Looks for weights to start from, without labels.

        Args:
            x: Training samples.
            restarts: Optional dictionary with `num`, `epochs` and, if wanted,
                `batch_size`: as many trainings, each from new random weights.
                `fit` goes on from that of the lowest `objective`.
        """
        x = self.prepare(x)
        if restarts is not None:
            self._restart(x, **restarts)

    def _restart(self, x, num, epochs, batch_size=250):
        self._check_compiled("adapt")
        num = checked_count("num", num)
        found = []
        for i in range(num):
            other = self.sibling(self._draw_seed() + i)
            other.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
            found.append((other.objective(x), i, other.get_weights()))
        self.set_weights(min(found)[2])

    def sibling(self, seed):
        """A model like this one, compiled, of new random weights.

        Args:
            seed: Integer.

        Returns:
            Model of this class.
        """
        model = self.from_config({**self.get_config(), "seed": seed})
        model.compile_from_config(self.get_compile_config())
        return model

    def complete_stages(self, x):
        """Does what `fit` needs and was not done yet; see subclasses.

        Args:
            x: Prepared training data.
        """

    def targets_of(self, x):
        """What `compute_loss` is given as `y`, a row for each sample.

        Args:
            x: Array of samples, as the model takes them.

        Returns:
            Array `(n, ...)`.
        """
        raise NotImplementedError

    def fit(
        self,
        x=None,
        y=None,
        batch_size=250,
        epochs=50,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        initial_epoch=0,
        validation_freq=1,
    ):
        """Clusters.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`, which is read into memory.
            y: Must be `None`. Labels only ever report: see
                `kerasdc.ClusteringMetrics`.
            batch_size: Integer, at least `num_clusters`: the loss compares
                the samples of a batch. What is left of a pass, too few for a
                batch, is left out of that pass.
            epochs: Integer, passes over the data.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks.
            validation_data: Optional samples on which the loss is reported.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The `History`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` or `batch_size` is not usable.
        """
        self._check_compiled("fit")
        epochs = checked_count("epochs", epochs, minimum=0)
        self._check_batch_size(batch_size)
        x = self.prepare(x, y)
        self.complete_stages(x)
        if validation_data is not None:
            validation_data = self._batches(
                self._validation_inputs(validation_data), batch_size
            )
        batches = self._batches(
            x,
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )
        self._fitted.assign(1)
        batches, callbacks = feed(batches, callbacks)
        return super().fit(
            batches,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            # The batches do it: Keras' order would not survive a restart.
            shuffle=False,
            initial_epoch=initial_epoch,
            validation_freq=validation_freq,
        )

    def evaluate(
        self, x=None, y=None, batch_size=250, verbose="auto", **kwargs
    ):
        """The loss on `x`.

        Args:
            x: Samples.
            y: Must be `None`.
            batch_size: Integer, at least `num_clusters`.
            verbose: As in `keras.Model.evaluate`.
            **kwargs: Further arguments of `keras.Model.evaluate`.

        Returns:
            As `keras.Model.evaluate`.
        """
        if not isinstance(x, ShuffledBatches):  # as Keras' `fit` passes
            self._check_compiled("evaluate")
            self._check_adapted()
            self._check_batch_size(batch_size)
            reject_labels(y)
            x = self._batches(self.as_inputs(x), batch_size)
        return super().evaluate(x, verbose=verbose, **kwargs)

    def _batches(self, x, batch_size, shuffle=False, **kwargs):
        return ShuffledBatches(
            x,
            self.targets_of(x),
            batch_size,
            shuffle=shuffle,
            drop_remainder=True,
            **kwargs,
        )

    def _check_batch_size(self, batch_size):
        batch_size = checked_count("batch_size", batch_size)
        if batch_size < max(self.num_clusters, 2):
            raise ValueError(
                "A batch must have at least as many samples as there are "
                "clusters, and at least 2. "
                f"Received: batch_size={batch_size}, "
                f"num_clusters={self.num_clusters}"
            )
