"""TEMI as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.lengths import steps_for


class TEMI(DeepClusterer):
    """Clusters of pretrained features, by scikit-learn's interface.

    Heads learn clusters of which nearest neighbors tell each other most: see
    `kerasdc.models.TEMI`, which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`, usually pretrained and frozen. `None`
            takes `X` as the features. Of a network passed, a copy is used.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        augmentation: Optional layer that distorts features in training.
        num_heads: Integer, at least 1.
        units: Widths of the heads' hidden layers; none for linear heads.
        shared: Boolean. Whether all heads have these in common.
        num_neighbors: Integer, at least 1, at most half the samples of a
            cluster of mean size.
        optimizer: Keras optimizer, or its name. `"auto"` is the paper's.
        beta: Float above 0, up to 1; see `compile` of the model.
        momentum: Float from 0, below 1; likewise.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, pairs, at least `n_clusters`. `None` is 512.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        model_: The fitted `kerasdc.models.TEMI`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> temi = kerasdc.estimators.TEMI(n_clusters=3, epochs=1)
    >>> temi.fit_predict(x).shape
    (60,)
    """

    system = models.TEMI
    model_arguments = (
        "encoder",
        "preprocessor",
        "augmentation",
        "num_heads",
        "units",
        "shared",
        "num_neighbors",
    )
    compile_arguments = ("optimizer", "beta", "momentum")

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        num_heads=16,
        units=(512,),
        shared=True,
        num_neighbors=50,
        optimizer="auto",
        beta=0.6,
        momentum=0.996,
        epochs="auto",
        batch_size=None,
        n_init=1,
        verbose=0,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.num_heads = num_heads
        self.units = units
        self.shared = shared
        self.num_neighbors = num_neighbors
        self.optimizer = optimizer
        self.beta = beta
        self.momentum = momentum
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def default_steps(self, num_samples):
        return steps_for(num_samples)
