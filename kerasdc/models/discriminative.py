"""Clustering models without a decoder: features, then a softmax."""

import contextlib

import keras
import numpy as np
from keras import ops

from kerasdc.inputs import checked_choice
from kerasdc.inputs import checked_count
from kerasdc.layers import Scaling
from kerasdc.layers.adaptable import add_flag
from kerasdc.merging import normalised_cut
from kerasdc.models.base import ClusteringModel
from kerasdc.models.parts import checked_preprocessor
from kerasdc.models.parts import features_shape
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import WholePass
from kerasdc.targets import all_features

# What all of Keras' own image layers inherit from; it has no public name.
_KERAS_IMAGE_LAYER = keras.layers.RandomRotation.__base__
_OPTIONS_OF_RESTARTS = ("batch_size", "samples", "optimizer", "criterion")
_MOST_NEIGHBORS = 10_000  # samples whose neighbors are looked for


class DiscriminativeModel(ClusteringModel):
    """A classifier of clusters, trained by what it says of its inputs.

    There is no `pretrain` and nothing to `adapt` a first partition from:
    training starts with random weights. In `__init__`, subclasses call
    `set_networks`; they implement `build_head`, `logits`, `default_encoder`
    and `compute_loss`. The head is theirs to use once the model is built.
    """

    decoder = None
    starts_undecided = True
    pretrained = True  # what is not needed is done
    ways_to_weights = ways_to_clusters = "`fit(x)`"
    default_batch_size = 250
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
        self.encoder = encoder
        self._makes_encoder = encoder is None
        # Keras numbers weights in the order in which a model is given its
        # layers, which shall not depend on whether it makes the encoder.
        self._take_head = lambda: head

    # === Functional Model ===

    def build(self, input_shape):
        shape = features_shape(self, input_shape)
        for kind in keras.tree.flatten([self.augmentation]):
            if callable(kind):
                _check_augmentation(kind, shape, self.compute_dtype)
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
        """Raises `ValueError` if the head cannot do with an encoder.

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
                `batch_size` (that of `fit`), `samples`, `optimizer` and
                `criterion`: as many trainings, each from new random weights,
                on that many evenly spaced samples (all), by a copy of that
                Keras optimizer (the model's). `fit` goes on from that of the
                lowest `objective`, or, by the criterion `"neighbors"`, of the
                partition that parts the fewest nearest neighbors, by the
                normalised cut of their graph: for samples whose distances
                mean something, such as digits, not photographs.

        Raises:
            ValueError: If `x` or `restarts` is not usable, or no training
                ends with a finite `objective`.
        """
        self._check_restarts(restarts)
        x = self.prepare(x)
        if restarts is not None:
            self._restart(x, **restarts)

    def _restart(
        self,
        x,
        num,
        epochs,
        batch_size=None,
        samples=None,
        optimizer=None,
        criterion="objective",
    ):
        score = _CRITERIA[criterion]
        batch_size = batch_size or self.default_batch_size
        x = _evenly_spaced(x, samples)
        scores, weights = [], []
        knowing = self
        for i in range(num):
            other = self.sibling(self._draw_seed() + i, optimizer)
            # Of some samples, too, what takes long is found once.
            other.share_adapted(knowing)
            knowing = other
            other.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
            scores.append(float(score(other, x)))
            weights.append(other.get_weights())
        # A training that came to nothing is worse than any other.
        scores = np.nan_to_num(scores, nan=np.inf, posinf=np.inf)
        if scores.min() == np.inf:
            raise ValueError(
                "At least one of the trainings of `restarts` must end with a "
                "finite objective: lower the learning rate. Received: "
                f"objectives of {num} trainings, none of them finite"
            )
        self.set_weights(weights[int(scores.argmin())])

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
        x, batch_size, epochs = self._begin_fit(x, y, batch_size, epochs)
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

    def evaluate(
        self, x=None, y=None, batch_size=250, verbose="auto", **kwargs
    ):
        """As `EncoderModel.evaluate`: of all samples, in a fixed order."""
        return super().evaluate(x, y, batch_size, verbose, **kwargs)

    def _scored_batches(self, x, batch_size):
        return WholePass(x, self.targets_of(x), batch_size)

    def _check_restarts(self, restarts):
        if restarts is None:
            return
        self._check_compiled("adapt")
        known = {"num", "epochs", *_OPTIONS_OF_RESTARTS}
        names = set(restarts) if isinstance(restarts, dict) else set()
        if not {"num", "epochs"} <= names <= known:
            raise ValueError(
                "`restarts` must be a dictionary with `num`, `epochs` and, if "
                f"wanted, {', '.join(_OPTIONS_OF_RESTARTS)}. "
                f"Received: restarts={restarts}"
            )
        checked_choice(
            "criterion", restarts.get("criterion", "objective"), _CRITERIA
        )
        checked_count("num", restarts["num"])
        checked_count("epochs", restarts["epochs"], minimum=0)
        batch_size = restarts.get("batch_size", self.default_batch_size)
        self._checked_batch_size(batch_size)
        if restarts.get("samples") is not None:
            smallest = max(self.num_clusters, 2)
            checked_count("samples", restarts["samples"], smallest)
        for kind in keras.tree.flatten([self.augmentation]):
            _check_copyable(kind)
        optimizer = restarts.get("optimizer")
        if not isinstance(optimizer, (keras.optimizers.Optimizer, type(None))):
            raise ValueError(
                "`optimizer` of `restarts` must be a Keras optimizer. "
                f"Received: optimizer={optimizer!r}"
            )

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


def distorted(augmentation, features):
    """Features as an augmentation changes them while training.

    Args:
        augmentation: Layer or function.
        features: Tensor `(batch, ...)`.

    Returns:
        Tensor of that shape.
    """
    if isinstance(augmentation, keras.Layer):
        return augmentation(features, training=True)
    return augmentation(features)


def _parted_neighbors(model, x):
    x = _evenly_spaced(x, _MOST_NEIGHBORS)
    features = all_features(x, model.preprocessor).reshape(len(x), -1)
    return normalised_cut(features, model.assign(x), model.num_clusters)


_CRITERIA = {
    "objective": lambda model, x: model.objective(x),
    "neighbors": _parted_neighbors,
}


def _evenly_spaced(x, num_samples):
    if num_samples is None or num_samples >= len(x):
        return x
    rows = np.linspace(0, len(x), num_samples, endpoint=False)
    return x[rows.astype(int)]


@contextlib.contextmanager
def repeated_draws(*augmentations):
    """In this context layers draw the same each time; it leaves no trace.

    Args:
        *augmentations: Layers; functions draw as they do.
    """
    starts = [
        (state, (getattr(layer, "seed", None) or 0, i))
        for layer in augmentations
        if isinstance(layer, keras.Layer)
        for i, state in enumerate(_draw_states(layer))
    ]
    before = [ops.copy(state.value) for state, _ in starts]
    try:
        for state, start in starts:
            state.assign(np.array(start, state.dtype))
        yield
    finally:
        for (state, _), value in zip(starts, before, strict=True):
            state.assign(value)


def _draw_states(layer):
    """Where its draws stand: variables that Keras counts to no weights."""
    return [v for v in layer.variables if v.name == "seed_generator_state"]


def _check_augmentation(augmentation, shape, dtype):
    """Raises `ValueError` unless it changes samples, and not their shape."""
    if _is_of_keras_images(augmentation) and len(shape) != 3:
        # Those of shape (height, width) it would take for one image.
        raise ValueError(
            f"{augmentation.name} needs images of shape (height, width, "
            f"channels). Received: samples of shape {shape}"
        )
    if None in shape:
        return
    samples = ops.zeros((2, *shape), dtype)
    try:
        with repeated_draws(augmentation):
            found = tuple(ops.shape(distorted(augmentation, samples)))
    except Exception as error:
        raise ValueError(
            f"`augmentation` must take samples of shape {shape}. "
            f"Received: {_name(augmentation)}, which raises {error!r}"
        ) from error
    if found != (2, *shape):
        raise ValueError(
            "`augmentation` must keep the shape of the samples. Received: "
            f"{_name(augmentation)}, which makes {found} of {(2, *shape)}"
        )


def _check_copyable(augmentation):
    """Raises `ValueError` if the models of restarts could not have it."""
    try:
        keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(augmentation)
        )
    except Exception as error:
        raise ValueError(
            "With `restarts`, `augmentation` must be registered by "
            "`keras.saving.register_keras_serializable`. "
            f"Received: augmentation={augmentation!r}"
        ) from error


def _is_of_keras_images(augmentation):
    if not isinstance(augmentation, keras.Layer):
        return False
    inside = augmentation._flatten_layers()
    return any(isinstance(layer, _KERAS_IMAGE_LAYER) for layer in inside)


def _name(augmentation):
    return getattr(augmentation, "name", None) or repr(augmentation)


def _copy_state(source, target):
    target.set_weights(source.get_weights())
    # Keras' Normalization computes with what follows from its weights.
    if callable(getattr(target, "finalize_state", None)):
        target.finalize_state()
