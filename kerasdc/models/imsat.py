"""Information-maximizing self-augmented training (IMSAT)."""

import keras
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.layers.seeded import Seeded
from kerasdc.models.bases.augmenting import checked_kinds
from kerasdc.models.bases.augmenting import distorted
from kerasdc.models.bases.augmenting import kinds_of
from kerasdc.models.bases.augmenting import repeated_draws
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.perturbation_radii import RANDOM_STEPS
from kerasdc.models.bases.perturbation_radii import PerturbationRadii
from kerasdc.models.bases.registry import system
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_shares

_TINY = 1e-37  # float32 reaches down to 1e-38


@system("imsat")
class IMSAT(Seeded, PerturbationRadii, DiscriminativeModel):
    """Information-maximizing self-augmented training: clusters directly.

    A classifier learns assignments that have high mutual information with the
    samples and do not change when a sample is perturbed (SAT). There is no
    decoder and no pretraining.

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
        augmentation: You choose the perturbation: `"vat"`, virtual
            adversarial training, in the direction in which the assignment
            changes most; `"rpt"`, random perturbation training, in a random
            one; both by a quarter of the distance to the tenth neighbor; for
            images a layer, or function registered for saving, such as
            `kerasdc.layers.RandomShiftRotation`; `None` for RIM; or a list of
            several, whose penalties are averaged.
        class_prior: Optional `num_clusters` floats above 0 whose sum is 1:
            the clusters' sizes, where they are known and unequal, in any
            order. `None` makes them as equal as the data allows.
        neighborhood: Optional pair, `neighbor` and `max_references` of `adapt`.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.IMSAT(num_clusters=3)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=50, epochs=2, verbose=0)
    >>> model.assign(x).shape
    (200,)
    """

    terms = ("sat", "information", "marginal_entropy", "conditional_entropy")
    compile_arguments = (
        "information_weight",
        "marginal_weight",
        "prior_tolerance",
        "radius_factor",
        "xi",
    )

    def __init__(
        self,
        num_clusters,
        encoder=None,
        preprocessor="auto",
        augmentation="vat",
        class_prior=None,
        neighborhood=(),
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.class_prior = class_prior
        if class_prior is not None:
            prior = checked_shares("class_prior", class_prior, num_clusters)
            self.class_prior = prior.tolist()
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.add_terms()
        self.set_neighborhood(neighborhood)

    # === Functional Model ===

    def checked_augmentation(self, augmentation):
        return checked_kinds(augmentation, RANDOM_STEPS)

    def default_networks(self, shape):
        return networks.normalized_mlp_encoder(shape), None

    def build_head(self, input_shape):
        self.head = keras.layers.Dense(
            self.num_clusters,
            # The authors' `wscale` of 0.0001: assignments start undecided.
            kernel_initializer=keras.initializers.VarianceScaling(
                1e-4, "fan_in", "untruncated_normal"
            ),
            dtype="float32",
            name="head",
        )
        self.head.build(input_shape)
        self.add_fitted_flag()

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
            optimizer: Keras optimizer. `"auto"` is the authors' Adam(0.002).
            information_weight: Float, lambda: weight of mutual information.
            marginal_weight: Float, mu: weight of H(Y) in it.
            prior_tolerance: Float, at least 0, in nats: divergence of the
                clusters' sizes from `class_prior`, or from equal ones, that
                costs nothing (in the paper, 0.01 log k); see
                `kerasdc.losses.size_penalty`. Without `class_prior`, 0
                maximizes H(Y) instead.
            radius_factor: Float above 0: length over neighbor's distance.
            xi: Float above 0: see `kerasdc.losses.adversarial_direction`.
            **kwargs: Further arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        checked_number("information_weight", information_weight)
        self.information_weight = information_weight
        self.marginal_weight = checked_number(
            "marginal_weight", marginal_weight
        )
        self.prior_tolerance = checked_number(
            "prior_tolerance", prior_tolerance
        )
        checked_number("radius_factor", radius_factor, above=True)
        self.radius_factor = radius_factor
        self.xi = checked_number("xi", xi, above=True)
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(2e-3)

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """R_SAT - lambda (mu H(Y) - H(Y|X)), equation (7), in nats."""
        terms = {"information": self._information(y_pred)}
        if kinds_of(self.augmentation):
            # Statistics of inference are of clean inputs only.
            seed = self.seed_generator if training else self.seed or 0
            drawing = () if training else kinds_of(self.augmentation)
            with kept_statistics(self.encoder), repeated_draws(*drawing):
                terms["sat"] = self._penalty(x, y, y_pred, seed, training)
        self.report(
            y_pred,
            marginal_entropy=losses.marginal_entropy(y_pred),
            conditional_entropy=losses.conditional_entropy(y_pred),
        )
        return terms

    def _information(self, soft_assignment):
        """Minus lambda times the weighted mutual information."""
        if self.class_prior is None and self.prior_tolerance == 0:
            unequal = -losses.marginal_entropy(soft_assignment)
        else:
            unequal = losses.size_penalty(
                soft_assignment, self.class_prior, self.prior_tolerance
            )
        loss = losses.conditional_entropy(soft_assignment)
        return self.information_weight * (loss + self.marginal_weight * unequal)

    def _penalty(self, x, radius, soft_assignment, seed, training):
        """R_SAT of each sample, equation (4), less a constant."""
        features = self.features(x)
        # Logarithms serve as logits: they differ by a constant.
        clean = ops.log(ops.maximum(soft_assignment, _TINY))

        def predict(inputs):
            return self.logits(inputs, training)

        def divergence(kind):
            if kind not in RANDOM_STEPS:
                logits = predict(distorted(kind, features))
                return losses.prediction_divergence(clean, logits)
            steps = RANDOM_STEPS[kind]
            return losses.virtual_adversarial(
                predict, features, radius, self.xi, steps, seed, clean
            )

        kinds = kinds_of(self.augmentation)
        return sum(map(divergence, kinds)) / len(kinds)

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """The loss on all of `x`, normalized by batches, as training does."""
        self._check_fitted()
        x, total, found = self.as_inputs(x), 0.0, []
        same = repeated_draws(self.encoder, *kinds_of(self.augmentation))
        with kept_statistics(self.encoder), same:
            for batch, *radius in self.scored_batches(x, batch_size):
                q = self(batch, training=True)
                found.append(q)
                if kinds_of(self.augmentation):
                    drawn = (q, self.seed or 0, True)
                    penalty = self._penalty(batch, *(radius or [None]), *drawn)
                    total += float(ops.sum(penalty))
        information = self._information(ops.concatenate(found))
        return total / len(x) + float(information)

    # === Config ===

    def get_config(self):
        return {
            **super().get_config(),
            "class_prior": self.class_prior,
        }
