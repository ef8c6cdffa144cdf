"""IDEC as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained


class IDEC(Pretrained, DeepClusterer):
    """Improved deep embedded clustering, by scikit-learn's interface.

    An embedding is learned, k-means finds centers in it, and self-training
    sharpens both, while a decoder keeps reconstructing samples: see
    `kerasdc.models.IDEC`, which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model`, as of `DEC`. Of every network passed,
            a copy is trained.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation: As of `DEC`.
        alpha: Float above 0, degrees of freedom of the Student t kernel.
        optimizer: Keras optimizer, or its name, of the clustering. `"auto"`
            is the system's.
        update_interval: Optional integer, steps from one refresh of the
            targets to the next; `None` is one pass over the data.
        kld_weight: Float, at least 0, of the clustering's loss beside the
            reconstruction's.
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
        cluster_centers_: Float array `(n_clusters, dim)`, in the embedding,
            which `transform` gives.
        model_: The fitted `kerasdc.models.IDEC`.
        n_iter_: Integer, steps of the clustering.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> idec = kerasdc.estimators.IDEC(3, pretrain_epochs=1, epochs=1)
    >>> idec.fit_predict(x).shape
    (60,)
    """

    system = models.IDEC
    center_layer = "clustering"
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
        "kld_weight",
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
        kld_weight=0.1,
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
        self.kld_weight = kld_weight
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state
