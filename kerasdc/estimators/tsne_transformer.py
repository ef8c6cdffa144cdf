"""Parametric t-SNE as a transformer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepEstimator
from kerasdc.estimators.lengths import steps_for
from kerasdc.estimators.pretrained import Pretrained
from kerasdc.targets import AffinityBatches
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.lookups import is_auto

_PERPLEXITY = 30.0


class ParametricTSNE(Pretrained, DeepEstimator):
    """Parametric t-SNE, by scikit-learn's interface: maps new samples, too.

    See `kerasdc.models.ParametricTSNE`, which this trains. `y` is never used.

    Args:
        n_components: Integer, at least 1: dimensions of the embedding.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, n_components)`. `None` makes, for `"neighbors"`, a
            perceptron of three layers of 256 SiLU units, otherwise the
            paper's 500-500-2000. Of every network passed, a copy is trained.
        decoder: Optional `keras.Model` back from there.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        perplexity: Float, at least 1: about how many neighbors each sample
            has. `"auto"` is 30, or a third of the other samples of a batch
            if that is less.
        dof: Float above 0, degrees of freedom of Student's t kernel. `"auto"`
            is `n_components - 1`, at least 1.
        affinities: `"auto"`, `"batch"` or `"neighbors"`; see the model.
        optimizer: Keras optimizer, or its name. `"auto"` is Adam.
        exaggeration: Float, at least 1: factor of the attraction in the
            first epochs.
        pretrain_method: What the embedding starts from: `"neighbors"`, the
            graph of nearest neighbors; `"autoencoder"`, which needs encoder
            and decoder; or `None`, random weights.
        pretrain_optimizer: Keras optimizer, or its name. `"auto"` is Adam.
        pretrain_epochs: Integer or `"auto"`, as of `DEC`.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, at least 4, of both.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        embedding_: Float32 array `(n, n_components)` of the samples of `fit`.
        model_: The fitted `kerasdc.models.ParametricTSNE`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> tsne = kerasdc.estimators.ParametricTSNE(pretrain_epochs=1, epochs=1)
    >>> tsne.fit_transform(x).shape
    (60, 2)
    """

    system = models.ParametricTSNE
    fewest_samples = 4  # each has three others: a perplexity of 1
    has_decoder = False
    model_arguments = (
        "encoder",
        "decoder",
        "preprocessor",
        "dof",
        "affinities",
    )
    compile_arguments = (
        "optimizer",
        "exaggeration",
        "pretrain_method",
        "pretrain_optimizer",
    )

    def __init__(
        self,
        n_components=2,
        *,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        perplexity="auto",
        dof="auto",
        affinities="auto",
        optimizer="auto",
        exaggeration=4.0,
        pretrain_method="neighbors",
        pretrain_optimizer="auto",
        pretrain_epochs="auto",
        epochs="auto",
        batch_size=500,
        n_init=1,
        verbose=0,
        random_state=None,
    ):
        self.n_components = n_components
        self.encoder = encoder
        self.decoder = decoder
        self.preprocessor = preprocessor
        self.perplexity = perplexity
        self.dof = dof
        self.affinities = affinities
        self.optimizer = optimizer
        self.exaggeration = exaggeration
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    @property
    def latent_dim(self):
        """Outputs of an encoder that is not passed."""
        return self.n_components

    def pretrain(self, model, X):
        if self.pretrain_method is not None:
            super().pretrain(model, X)

    def default_steps(self, num_samples):
        return steps_for(num_samples)

    def _sizes(self, X):
        perplexity = self.perplexity
        if is_auto(perplexity):
            others = self._smallest_batch(len(X)) - 1
            perplexity = min(_PERPLEXITY, max(others / 3, 1.0))
        return {"num_components": self.n_components, "perplexity": perplexity}

    def _smallest_batch(self, num_samples):
        """Among how many samples neighbors are looked for."""
        batch_size = checked_count("batch_size", self.batch_size, 4)
        if self.affinities != "batch":
            return num_samples
        num_batches = AffinityBatches.count_batches(num_samples, batch_size)
        return num_samples // num_batches

    def _parameters(self, names):
        found = super()._parameters(names)
        if found.get("pretrain_method", "") is None:
            del found["pretrain_method"]
        return found

    def _keep(self, model, X):
        super()._keep(model, X)
        self.embedding_ = self._outputs("embed", X)
