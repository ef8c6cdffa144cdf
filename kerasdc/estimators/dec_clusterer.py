"""DEC as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained


class DEC(Pretrained, DeepClusterer):
    """Deep embedded clustering, by scikit-learn's interface.

    An embedding is learned, k-means finds centers in it, and self-training
    sharpens both: see `kerasdc.models.DEC`, which this trains. `y` is never
    used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes, for `"neighbors"`, a perceptron of
            three layers of 256 SiLU units and five outputs, otherwise the
            paper's 500-500-2000-10. Of every network passed, a copy is
            trained.
        decoder: Optional `keras.Model` from the embedding to samples.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        augmentation: Optional layer that distorts features in training.
        alpha: Float above 0, degrees of freedom of the Student t kernel.
        optimizer: Keras optimizer, or its name, of the clustering. `"auto"`
            is the system's.
        update_interval: Optional integer, steps from one refresh of the
            targets to the next; `None` is one pass over the data.
        pretrain_method: `"neighbors"` trains the encoder by UMAP's loss on
            the graph of nearest neighbors; `"autoencoder"`, as the paper, as
            half of an autoencoder.
        pretrain_optimizer: Keras optimizer, or its name. `"auto"` is Adam.
        pretrain_epochs: Integer: passes over the data, or, of
            `"neighbors"`, hundreds of steps. `"auto"` takes as many steps as
            there are samples, but at least 500 and at most 4,000.
        epochs: Integer: passes over the data. `"auto"` takes, after
            `"neighbors"`, a tenth of these steps, but at least 50, and
            otherwise as many.
        batch_size: Integer, of both.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        cluster_centers_: Float array `(n_clusters, dim)`, in the embedding,
            which `transform` gives.
        model_: The fitted `kerasdc.models.DEC`.
        n_iter_: Integer, steps of the clustering.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> dec = kerasdc.estimators.DEC(n_clusters=3, pretrain_epochs=1, epochs=1)
    >>> dec.fit_predict(x).shape
    (60,)
    >>> dec.transform(x).shape
    (60, 5)
    """

    system = models.DEC
    center_layer = "clustering"
    has_decoder = False
    model_arguments = (
        "encoder",
        "decoder",
        "preprocessor",
        "augmentation",
        "alpha",
    )
    compile_arguments = (
        "optimizer",
        "update_interval",
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
        alpha=1.0,
        optimizer="auto",
        update_interval=None,
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
        self.alpha = alpha
        self.optimizer = optimizer
        self.update_interval = update_interval
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state
