"""Clustering models without a decoder: features, then a softmax."""

import contextlib

import keras
from keras import ops

from kerasdc.layers import Scaling
from kerasdc.layers.adaptable import add_flag
from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.parts import checked_model
from kerasdc.models.bases.parts import checked_preprocessor
from kerasdc.models.bases.parts import features_shape
from kerasdc.models.bases.restarts import best_weights
from kerasdc.models.bases.restarts import check_restarts
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import WholePass


class DiscriminativeModel(ClusteringModel):
    """A classifier of clusters, trained by what it says of its inputs.

    There is no `pretrain` and nothing to `adapt` a first partition from:
    training starts with random weights. In `__init__`, subclasses call
    `set_networks`; they implement `build_head`, `logits`, `default_encoder`,
    `targets_of`, `compute_loss` and `objective`. The head is theirs to use
    once the model is built.
    """

    decoder = None
    starts_undecided = True
    pretrained = True  # what is not needed is done
    ways_to_weights = ways_to_clusters = "`fit(x)`"
    default_batch_size = 250  # of the authors of IMSAT
    _parts = ("encoder", "preprocessor", "augmentation")

    def set_networks(self, encoder, preprocessor, augmentation, head):
        """Takes the constructor's arguments that all systems have.

        Args:
            encoder: `keras.Model` or `None`.
            preprocessor: Layer, `None` or `"auto"`, which scales the mean
                squared feature to 1.
            augmentation: As the subclass documents.
            head: Layer, or list of layers, that follow the encoder: `build`
                makes it the attribute `head`.
        """
        self.preprocessor = checked_preprocessor(preprocessor, Scaling)
        self.augmentation = augmentation
        self.encoder = checked_model("encoder", encoder)
        self._makes_encoder = encoder is None
        # Keras numbers weights in the order in which a model is given its
        # layers, which shall not depend on whether it makes the encoder.
        self._take_head = lambda: head

    # === Functional Model ===

    def build(self, input_shape):
        shape = features_shape(self, input_shape)
        encoder = self.encoder
        if encoder is None:
            encoder = self.default_encoder(shape)
        self.check_encoder(encoder)
        self._sample_shape = tuple(input_shape[1:])
        if self.preprocessor is not None and not self.preprocessor.built:
            self.preprocessor.build(input_shape)
        self.encoder = encoder
        self.head = self._take_head()
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

    def check_encoder(self, encoder):
        """Raises `ValueError` if the head cannot stand on an encoder.

        Args:
            encoder: `keras.Model`.
        """

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
        """Whether `fit` was begun, and did not fail at once (it is saved)."""
        return self.built and bool(self._fitted.numpy())

    # === Training ===

    def compile(self, optimizer="auto", **kwargs):
        """Configures training.

        Args:
            optimizer: Keras optimizer, or its name. `"auto"` is
                `default_optimizer()`.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        super().compile(
            optimizer=self._optimizer("optimizer", optimizer), **kwargs
        )
        if self.built:
            self._build_optimizer()

    def adapt(self, x, restarts=None, verbose=0):
        """Looks for weights to start from, without labels.

        Args:
            x: Training samples.
            restarts: Optional dictionary with `num`, `epochs` and, if wanted,
                `batch_size` (that of `fit`), `samples`, `optimizer` and
                `criterion`: as many trainings, each from new random weights,
                on that many evenly spaced samples (all), by a copy of that
                Keras optimizer (the model's). `fit` goes on from that of the
                lowest `objective`, or, by the criterion `"neighbors"`, of the
                partition that parts the fewest nearest neighbors, by the
                normalized cut of their graph: for samples whose distances
                mean something, such as digits, not photographs.
            verbose: As in `keras.Model.fit`: whether a bar counts them.

        Raises:
            ValueError: If `x` or `restarts` is not usable, or no training
                ends with a finite `objective`.
        """
        check_restarts(self, restarts)
        x = self.prepare(x)
        if restarts is not None:
            self.set_weights(best_weights(self, x, verbose=verbose, **restarts))

    def sibling(self, seed, optimizer=None):
        """A model like this one, compiled, of new random weights.

        Args:
            seed: Integer.
            optimizer: Optional Keras optimizer to copy, in place of this
                model's.

        Returns:
            Model of this class, with the state of this one's preprocessor.
        """
        config = {**self.get_config(), "seed": seed}
        if self._makes_encoder:
            # Its weights are then drawn in the order that they were here.
            config["encoder"] = None
        model = self.from_config(config)
        compiled = self.get_compile_config()
        if optimizer is not None:
            serialize = keras.saving.serialize_keras_object
            compiled["optimizer"] = serialize(optimizer)
        model.compile_from_config(compiled)
        model.build((None, *self._sample_shape))
        if self.preprocessor is not None:
            _copy_state(self.preprocessor, model.preprocessor)
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
        batch_size=None,
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
                batch, is left out of that pass. `None` takes the system's
                `default_batch_size`.
            epochs: Integer, passes over the data.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks.
            validation_data: Optional samples on which the loss is reported:
                all of them, in batches of one fixed order.
            shuffle: Boolean. Whether each pass has its own random order.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The `History`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x` or `batch_size` is not usable.
        """
        x, batch_size, epochs = self._begin_fit(
            x, y, batch_size, epochs, callbacks, initial_epoch, validation_freq
        )
        self.complete_stages(x)
        validation_data = self._validation_batches(validation_data, batch_size)
        batches = ShuffledBatches(
            x,
            self.targets_of(x),
            batch_size,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
            drop_remainder=True,
        )
        with self._marked_as_fitted():
            return self._fit_batches(
                batches,
                callbacks,
                epochs=epochs,
                verbose=verbose,
                validation_data=validation_data,
                initial_epoch=initial_epoch,
                validation_freq=validation_freq,
            )

    @contextlib.contextmanager
    def _marked_as_fitted(self):
        """Marks the model, unless training fails in the very first epoch."""
        fitted_before = self.adapted
        self._fitted.assign(1)
        try:
            yield
        except Exception:
            # Keras sets both late.
            history = getattr(self, "history", None)
            epochs_done = getattr(history, "epoch", [])
            self._fitted.assign(int(fitted_before or bool(epochs_done)))
            raise

    def _scored_batches(self, x, batch_size):
        """Of all samples, in a fixed order."""
        return WholePass(x, self.targets_of(x), batch_size)

    def _check_enough(self, array):
        super()._check_enough(array)
        if len(array) < 2:
            raise ValueError(
                "There must be at least 2 samples, for they are normalized "
                f"by each other. Received: {len(array)} samples"
            )

    def _checked_batch_size(self, batch_size):
        batch_size = super()._checked_batch_size(batch_size)
        if batch_size < max(self.num_clusters, 2):
            raise ValueError(
                "A batch must have at least as many samples as there are "
                "clusters, and at least 2. "
                f"Received: batch_size={batch_size}, "
                f"num_clusters={self.num_clusters}"
            )
        return batch_size


def _copy_state(source, target):
    target.set_weights(source.get_weights())
    # Keras' Normalization computes with what follows from its weights.
    if callable(getattr(target, "finalize_state", None)):
        target.finalize_state()
