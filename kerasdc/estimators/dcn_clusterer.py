"""DCN as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained


class DCN(Pretrained, DeepClusterer):
    """Deep clustering network, by scikit-learn's interface.

    An embedding is learned in which samples come near the centers that
    k-means finds, while a decoder keeps reconstructing them: see
    `kerasdc.models.DCN`, which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model`, as of `DEC`. Of every network passed,
            a copy is trained.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation: As of `DEC`.
        initial_count: Float above 0: as how many samples each center counts
            at first.
        optimizer: Keras optimizer, or its name, of the clustering. `"auto"`
            is the system's.
        clustering_weight: Float, at least 0, of the squared distances to
            centers, beside the reconstruction's error.
        kmeans_interval: Integer, epochs after which k-means goes on from the
            centers.
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
        model_: The fitted `kerasdc.models.DCN`.
        n_iter_: Integer, steps of the clustering.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> dcn = kerasdc.estimators.DCN(3, pretrain_epochs=1, epochs=1)
    >>> dcn.fit_predict(x).shape
    (60,)
    """

    system = models.DCN
    center_layer = "clustering"
    model_arguments = (
        "encoder",
        "decoder",
        "preprocessor",
        "augmentation",
        "initial_count",
    )
    compile_arguments = (
        "optimizer",
        "clustering_weight",
        "kmeans_interval",
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
        initial_count=100.0,
        optimizer="auto",
        clustering_weight=1.0,
        kmeans_interval=10,
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
        self.initial_count = initial_count
        self.optimizer = optimizer
        self.clustering_weight = clustering_weight
        self.kmeans_interval = kmeans_interval
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state
