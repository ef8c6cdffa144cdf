"""Parametric t-SNE: a network that lays data out in the plane."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.algorithms.points import checked_points
from kerasdc.callbacks import ExaggerationSchedule
from kerasdc.layers.adaptable import add_state
from kerasdc.models.bases.encoder_model import EncoderModel
from kerasdc.models.bases.parts import check_shape
from kerasdc.models.bases.pretraining import Pretraining
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.replicas import whole_loss
from kerasdc.models.bases.sampled_training import SampledTraining
from kerasdc.targets.affinity_targets import AffinityTargets
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number

_AFFINITIES = ("auto", "batch", "neighbors")


@system("tsne")
class ParametricTSNE(SampledTraining, Pretraining, EncoderModel):
    """Parametric t-SNE: an embedding in the plane, for new samples too.

    Similarities in the embedding, by Student's t kernel, follow those in the
    data, by Gaussians of one perplexity.

    Reference:

    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure.
    - [van der Maaten, 2014](https://www.jmlr.org/papers/v15/vandermaaten14a.html),
      Accelerating t-SNE using Tree-Based Algorithms: the neighbors.

    Args:
        num_components: Integer, at least 1: dimensions of the embedding.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, num_components)`. `None` makes the paper's
            500-500-2000-`num_components` when data is first seen. A deeper one
            is more accurate and cheaper: see the recipe `best`.
        decoder: Optional `keras.Model` back from there. `fit` trains it, too;
            no gradient of it reaches the encoder. It is needed for
            `pretrain`, `inverse` and `reconstruct`.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1.
        perplexity: Float, at least 1: about how many neighbors each sample
            has. At most a third of the other samples (of the batch).
        dof: Float above 0, degrees of freedom of Student's t kernel. `"auto"`
            is `num_components - 1`, at least 1.
        affinities: Which pairs count: `"batch"`, those within fixed batches,
            as in the paper; `"neighbors"`, near neighbors among all samples:
            a batch then consists of pairs, drawn by their affinity, whose
            members attract each other while all its points repel each other;
            `"auto"`, by batch where one holds all samples.
        seed: Optional integer: of the new weights, the draws and the order of
            samples. `None` follows `keras.utils.set_random_seed`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.ParametricTSNE()
    >>> model.compile()
    >>> history = model.fit(x, epochs=5, verbose=0)
    >>> model.predict(x, verbose=0).shape
    (200, 2)
    """

    trains_decoder = True
    default_batch_size = 1000
    default_epochs = 100
    smallest_batch = 4  # one pair alone is all there is to be near
    fewest_samples = 2
    parts = ("encoder", "decoder", "preprocessor")
    terms = ("attraction", "repulsion", "reconstruction")
    compile_arguments = ("exaggeration", "exaggerated_share")
    adapted = EncoderModel.fitted

    def __init__(
        self,
        num_components=2,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        perplexity=30.0,
        dof="auto",
        affinities="auto",
        seed=None,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(**kwargs)
        self.num_components = checked_count("num_components", num_components)
        self.perplexity = float(checked_number("perplexity", perplexity, 1))
        self.dof, self._kernel_dof = dof, max(self.num_components - 1, 1)
        if dof != "auto":
            self.dof = float(checked_number("dof", dof, above=True))
            self._kernel_dof = self.dof
        self.affinities = checked_choice("affinities", affinities, _AFFINITIES)
        # Half precision would move neighbors.
        self.set_networks(
            encoder, preprocessor, decoder, seed=seed, dtype="float32"
        )
        self.terms = self.terms[: 2 if decoder is None else 3]
        self.add_terms()
        self._targets = AffinityTargets(
            self.affinities, self.perplexity, self.seed or 0
        )

    # === Functional Model ===

    def build_head(self, input_shape):
        self.current_exaggeration = add_state(self, "exaggeration", "ones")
        self.add_fitted_flag()
        self.add_pretrained_flag()

    def check_networks(self, encoder, decoder):
        width = (self.num_components,)
        check_shape(encoder, "output", width)
        if decoder is not None:
            check_shape(decoder, "input", width)

    def default_networks(self, shape):
        return networks.mlp_encoder(shape, latent_dim=self.num_components), None

    def call(self, x, training=False):
        return self.encoder(self.features(x), training=training)

    def forget_clusters(self):
        """Makes the next `fit` the first one: `pretrain` moved the samples."""
        self._fitted.assign(0)

    # === What users ask of a fitted model ===

    def embed(self, x, batch_size=1024, verbose=0, out=None):
        """The embedding `(n, num_components)`, as `predict` gives it."""
        self._check_fitted()
        return super().embed(x, batch_size, verbose, out)

    def inverse(self, z, batch_size=1024, verbose=0):
        """Samples for points of the embedding.

        Args:
            z: Array `(n, num_components)`.
            batch_size, verbose: As in `keras.Model.predict`.

        Returns:
            Float array in the scale and shape of the raw inputs.

        Raises:
            ValueError: If there is no decoder, or `z` is not such an array.
        """
        self._check_decoder("inverse")
        z = checked_points(z, 1, self.num_components)
        return self._decoded(z, batch_size, verbose)

    def export_signatures(self):
        """Adds `inverse`, with a decoder; see `kerasdc.exports.signatures`."""
        if self.decoder is None:
            return {}

        def inverse(points):
            samples = self.raw_samples(self.decoder(points, training=False))
            return {"sample": ops.cast(samples, "float32")}

        shape = (None, self.num_components)
        points = keras.InputSpec(shape=shape, dtype="float32", name="points")
        return {"inverse": (inverse, [points])}

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        exaggeration=4.0,
        exaggerated_share=0.1,
        **kwargs,
    ):
        """Configures training.

        Args:
            optimizer: Keras optimizer. `"auto"` is Adam(0.001).
            exaggeration: Float, at least 1: factor of the attraction in the
                first epochs of the first `fit`, so that groups form before
                they spread.
            exaggerated_share: Float from 0 to 1, the share of these epochs.
            **kwargs: `pretrain_optimizer`, `reconstruction_loss` (see
                `Pretraining.compile`), and arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        self.exaggeration = checked_number("exaggeration", exaggeration, 1)
        self.exaggerated_share = checked_number(
            "exaggerated_share", exaggerated_share, 0, 1
        )
        super().compile(optimizer=optimizer, **kwargs)

    def adapt(self, x, batch_size=None):
        """Finds the affinities of samples, for `fit`.

        `fit` does it where it is missing. They are kept for this `x` only.

        Args:
            x, batch_size: As in `fit`.

        Returns:
            Array `(n, batch)`, of fixed batches, or SciPy matrix `(n, n)`.

        Raises:
            ValueError: If `perplexity` is too high for the samples.
        """
        batch_size = self._checked_batch_size(batch_size)
        x = self.prepare(x, batch_size=batch_size)
        return self._targets.find(x, self.preprocessor, batch_size)

    def complete_stages(self, x, batch_size, verbose):
        if not self._targets.known(x, batch_size):
            self.adapt(x, batch_size)

    def training_batches(self, x, batch_size, shuffle=True):
        return self._targets.training_batches(
            x, batch_size, self._draw_seed, self._count_steps, shuffle
        )

    def scored_batches(self, x, batch_size):
        """By affinities within fixed batches; see `EncoderModel`."""
        return self._targets.scored_batches(x, self.preprocessor, batch_size)

    def own_callbacks(self, x, epochs, initial_epoch):
        self.current_exaggeration.assign(1.0)  # a stopped training left it
        if self.adapted and initial_epoch == 0:
            return []  # groups have formed in an earlier `fit`
        num_epochs = round(self.exaggerated_share * epochs)
        return [ExaggerationSchedule(self.exaggeration, num_epochs)]

    def _learns_in(self, epochs, initial_epoch):
        return epochs > initial_epoch

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """KL(P || Q), equation (2), less the entropy of P, in nats."""
        log_kernel = losses.log_student_t_kernel(y_pred, self._kernel_dof)
        terms = {
            "attraction": losses.attraction(log_kernel, y),
            "repulsion": ops.logsumexp(log_kernel),
        }
        if self.decoder is not None:
            terms["reconstruction"] = self._decoder_loss(x, y_pred, training)
        if training:  # early exaggeration
            factor = self.current_exaggeration - 1.0
            terms["exaggeration"] = factor * terms["attraction"]
        return terms

    def _decoder_loss(self, x, embedding, training):
        z = ops.stop_gradient(embedding)
        outputs = ops.cast(self.decoder(z, training=training), "float32")
        target = ops.cast(self.features(x), "float32")
        return whole_loss(self.reconstruction_loss, target, outputs)

    def objective(self, x, batch_size=1024):
        """Divergence of the affinities of at most 2,000 samples."""
        self._check_fitted()
        x, p = self._targets.of_some(self.as_inputs(x), self.preprocessor)
        z = self.embed(x, batch_size)
        log_q = losses.log_student_t_similarities(z, self._kernel_dof)
        cross_entropy = float(losses.similarity_cross_entropy(p, log_q))
        return cross_entropy + float(np.sum(p * np.log(np.maximum(p, 1e-37))))

    # === Config, checks ===

    def get_config(self):
        names = ("num_components", "perplexity", "dof", "affinities")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}

    def _check_batches(self, array, batch_size):
        self._targets.check(array, batch_size)

    def _checked_validation(self, data, batch_size, names=None):
        array = super()._checked_validation(data, batch_size, names)
        if array is not None:
            self._targets.check(array, batch_size, by_batch=True)
        return array

    def _check_fitted(self):
        if not self.adapted:
            raise ValueError("This model is not fitted: call `fit(x)` first.")

    _check_ready = _check_fitted

    def _check_decoder(self, verb):
        if self.decoder is None:
            raise ValueError(f"`{verb}` needs an encoder and a decoder.")
