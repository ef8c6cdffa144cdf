"""JULE as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.lengths import steps_for
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.lookups import is_auto

_NUM_PERIODS = 5


class JULE(DeepClusterer):
    """Joint unsupervised learning, by scikit-learn's interface.

    Clusters of near samples are merged while their features are learned: see
    `kerasdc.models.JULE`, which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes the paper's convolutions for images,
            a perceptron for other data. Of a network passed, a copy is used.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        augmentation: Optional layer that distorts features in training.
        num_neighbors: Integer, at least 1, of each sample in the graph.
        edges: `"fuzzy"` or, as in the paper, `"gaussian"`: see
            `kerasdc.models.JULE`.
        optimizer: Keras optimizer, or its name. `"auto"` is the paper's.
        margin: Float, at least 0, of triplets.
        keep_share: Float above 0, below 1: how many clusters are left after
            a period, as a share of those before.
        period: Integer, epochs of a period, or `"auto"`, a fifth of all.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, pairs. `None` is 50, the paper's 100 samples.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        cluster_centers_: Float array `(n_clusters, dim)`, in the embedding,
            which `transform` gives.
        model_: The fitted `kerasdc.models.JULE`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> jule = kerasdc.estimators.JULE(n_clusters=3, epochs=1)
    >>> jule.fit_predict(x).shape
    (60,)
    """

    system = models.JULE
    model_arguments = (
        "encoder",
        "preprocessor",
        "augmentation",
        "num_neighbors",
        "edges",
    )
    compile_arguments = ("optimizer", "margin", "keep_share")
    center_layer = "clustering"
    fewest_samples = 2

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        num_neighbors=10,
        edges="fuzzy",
        optimizer="auto",
        margin=0.2,
        keep_share=0.1,
        period="auto",
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
        self.num_neighbors = num_neighbors
        self.edges = edges
        self.optimizer = optimizer
        self.margin = margin
        self.keep_share = keep_share
        self.period = period
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def train(self, model, X):
        model.period = self._period(model, len(X))
        super().train(model, X)

    def _period(self, model, num_samples):
        if not is_auto(self.period):
            return checked_count("period", self.period)
        return max(self._num_epochs(model, num_samples) // _NUM_PERIODS, 1)

    def default_steps(self, num_samples):
        return steps_for(num_samples)
