"""DEPICT as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained


class DEPICT(Pretrained, DeepClusterer):
    """Deep embedded regularized clustering, by scikit-learn's interface.

    A softmax on a noisy encoder learns its own assignments of clean samples,
    balanced by the sizes of clusters, while a decoder reconstructs them: see
    `kerasdc.models.DEPICT`, which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model`, as of `DEC`. Of every network passed,
            a copy is trained.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation: As of `DEC`.
        optimizer: Keras optimizer, or its name, of the clustering. `"auto"`
            is the system's.
        update_interval: Optional integer, steps from one refresh of the
            targets to the next; `None` is one pass over the data.
        target_power: Float above 0, of assignments in targets.
        frequency_power: Float, at least 0, of the sizes of clusters there.
        layerwise_weight: Float, at least 0, of the errors of features of the
            encoder's layers, or `"auto"`.
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
        model_: The fitted `kerasdc.models.DEPICT`.
        n_iter_: Integer, steps of the clustering.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> depict = kerasdc.estimators.DEPICT(3, pretrain_epochs=1, epochs=1)
    >>> depict.fit_predict(x).shape
    (60,)
    """

    system = models.DEPICT
    model_arguments = (
        "encoder",
        "decoder",
        "preprocessor",
        "augmentation",
    )
    compile_arguments = (
        "optimizer",
        "update_interval",
        "target_power",
        "frequency_power",
        "layerwise_weight",
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
        optimizer="auto",
        update_interval=None,
        target_power=1.0,
        frequency_power=0.5,
        layerwise_weight="auto",
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
        self.optimizer = optimizer
        self.update_interval = update_interval
        self.target_power = target_power
        self.frequency_power = frequency_power
        self.layerwise_weight = layerwise_weight
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state
