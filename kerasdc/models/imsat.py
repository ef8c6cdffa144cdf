"""Information-maximizing self-augmented training (IMSAT)."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.cluster.neighbors import kth_neighbor_distances
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.layers.seeded import Seeded
from kerasdc.models.bases.augmenting import distorted
from kerasdc.models.bases.augmenting import repeated_draws
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.restarts import check_restarts
from kerasdc.targets import all_features
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.arguments import checked_shares
from kerasdc.utils.inputs import fingerprint

# Augmentations that move samples by their radius, and the steps of power
# iteration that turn the random direction into the worst one.
_RANDOM_STEPS = {"vat": 1, "rpt": 0}
_TINY = 1e-37  # float32 reaches down to 1e-38


@keras.saving.register_keras_serializable(package="kerasdc")
class IMSAT(Seeded, DiscriminativeModel):
    """Information-maximizing self-augmented training: clusters directly.

    A classifier learns assignments that tell as much as they can about the
    samples, high mutual information, and that do not change when a sample is
    changed a little: self-augmented training (SAT). There is no decoder and
    no pretraining.

    What a little is, `augmentation` says. `"vat"`, virtual adversarial
    training, moves each sample where its assignment changes most; `"rpt"`,
    random perturbation training, moves it anywhere; both by a quarter of the
    distance to its tenth neighbor. A function or layer of features, such as
    `kerasdc.layers.RandomShiftRotation`, says it for images. `None` is RIM,
    without self-augmentation.

    Reference:

    - [Hu et al., 2017](https://arxiv.org/abs/1702.08720), Learning Discrete
      Representations via Information Maximizing Self-Augmented Training.
    - [Krause et al., 2010](https://papers.nips.cc/paper/2010/hash/42998cf32d552343bc8e460416382dca-Abstract.html),
      Discriminative Clustering by Regularized Information Maximization (RIM).

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`. `None` makes the paper's d-1200-1200,
            batch-normalized, when data is first seen.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1. `None` takes
            inputs as they are.
        augmentation: `"vat"`, `"rpt"`, a layer, a function registered for
            saving, `None`, or a list of several: their penalties are
            averaged.
        class_prior: Optional `num_clusters` floats above 0 whose sum is 1:
            the clusters' sizes, where they are known and unequal, in any
            order: which cluster has which size, training finds. `None` makes
            them as equal as the data allows.
        seed: Optional integer for perturbations and the order of batches.
            `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Raises:
        ValueError: If `num_clusters`, `augmentation`, `class_prior` or `seed`
            is not as described.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.IMSAT(num_clusters=3)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=50, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    objective_name = "loss of IMSAT"

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation="vat",
        class_prior=None,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.class_prior = None
        if class_prior is not None:
            prior = checked_shares("class_prior", class_prior, num_clusters)
            self.class_prior = [float(share) for share in prior]
        head = keras.layers.Dense(
            num_clusters,
            # The authors' `wscale` of 0.0001: assignments start undecided.
            kernel_initializer=keras.initializers.VarianceScaling(
                1e-4, "fan_in", "untruncated_normal"
            ),
            dtype="float32",
            name="head",
        )
        self.set_networks(encoder, preprocessor, _checked(augmentation), head)
        self.seed = checked_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self._terms = {
            name: keras.metrics.Mean(name=name)
            for name in ("sat", "marginal_entropy", "conditional_entropy")
        }
        self._neighborhood = ()
        self._distances = (None, None)

    # === Functional Model ===

    def default_encoder(self, shape):
        return networks.normalized_mlp_encoder(shape)

    def build_head(self, input_shape):
        self.head.build(input_shape)

    def logits(self, features, training=False):
        return self.head(self.encoder(features, training=training))

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        information_weight=0.1,
        marginal_weight=4.0,
        prior_tolerance=0.0,
        radius_factor=0.25,
        xi=10.0,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' Adam:
                learning rate 0.002.
            information_weight: Float, lambda: weight of mutual information
                beside the SAT penalty.
            marginal_weight: Float, mu: weight of H(Y) in it.
            prior_tolerance: Float, at least 0: divergence of the clusters'
                sizes from `class_prior`, or from equal ones, that costs
                nothing, in nats, on top of the `(num_clusters - 1) / 2 n`
                that a batch of n samples differs by for chance alone (the
                paper's bound, 0.01 log k, leaves that out). Without
                `class_prior`, 0 asks for sizes as equal as can be: chance
                counts, too.
            radius_factor: Float above 0: lengths of perturbations over the
                distance to the neighbor.
            xi: Float above 0: see `kerasdc.losses.adversarial_direction`.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        settings = {
            "information_weight": information_weight,
            "marginal_weight": marginal_weight,
            "prior_tolerance": prior_tolerance,
            "radius_factor": radius_factor,
            "xi": xi,
        }
        for name, value in settings.items():
            checked_number(name, value, above=name in ("radius_factor", "xi"))
        self._settings = settings
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(2e-3)

    def adapt(
        self,
        x,
        neighbor=10,
        max_references=100_000,
        restarts=None,
        verbose=0,
    ):
        """Finds how far samples are from their neighbors, for `fit`.

        `fit` does it where it is missing, with the arguments of the last
        time, which are saved, or these defaults. The distances are kept for
        the very same `x` only, and not saved.

        Args:
            x: Training samples.
            neighbor: Integer, at least 1: which neighbor.
            max_references: Integer: with more samples, neighbors are looked
                for among as many drawn at random; a warning says so.
            restarts: As in `DiscriminativeModel.adapt`.
            verbose: Likewise.

        Returns:
            Float array `(n,)`, distances between features; `None` where the
            augmentation needs none.

        Raises:
            ValueError: If `x` is not usable, or another argument not as
                described; nothing has changed then.
        """
        check_restarts(self, restarts)
        x = self.prepare(x)
        if self._needs_distances():
            neighbor = checked_count("neighbor", neighbor)
            distances = self._distances_in(x, neighbor, max_references)
            self._distances = (fingerprint(x), distances)
            self._neighborhood = (neighbor, max_references)
        super().adapt(x, restarts, verbose)
        return self._distances[1]

    def share_adapted(self, other):
        self._distances = other._distances
        self._neighborhood = other._neighborhood

    def complete_stages(self, x):
        """Adapts where the distances of `x` are needed and not known.

        Args:
            x: Prepared training data.
        """
        if self._needs_distances() and self._distances[0] != fingerprint(x):
            self.adapt(x, *self._neighborhood)

    def targets_of(self, x):
        """Lengths of the perturbations; zeros where there are none."""
        if not self._needs_distances():
            return np.zeros(len(x), "float32")
        known, distances = self._distances
        if known != fingerprint(x):  # such as validation data
            distances = self._distances_in(x, *self._neighborhood)
        return self._settings["radius_factor"] * distances

    def _distances_in(self, x, *neighborhood):
        features = all_features(x, self.preprocessor)
        return kth_neighbor_distances(features, *neighborhood)

    def _needs_distances(self):
        return any(kind in _RANDOM_STEPS for kind in self._kinds())

    def _kinds(self):
        """The augmentations, one or several, as a list."""
        return [k for k in keras.tree.flatten([self.augmentation]) if k]

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The SAT penalty minus weighted mutual information, equation (7).

        Args:
            x: Tensor of raw inputs.
            y: Tensor `(batch,)`, lengths of the perturbations.
            y_pred: Tensor `(batch, k)`, soft assignments of `x`.
            sample_weight: Not used.
            training: Boolean. `True` normalizes by batch statistics, `False`
                perturbs in the same way every time.

        Returns:
            Scalar tensor, in nats.
        """
        loss, terms = self._information(y_pred)
        kinds = self._kinds()
        if kinds:
            # Only clean inputs count for the statistics of inference, and
            # what is only scored draws nothing that training would.
            seed = self.seed_generator if training else self.seed or 0
            drawing = () if training else kinds
            with kept_statistics(self.encoder), repeated_draws(*drawing):
                penalty = self._penalty(kinds, x, y, y_pred, seed, training)
            terms["sat"] = ops.mean(penalty)
            loss = loss + terms["sat"]
        self._record(terms, y_pred)
        return loss

    def _information(self, soft_assignment):
        """Minus the weighted mutual information, and its terms."""
        marginal = losses.marginal_entropy(soft_assignment)
        conditional = losses.conditional_entropy(soft_assignment)
        settings = self._settings
        if self.class_prior is None and settings["prior_tolerance"] == 0:
            unequal = -marginal
        else:
            # Section 3.3: a penalty in place of the constraint.
            even = [1 / self.num_clusters] * self.num_clusters
            divergence = losses.marginal_divergence(
                soft_assignment, self.class_prior or even, any_order=True
            )
            free = self._free_divergence(ops.shape(soft_assignment)[0])
            unequal = ops.relu(divergence - free)
        loss = conditional + settings["marginal_weight"] * unequal
        terms = {
            "marginal_entropy": marginal,
            "conditional_entropy": conditional,
        }
        return settings["information_weight"] * loss, terms

    def _free_divergence(self, num_samples):
        """What costs nothing: the tolerance, and what chance adds to it."""
        num_samples = ops.cast(num_samples, "float32")
        by_chance = (self.num_clusters - 1) / (2 * num_samples)
        return self._settings["prior_tolerance"] + by_chance

    def _penalty(self, kinds, x, radius, soft_assignment, seed, training):
        """R_SAT of each sample, equation (4), less a constant."""
        features = self.features(x)
        # Logarithms serve as logits: they differ by a constant.
        clean_logits = ops.log(ops.maximum(soft_assignment, _TINY))

        def predict(inputs):
            return self.logits(inputs, training)

        def of(kind):
            if kind in _RANDOM_STEPS:
                return losses.virtual_adversarial(
                    predict,
                    features,
                    radius,
                    self._settings["xi"],
                    _RANDOM_STEPS[kind],
                    seed,
                    clean_logits,
                )
            return losses.prediction_divergence(
                clean_logits, predict(distorted(kind, features))
            )

        return sum(of(kind) for kind in kinds) / len(kinds)

    def objective(self, x, batch_size=1024):
        """The loss on all of `x` at once; see `ClusteringModel`.

        It normalizes by the batch's own statistics, as training does: those
        of inference are of clean samples only, and with them the penalty
        says nothing of how well distorted samples were learned.
        """
        x = self.as_inputs(x)
        kinds, seed = self._kinds(), self.seed or 0
        total, found = 0.0, []
        # With an order and draws that are the same every time.
        batches = self._scored_batches(x, batch_size)
        draws = repeated_draws(self.encoder, *kinds)
        with kept_statistics(self.encoder), draws:
            for batch, radius in batches:
                soft_assignment = self(batch, training=True)
                found.append(soft_assignment)
                if kinds:
                    penalty = self._penalty(
                        kinds, batch, radius, soft_assignment, seed, True
                    )
                    total += float(ops.sum(penalty))
        information, _ = self._information(ops.concatenate(found))
        return total / len(x) + float(information)

    # === Config ===

    def get_config(self):
        return {
            **super().get_config(),
            "class_prior": self.class_prior,
            # No argument: what `adapt` was called with.
            "neighborhood": list(self._neighborhood),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        neighborhood = config.pop("neighborhood", ())  # older ones lack it
        model = super().from_config(config, custom_objects)
        model._neighborhood = tuple(neighborhood)
        return model


def _checked(augmentation):
    for kind in keras.tree.flatten([augmentation]):
        named = isinstance(kind, str) and kind in _RANDOM_STEPS
        instance = callable(kind) and not isinstance(kind, type)
        if kind is None or named or instance:
            continue
        raise ValueError(
            f"`augmentation` must be one of {', '.join(_RANDOM_STEPS)}, a "
            "layer or function of features, None, or a list of them. "
            f"Received: augmentation={augmentation!r}"
        )
    return augmentation
