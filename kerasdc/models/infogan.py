"""Information-maximizing generative adversarial networks (InfoGAN)."""

import keras
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.callbacks import GeneratorDiversity
from kerasdc.layers.code_sampling import CodeSampling
from kerasdc.layers.moving_statistics import kept_statistics
from kerasdc.models.bases.augmenting import distorted
from kerasdc.models.bases.code_generation import CodeGeneration
from kerasdc.models.bases.discriminative import DiscriminativeModel
from kerasdc.models.bases.graph_start import GraphStart
from kerasdc.models.bases.parts import check_network
from kerasdc.models.bases.parts import check_shape
from kerasdc.models.bases.parts import checked_model
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.two_rates import TwoRateAdam
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number

NOISE_DIM, NUM_CODES = 62, 2  # the paper's
_RECOGNITION_UNITS = 128
_LEAK = 0.1
_MOMENTUM = 0.9


@system("infogan")
class InfoGAN(CodeGeneration, GraphStart, DiscriminativeModel):
    """InfoGAN: a generator whose codes can be told from its samples.

    A generator makes samples of noise, of a cluster, and of continuous codes.
    A discriminator learns to tell them from real ones, and a second head of
    it, Q, to tell their cluster and codes; the generator learns to deceive
    the one and to help the other. Clusters of real samples are what Q says of
    them. In the paper it has seen generated samples only; here it also learns
    to be sure of real ones, see `compile`. There is no pretraining; some
    starts end badly, so `adapt` can try several, or give Q clusters along the
    graph of neighbors to start from.

    All is one loss, of which each network feels its own part, and one
    optimizer with two learning rates: `fit` is Keras' own on every backend.

    Reference:

    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), InfoGAN:
      Interpretable Representation Learning by Information Maximizing
      Generative Adversarial Nets.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`: the discriminator without its heads.
            `None` makes the paper's when data is first seen.
        generator: Optional `keras.Model` from `(batch, noise_dim +
            num_clusters + num_codes)` to samples of features; needs its
            encoder.
        preprocessor: Optional layer from raw inputs to features. `"auto"`
            scales the largest feature to 1.
        augmentation: Optional layer or function that distorts features. Real
            samples keep their cluster when it does; the discriminator does
            not see that, so that what is generated is not distorted.
        num_codes: Integer, at least 0, continuous codes.
        noise_dim: Integer, at least 1.
        seed: As in `DEC`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(60, 8, 8)
    >>> model = kerasdc.models.InfoGAN(num_clusters=3)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=30, epochs=1, verbose=0)
    >>> model.generate(5, cluster=0).shape
    (5, 8, 8)
    """

    parts = ("encoder", "generator", "preprocessor", "augmentation")
    made_networks = ("encoder", "generator")
    terms = ("discriminator", "generator_loss", "information", "assignment")
    compile_arguments = ("information_weight", "assignment_weight")
    scaling_target = "maximum"
    default_batch_size = 128
    information_weight = assignment_weight = 1.0  # until compiled

    def __init__(
        self,
        num_clusters,
        encoder=None,
        generator=None,
        preprocessor="auto",
        augmentation=None,
        num_codes=NUM_CODES,
        noise_dim=NOISE_DIM,
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        if generator is not None and encoder is None:
            raise ValueError("A `generator` needs its `encoder`.")
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.set_networks(encoder, preprocessor, None, augmentation, seed)
        self.generator = checked_model("generator", generator)
        self.codes = CodeSampling(
            self.num_clusters, num_codes, noise_dim, self.seed, name="codes"
        )
        self.add_terms()

    # === Functional Model ===

    def default_networks(self, shape):
        return networks.infogan_encoder(shape), None

    def check_networks(self, encoder, decoder):
        if self.generator is not None:
            check_network("generator", self.generator, (self.codes.dim,))
            check_shape(self.generator, "input", (self.codes.dim,))
            check_shape(self.generator, "output", encoder.input_shape[1:])

    def build_head(self, input_shape):
        if self.generator is None:
            shape = self.encoder.input_shape[1:]
            self.generator = networks.infogan_generator(shape, self.codes.dim)
        self.codes.build(input_shape)
        dense = keras.layers.Dense
        self.realness = dense(1, dtype="float32", name="realness")
        self.realness.build(input_shape)
        self.recognition = [
            dense(_RECOGNITION_UNITS, use_bias=False, name="recognition"),
            keras.layers.BatchNormalization(
                momentum=_MOMENTUM, name="recognition_normalization"
            ),
            keras.layers.LeakyReLU(_LEAK, name="recognition_activation"),
        ]
        for layer in self.recognition:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)
        self.heads = [
            dense(self.num_clusters, dtype="float32", name="cluster_logits")
        ]
        if self.codes.num_codes:
            self.heads.append(
                dense(self.codes.num_codes, dtype="float32", name="code_means")
            )
        for layer in self.heads:
            layer.build(input_shape)
        self.add_fitted_flag()

    def logits(self, features, training=False):
        return self._judged(features, training)[1]

    def recognizer(self):
        softmax = keras.layers.Softmax(dtype="float32")
        return keras.Sequential([*self.recognition, self.heads[0], softmax])

    def _judged(self, features, training=False):
        """Logits of being real and of the clusters, means of the codes."""
        hidden = self.encoder(features, training=training)
        told = hidden
        for layer in self.recognition:
            told = layer(told, training=training)
        found = [layer(told) for layer in self.heads]
        return (self.realness(hidden)[:, 0], *found)

    def call(self, x, training=False):
        if not training:
            return super().call(x)
        features = self.features(x)
        drawn = self.codes(features)
        made = self.generator(drawn, training=True)
        made = ops.cast(made, features.dtype)
        real = self._judged(features, training=True)
        judges = [self.encoder, *self.recognition]
        # Only real samples count for the statistics of inference.
        with kept_statistics(*(each for each in judges if each.weights)):
            judged = {
                "seen": self._judged(ops.stop_gradient(made), training=True),
                "felt": self._felt_by_the_generator(made),
                "moved": self._logits_of_distorted(features),
            }
        return {"drawn": drawn, "real": real, **judged}

    def _logits_of_distorted(self, features):
        if self.augmentation is None:
            return None
        return self.logits(distorted(self.augmentation, features), True)

    def _felt_by_the_generator(self, made):
        """The judgement, through which gradients reach the generator alone."""
        judges = [self.encoder, self.realness, *self.recognition, *self.heads]
        values = [
            (weight, ops.stop_gradient(weight.value))
            for layer in judges
            for weight in layer.weights
        ]
        with keras.StatelessScope(state_mapping=values):
            return self._judged(made, training=True)

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        information_weight=1.0,
        assignment_weight=1.0,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is the authors' Adam(0.0002,
                beta_1=0.5), five times as fast for the generator: see
                `kerasdc.models.bases.two_rates.TwoRateAdam`.
            information_weight: Float, at least 0, of what Q cannot tell:
                lambda in the paper.
            assignment_weight: Float, at least 0, of the information of real
                samples and clusters, and of what an augmentation changes.
                0, as in the paper, lets the border of two clusters run
                through many real samples.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        self.information_weight = checked_number(
            "information_weight", information_weight
        )
        self.assignment_weight = checked_number(
            "assignment_weight", assignment_weight
        )
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return TwoRateAdam(2e-4, factor=5.0, beta_1=0.5)

    def _build_optimizer(self):
        super()._build_optimizer()
        if isinstance(self.optimizer, TwoRateAdam):
            self.optimizer.set_fast(self.generator.trainable_variables)

    def own_callbacks(self, x, epochs, initial_epoch):
        return [GeneratorDiversity(x)]

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """`V(D, G) - lambda L_I(G, Q)`, equation (6), as each side sees it.

        Of real samples alone, which have no codes, minus the information of
        their soft assignments.
        """
        if not training:
            return {"assignment": -losses.mutual_information(y_pred)}
        clusters, codes = self.codes.parts(y_pred["drawn"])
        information = 0.0
        for _, logits, *means in (y_pred["seen"], y_pred["felt"]):
            told = (codes, *means) if means else ()
            information += losses.code_information(clusters, logits, *told)
        real, seen, felt = (y_pred[k][0] for k in ("real", "seen", "felt"))
        return {
            "discriminator": losses.judged_wrong(real, seen),
            "generator_loss": losses.judged_generated(felt),
            "information": self.information_weight * information,
            "assignment": self.assignment_weight * self._unsure(y_pred),
        }

    def _unsure(self, y_pred):
        """Minus the information of real samples and clusters; their change."""
        logits, moved = y_pred["real"][1], y_pred["moved"]
        q = self.soft_assignment(logits)
        loss = -losses.mutual_information(q)
        if moved is not None:
            loss += losses.prediction_divergence(logits, moved)
        return loss

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """Minus the mutual information of samples and soft assignments."""
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        return -float(losses.mutual_information(q))

    # === Config ===

    def get_config(self):
        own = {
            "num_codes": self.codes.num_codes,
            "noise_dim": self.codes.noise_dim,
        }
        return {**super().get_config(), **own}
