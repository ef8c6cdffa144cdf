"""VaDE as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained
from kerasdc.layers import ClusteringLayer


class VaDE(Pretrained, DeepClusterer):
    """Variational deep embedding, by scikit-learn's interface.

    A variational autoencoder whose prior is a mixture of Gaussians: see
    `kerasdc.models.VaDE`, which this trains. `model_` also generates samples
    and scores outliers. After `"neighbors"`, the mixture starts from the
    clusters that DEC starts from. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`, Functional or Sequential. `None` makes, for
            `"neighbors"`, a perceptron of three layers of 256 SiLU units and
            five outputs, otherwise the paper's 500-500-2000-10. Of every
            network passed, a copy is trained.
        decoder: `keras.Model` from there to samples, linear at the end; to
            be passed with the encoder.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1; for a Bernoulli
            decoder, the largest one.
        augmentation: Optional layer that distorts features in training.
        likelihood: `"gaussian"`, or `"bernoulli"` for features from 0 to 1,
            such as pixels.
        optimizer: Keras optimizer, or its name, of the clustering. `"auto"`
            is the system's.
        fixed_weights: Boolean. `True` gives all clusters the same weight.
        pretrain_method: `"neighbors"` or `"autoencoder"`, as of `DEC`.
        pretrain_optimizer: Keras optimizer, or its name. `"auto"` is Adam.
        pretrain_epochs: Integer or `"auto"`, as of `DEC`.
        epochs: Integer or `"auto"`, as of `DEC`.
        batch_size: Integer, of both.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        cluster_centers_: Float array `(n_clusters, dim)`, the means of the
            Gaussians, in the embedding, which `transform` gives.
        model_: The fitted `kerasdc.models.VaDE`.
        n_iter_: Integer, steps of the clustering.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> vade = kerasdc.estimators.VaDE(3, pretrain_epochs=1, epochs=1)
    >>> vade.fit(x).predict_proba(x).shape
    (60, 3)
    """

    system = models.VaDE
    center_layer, center_weight = "prior", "means"
    model_arguments = (
        "encoder",
        "decoder",
        "preprocessor",
        "augmentation",
        "likelihood",
    )
    compile_arguments = (
        "optimizer",
        "fixed_weights",
        "pretrain_method",
        "pretrain_optimizer",
    )

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        decoder=None,
        preprocessor="auto",
        augmentation=None,
        likelihood="gaussian",
        optimizer="auto",
        fixed_weights=False,
        pretrain_method="neighbors",
        pretrain_optimizer="auto",
        pretrain_epochs="auto",
        epochs="auto",
        batch_size=256,
        n_init=1,
        verbose=0,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.decoder = decoder
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.likelihood = likelihood
        self.optimizer = optimizer
        self.fixed_weights = fixed_weights
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def pretrain(self, model, X):
        super().pretrain(model, X)
        if self.pretrain_method != "neighbors":
            return
        layer = ClusteringLayer(model.num_clusters)
        z, options = model.embed(X), {"method": "modular_kmeans"}
        groups = layer.adapt(z, seed=model.seed, **options)
        model.adapt(X, initial_assignments=groups)
