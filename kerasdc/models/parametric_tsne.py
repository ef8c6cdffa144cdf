"""Parametric t-SNE: a network that lays data out in the plane."""

import keras
import numpy as np
from keras import ops

from kerasdc import losses
from kerasdc import networks
from kerasdc.callbacks import ExaggerationSchedule
from kerasdc.callbacks.lists import with_first
from kerasdc.cluster.affinities import joint_affinities
from kerasdc.layers import Scaling
from kerasdc.layers.adaptable import add_flag
from kerasdc.models.bases.parts import check_shape
from kerasdc.models.bases.pretraining import PretrainedModel
from kerasdc.targets import all_features
from kerasdc.targets.affinity_targets import AffinityTargets
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed

_AFFINITIES = ("auto", "batch", "neighbors")
_MOST_SCORED = 2000  # samples whose affinities `objective` computes


@keras.saving.register_keras_serializable(package="kerasdc")
class ParametricTSNE(PretrainedModel):
    """Parametric t-SNE: an embedding in the plane, for new samples too.

    A network learns to put near each other in the plane what is near in the
    data. How near samples are, Gaussians of one perplexity say; in the plane,
    Student's t kernel does. Unlike t-SNE, which places the samples it has
    seen, the network embeds any.

    `affinities` says which pairs count. `"batch"`: those within fixed batches,
    as in the paper. `"neighbors"`: near neighbors among all samples; a batch
    is then made of pairs, drawn by their affinity, whose members attract each
    other while all points of the batch repel each other. The loss is that of
    t-SNE on all the data, but for the normalization, which the batch
    estimates, a little too high for its own pairs are in it.

    Reference:

    - [van der Maaten, 2009](https://proceedings.mlr.press/v5/maaten09a.html),
      Learning a Parametric Embedding by Preserving Local Structure, for
      the loss, equations (2) to (4).
    - [van der Maaten, 2014](https://www.jmlr.org/papers/v15/vandermaaten14a.html),
      Accelerating t-SNE using Tree-Based Algorithms, for the graph of
      neighbors.

    Args:
        num_components: Integer, at least 1: dimensions of the embedding.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, num_components)`. `None` makes the paper's
            500-500-2000-`num_components` when data is first seen. Deeper,
            smooth ones follow neighbors better, at less cost, as the recipe
            `best`: `kerasdc.networks.mlp_encoder(shape, [300] * 8, 2,
            activation="silu")`.
        decoder: Optional `keras.Model` back from there. `fit` trains it, too;
            no gradient of it reaches the encoder. It is needed for
            `pretrain`, `inverse` and `reconstruct`.
        preprocessor: Optional layer from raw inputs to what the encoder
            takes. `"auto"` scales the mean squared feature to 1. `None` takes
            inputs as they are.
        perplexity: Float, at least 1: about how many neighbors each sample
            has. At most a third of the batch, or of all the data.
        dof: Float above 0, degrees of freedom of Student's t kernel. `"auto"`
            is `num_components - 1`, at least 1.
        affinities: `"batch"`, `"neighbors"`, or `"auto"`: by batch where one
            holds all samples.
        seed: Optional integer, of the batches. `None` follows
            `keras.utils.set_random_seed`, and fixed batches are those of 0.
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
    smallest_batch = 4  # one pair alone is all there is to be near
    _parts = ("encoder", "decoder", "preprocessor")
    published_split = "test"  # what it is for is samples it has not seen
    objective_name = "divergence of the affinities"

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
        if dof != "auto":
            dof = float(checked_number("dof", dof, above=True))
        self.dof = dof
        self.affinities = checked_choice("affinities", affinities, _AFFINITIES)
        self.set_networks(
            encoder,
            decoder,
            preprocessor,
            None,
            # Half precision would move neighbors.
            lambda: Scaling(dtype="float32"),
        )
        self.seed = checked_seed(seed)
        names = ["attraction", "repulsion"]
        if decoder is not None:
            names.append("reconstruction")
        self._terms = {name: keras.metrics.Mean(name=name) for name in names}
        self._settings = {"exaggeration": 4.0, "exaggerated_share": 0.1}
        self._targets = AffinityTargets(
            self.affinities, self.perplexity, self.seed or 0
        )

    # === Functional Model ===

    def build(self, input_shape):
        self.build_networks(input_shape)
        self.exaggeration = self.add_weight(
            name="exaggeration",
            shape=(),
            initializer="ones",
            dtype="float32",
            trainable=False,
            autocast=False,
        )
        self._fitted = add_flag(self, "fitted")
        self.add_pretrained_flag()

    def check_networks(self):
        width = (self.num_components,)
        check_shape(self.encoder, "output", width)
        if self.decoder is not None:
            check_shape(self.decoder, "input", width)

    def default_networks(self, shape):
        latent_dim = self.num_components
        return networks.mlp_encoder(shape, latent_dim=latent_dim), None

    def call(self, x, training=False):
        return self.encoder(self.features(x), training=training)

    @property
    def adapted(self):
        """Whether `fit` was begun (kept when saved)."""
        return self.built and bool(self._fitted.numpy())

    def forget_clusters(self):
        """Makes the next `fit` the first one: `pretrain` moved the samples."""
        self._fitted.assign(0)

    # === What users ask of a fitted model ===

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """The embedding, as of `embed`.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Optional integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            **kwargs: Further arguments of `keras.Model.predict`.

        Returns:
            Float array `(n, num_components)`.

        Raises:
            ValueError: If the model has not been fitted, or `x` does not fit
                it.
        """
        self._check_ready()
        return super().predict(x, batch_size, verbose, **kwargs)

    def embed(self, x, batch_size=1024, verbose=0):
        """The embedding.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, num_components)`.

        Raises:
            ValueError: As `predict`.
        """
        self._check_ready()
        return super().embed(x, batch_size, verbose)

    def inverse(self, z, batch_size=1024, verbose=0):
        """Samples for points of the embedding.

        Args:
            z: Array `(n, num_components)`.
            batch_size: Integer, points taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array in the scale and shape of the raw inputs.

        Raises:
            ValueError: If there is no decoder, or `z` is not such an array.
        """
        self._check_decoder("inverse")
        with np.errstate(over="ignore"):
            z = as_floats(z).astype("float32")
        right = z.ndim == 2 and z.shape[1] == self.num_components and len(z)
        num_finite = np.isfinite(z).sum()
        if not right or num_finite < z.size:
            raise ValueError(
                f"`z` must be finite numbers of shape (n, "
                f"{self.num_components}), n at least 1. Received: z of shape "
                f"{z.shape}, {num_finite} of its numbers finite"
            )
        return self._decoded(z, batch_size, verbose)

    def export_signatures(self):
        """`embed` serves by default; see `kerasdc.export.signatures`."""

        def embed(inputs):
            z = self.encoder(self.features(inputs), training=False)
            return {"embedding": ops.cast(z, "float32")}

        def inverse(points):
            samples = self.raw_samples(self.decoder(points, training=False))
            return {"sample": ops.cast(samples, "float32")}

        if self.decoder is None:
            return {"serving_default": embed}
        points = keras.InputSpec(
            shape=(None, self.num_components), dtype="float32", name="points"
        )
        return {"serving_default": embed, "inverse": (inverse, [points])}

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
            optimizer: Keras optimizer. `"auto"` is Adam with a learning rate
                of 0.001.
            exaggeration: Float, at least 1: how much stronger neighbors
                attract each other at first, so that groups find together
                before they spread.
            exaggerated_share: Float from 0 to 1, of the epochs of `fit` that
                are the first in this.
            **kwargs: Further arguments of `PretrainedModel.compile`
                (`pretrain_optimizer`, `reconstruction_loss`) and of
                `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of its range.
        """
        self._settings = {
            "exaggeration": float(
                checked_number("exaggeration", exaggeration, 1)
            ),
            "exaggerated_share": float(
                checked_number("exaggerated_share", exaggerated_share, 0, 1)
            ),
        }
        super().compile(optimizer=optimizer, **kwargs)

    def pretrain(self, x, **kwargs):
        """Trains encoder and decoder as an autoencoder; `fit` does not.

        Args:
            x: Training samples.
            **kwargs: As in `PretrainedModel.pretrain`.

        Returns:
            The stage's `History`.

        Raises:
            ValueError: If there is no decoder, or `x` is not usable.
        """
        self._check_decoder("pretrain")
        return super().pretrain(x, **kwargs)

    def adapt(self, x, batch_size=None):
        """Finds the affinities of samples, for `fit`.

        `fit` does it where it is missing. They are kept for the very same
        `x` only, and not saved.

        Args:
            x: Training samples.
            batch_size: Integer, that of `fit`, whose default `None` is.

        Returns:
            Array `(n, batch)` of affinities in fixed batches, or a SciPy
            sparse matrix `(n, n)`.

        Raises:
            ValueError: If `perplexity` is above a third of the others.
        """
        batch_size = self._checked_batch_size(batch_size)
        x = self.prepare(x, batch_size=batch_size)
        return self._targets.find(x, self.preprocessor, batch_size)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=100,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        initial_epoch=0,
        validation_freq=1,
    ):
        """Trains the network.

        Args:
            x: Training samples: array, list, frame, sparse matrix,
                `tf.data.Dataset` or `PyDataset`, which is read into memory.
            y: Must be `None`. Labels may color a picture, no more.
            batch_size: Integer, at least 4. `None` takes 1,000.
            epochs: Integer. In each, as many samples are seen as there are.
            verbose: As in `keras.Model.fit`.
            callbacks: Keras callbacks. A
                `kerasdc.callbacks.ExaggerationSchedule` among them stands in
                for the one that the first `fit` otherwise adds.
            validation_data: Optional samples on which the loss is reported,
                by their affinities within batches.
            initial_epoch: As in `keras.Model.fit`.
            validation_freq: As in `keras.Model.fit`.

        Returns:
            The `History`: the loss, their sum but for exaggeration, and its
            terms `attraction`, `repulsion` and, with a decoder,
            `reconstruction`.

        Raises:
            ValueError: If labels are passed, the model is not compiled,
                or `x`, `batch_size` or the perplexity is not usable.
        """
        if validation_data is not None:  # before anything is built
            validation_data = self._checked_validation(
                validation_data, batch_size
            )
        x, batch_size, epochs = self._begin_fit(
            x, y, batch_size, epochs, callbacks, initial_epoch, validation_freq
        )
        validation_data = self._validation_batches(validation_data, batch_size)
        if not self._targets.known(x, batch_size):
            self.adapt(x, batch_size)
        batches = self._targets.training_batches(
            x, batch_size, self._draw_seed, self._count_steps
        )
        self.exaggeration.assign(1.0)  # a training that was stopped left it
        if initial_epoch > 0 or not self.adapted:
            # Else groups have found together long ago.
            schedule = self._schedule(epochs)
            callbacks = with_first(
                schedule, callbacks, unless=ExaggerationSchedule
            )
        if epochs > initial_epoch:
            self._fitted.assign(1)
        return self._fit_batches(
            batches,
            callbacks,
            epochs=epochs,
            verbose=verbose,
            validation_data=validation_data,
            initial_epoch=initial_epoch,
            validation_freq=validation_freq,
        )

    def _checked_validation(self, data, batch_size):
        array = self._checked(self._validation_samples(data))
        batch_size = self._checked_batch_size(batch_size)
        self._targets.check(array, batch_size, by_batch=True)
        return array

    def _schedule(self, epochs):
        num_epochs = round(self._settings["exaggerated_share"] * epochs)
        factor = self._settings["exaggeration"]
        return ExaggerationSchedule(factor, num_epochs)

    def _scored_batches(self, x, batch_size):
        """By affinities within fixed batches."""
        return self._targets.scored_batches(x, self.preprocessor, batch_size)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Divergence of the affinities, equation (2), less a constant.

        Args:
            x: Tensor of raw inputs.
            y: Tensor `(batch, width)`, the affinities of the batch in its
                first columns; or `(batch,)`: the first half of the batch
                are neighbors of the second.
            y_pred: Tensor `(batch, num_components)`, the embedding of `x`.
            sample_weight: Not used.
            training: Boolean. `True` exaggerates.

        Returns:
            Scalar tensor, in nats (and the decoder's loss).
        """
        log_kernel = losses.log_student_t_kernel(y_pred, self._dof())
        terms = {
            "attraction": _attraction(log_kernel, y),
            "repulsion": ops.logsumexp(log_kernel),
        }
        factor = self.exaggeration if training else 1.0
        loss = factor * terms["attraction"] + terms["repulsion"]
        if self.decoder is not None:
            terms["reconstruction"] = self._decoder_loss(x, y_pred, training)
            loss = loss + terms["reconstruction"]
        self._record(terms, y_pred)
        return loss

    def _decoder_loss(self, x, embedding, training):
        outputs = self.decoder(ops.stop_gradient(embedding), training=training)
        target = ops.cast(self.features(x), "float32")
        loss = self.reconstruction_loss(target, ops.cast(outputs, "float32"))
        return ops.mean(loss)

    def _dof(self):
        if self.dof == "auto":
            return max(self.num_components - 1, 1)
        return self.dof

    def objective(self, x, batch_size=1024):
        """Divergence of the affinities of some samples; see `EncoderModel`.

        Of evenly spaced ones, at most 2,000.
        """
        self._check_ready()
        x = self.as_inputs(x)
        if len(x) < 4:  # a perplexity of 1 takes three others
            raise ValueError(
                "`objective` needs at least 4 samples. "
                f"Received: {len(x)} samples"
            )
        x = x[:: -(-len(x) // _MOST_SCORED)]
        highest = (len(x) - 1) / 3
        p = joint_affinities(
            all_features(x, self.preprocessor), min(self.perplexity, highest)
        )
        log_q = losses.log_student_t_similarities(
            self.embed(x, batch_size), self._dof()
        )
        cross_entropy = float(losses.similarity_cross_entropy(p, log_q))
        return cross_entropy + float(np.sum(p * np.log(np.maximum(p, 1e-37))))

    # === Config, checks ===

    def get_config(self):
        names = ("num_components", "perplexity", "dof", "affinities")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}

    def _check_enough(self, array):
        if len(array) < 2:
            raise ValueError(
                "An embedding needs at least 2 samples. "
                f"Received: {len(array)} samples"
            )

    def _check_batches(self, array, batch_size):
        self._targets.check(array, batch_size)

    def _check_ready(self):
        if not self.adapted:
            raise ValueError(
                "This ParametricTSNE has learned nothing yet: call `fit(x)` "
                "first. Received: adapted=False"
            )

    def _check_decoder(self, verb):
        if self.decoder is None:
            raise ValueError(
                f"`{verb}` needs a decoder: pass `encoder` and `decoder`. "
                "Received: decoder=None"
            )


def _attraction(log_kernel, y):
    """Cross-entropy of the affinities and the kernel, not normalized."""
    if len(y.shape) == 1:  # pairs
        half = ops.shape(log_kernel)[0] // 2
        return -ops.mean(ops.diagonal(log_kernel[:half, half:]))
    affinities = y[:, : ops.shape(log_kernel)[0]]
    # On the diagonal, 0 times almost minus infinity.
    return -ops.sum(ops.where(affinities > 0, affinities * log_kernel, 0.0))
