"""Deep adaptive image clustering (DAC)."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.callbacks import ThresholdSchedule
from kerasdc.callbacks.schedules import checked_thresholds
from kerasdc.layers.adaptable import add_state
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.layers.pairwise import PairwiseSimilarity
from kerasdc.layers.pairwise import select_pairs
from kerasdc.models.bases.augmenting import assigned_copies
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.registry import system
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag

# Section 4: u = 0.95 - x and l = 0.455 + 0.1 x, until they meet at x = 0.45.
_UPPER, _LOWER = (0.95, 0.5), (0.455, 0.5)
_SMALLEST_SIDE = 26  # of the images that the paper's network takes


@system("dac")
class DAC(DiscriminativeModel):
    """Deep adaptive clustering: learns which samples belong together.

    Two samples either belong to the same cluster or they do not. The model
    itself says which, by how alike their soft assignments are, and learns
    from those pairs only that it is sure of: more alike than an upper
    threshold, or less alike than a lower one. As it gets surer, the
    thresholds approach each other until every pair counts. There is no
    decoder and no pretraining.

    With an `augmentation`, pairs are labelled by the samples as they are and
    learned on augmented ones. During `fit` the thresholds move from where
    they are, in the first epoch, to their end, in the last: a `fit` of one
    epoch keeps them.

    Reference:

    - [Chang et al., 2017](https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html),
      Deep Adaptive Image Clustering.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`, `dim` at least `num_clusters`. `None`
            makes the paper's network, when data is first seen; a smaller one
            for images below 26 pixels, and a batch-normalized perceptron for
            vectors.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1. `None` takes
            inputs as they are.
        augmentation: Optional layer of features, such as
            `kerasdc.layers.RandomShiftRotation`.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Attributes:
        thresholds: Weight `(2,)`, the upper and the lower one of now.

    Example:

    >>> x = np.random.rand(200, 8, 8)
    >>> augmentation = kerasdc.layers.RandomShiftRotation()
    >>> model = kerasdc.models.DAC(num_clusters=3, augmentation=augmentation)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=50, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    default_batch_size = 128
    terms = ("selected_pairs", "positive_pairs")
    compile_arguments = ("upper", "lower", "all_pairs")
    upper, lower, all_pairs = _UPPER, _LOWER, False  # until compiled

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        self.similarity = PairwiseSimilarity(dtype="float32")
        self.add_terms()

    # === Functional Model ===

    def default_networks(self, shape):
        if len(shape) not in (2, 3):
            return networks.normalized_mlp_encoder(shape), None
        small = min(shape[:2]) < _SMALLEST_SIDE
        make = (
            networks.normalized_conv_encoder if small else networks.dac_encoder
        )
        return make(shape, num_features=self.num_clusters), None

    def check_networks(self, encoder, decoder):
        width = encoder.output_shape[-1]
        # Features start the clusters one by one: the others would stand at
        # the zero of their ReLU, which passes no gradient.
        if width < self.num_clusters:
            raise ValueError(
                "The encoder must have at least as many features as there are "
                f"clusters. Received: {width} features, "
                f"num_clusters={self.num_clusters}"
            )

    def build_head(self, input_shape):
        self.similarity.build((None, self.num_clusters))
        self.head = [
            layer for i in (1, 2) for layer in _block(self.num_clusters, i)
        ]
        for layer in self.head:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)
        self.thresholds = add_state(self, "thresholds", "zeros", (2,))
        self.thresholds.assign(self.threshold_range[0])
        self.add_fitted_flag()

    def logits(self, features, training=False):
        x = self.encoder(features, training=training)
        for layer in self.head:
            x = layer(x, training=training)
        return x

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        upper=_UPPER,
        lower=_LOWER,
        all_pairs=False,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' RMSprop, with
                Keras' defaults.
            upper: Two floats from 0 to 1, the threshold above which pairs
                belong together, in the first epoch of the first `fit` and
                in the last one of every `fit` of several epochs (one alone
                keeps the thresholds it finds).
            lower: Two floats from 0 to 1, the same of the threshold below
                which they do not. Never above `upper`.
            all_pairs: Boolean. `True` trains as the code that the authors
                released: by the squared error of all pairs, of which those
                below `upper` do not belong together. `lower` is not used.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If thresholds are not from 0 to 1, or cross, or
                `all_pairs` is no boolean.
        """
        start_before = self.threshold_range[0]
        self.all_pairs = checked_flag("all_pairs", all_pairs)
        self.upper, self.lower = checked_thresholds(upper, lower, all_pairs)
        super().compile(optimizer, **kwargs)
        if self.built and not self._moved_from(start_before):
            self.thresholds.assign(self.threshold_range[0])

    def default_optimizer(self):
        return keras.optimizers.RMSprop()

    def _moved_from(self, start):
        """Whether the thresholds are on their way, and can go on."""
        now = self.thresholds.numpy()
        crossed = now[1] > now[0]  # as those of all pairs may
        usable = self.all_pairs or not crossed
        return usable and not np.array_equal(now, start)

    @property
    def threshold_range(self):
        """Thresholds `(upper, lower)` of the start and of the end."""
        pairs = zip(self.upper, self.lower, strict=True)
        return tuple(np.array(pair, "float32") for pair in pairs)

    def adapt(self, x, restarts=None, verbose=0):
        """Looks for weights to start from; see `DiscriminativeModel.adapt`.

        The thresholds are those of the start: restarts choose weights only.

        Args:
            x: Training samples.
            restarts: As in `DiscriminativeModel.adapt`.
            verbose: Likewise.
        """
        super().adapt(x, restarts, verbose)
        if restarts is not None:
            self.thresholds.assign(self.threshold_range[0])

    def own_callbacks(self, x, epochs, initial_epoch):
        return [ThresholdSchedule(max(epochs, 1))]

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """Mean loss of the selected pairs of two different samples.

        Section 3 of the paper; with `all_pairs` the squared error, as in the
        authors' code.
        """
        similarity = self.similarity(y_pred)
        positive, selected = self._pairs(similarity)
        if training and self.augmentation is not None:
            similarity = self._augmented_similarity(x)
        self._report_pairs(positive, selected)
        if self.all_pairs:
            pairs = ops.square(similarity - positive)
        else:
            pairs = losses.pairwise_cross_entropy(similarity, positive)
        total = ops.sum(selected * pairs)
        return {"pairs": total / ops.maximum(ops.sum(selected), 1.0)}

    def _pairs(self, similarity):
        """Which pairs belong together, and which are trained."""
        similarity = ops.stop_gradient(similarity)
        positive, selected = select_pairs(
            similarity, self.thresholds[0], self.thresholds[1]
        )
        if self.all_pairs:
            selected = ops.ones_like(similarity)
        different = 1.0 - ops.eye(ops.shape(similarity)[0], dtype="float32")
        return positive * different, selected * different

    def _augmented_similarity(self, x):
        # Only clean inputs count for the statistics of inference.
        with kept_statistics(self.encoder, *self.head):
            features = self.features(x, training=True)
            logits = self.logits(features, training=True)
        return self.similarity(self.soft_assignment(logits))

    def _report_pairs(self, positive, selected):
        num_selected = ops.sum(selected)
        size = ops.cast(ops.shape(selected)[0], "float32")
        num_pairs = ops.maximum(size * (size - 1.0), 1.0)
        self._terms["selected_pairs"].update_state(num_selected / num_pairs)
        self._terms["positive_pairs"].update_state(
            ops.sum(positive) / ops.maximum(num_selected, 1.0),
            sample_weight=num_selected,
        )

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """Minus the mutual information of samples' and copies' clusters.

        Copies are augmented: of two partitions as certain as each other, the
        one is better that a copy's cluster tells more about. Without an
        augmentation it is the information of samples and soft assignments.
        It is not the loss, which is lowest where all samples are of one
        cluster. See `ClusteringModel`.
        """
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        if self.augmentation is None:
            return -float(losses.mutual_information(q))
        from sklearn.metrics import mutual_info_score

        copies = assigned_copies(self, self.as_inputs(x), batch_size)
        return -float(mutual_info_score(q.argmax(axis=1), copies))


def _block(num_clusters, number):
    """As in the authors' code, where the identity starts it."""
    return [
        keras.layers.Dense(
            num_clusters,
            # The normalization takes away what a bias would add.
            use_bias=False,
            kernel_initializer="identity",
            dtype="float32",
            name=f"label_features_{number}",
        ),
        keras.layers.BatchNormalization(
            momentum=0.9,  # as in `kerasdc.networks`
            dtype="float32",
            name=f"label_normalization_{number}",
        ),
        keras.layers.ReLU(dtype="float32", name=f"label_relu_{number}"),
    ]
