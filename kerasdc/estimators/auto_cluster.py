"""`kerasdc.cluster` as an estimator of scikit-learn."""

from kerasdc.automatic.one_call import FIT_STEPS
from kerasdc.automatic.one_call import PRETRAIN_STEPS
from kerasdc.automatic.one_call import cluster
from kerasdc.estimators.base import DeepClusterer


class AutoCluster(DeepClusterer):
    """Clusters data of any kind without a recipe: see `kerasdc.cluster`.

    Args:
        n_clusters: Integer, or `None` to choose the number, too.
        preprocessor, encoder, augmentation, shifts, method: As in
            `kerasdc.cluster`, where `"auto"` chooses.
        n_neighbors: Integer, of each sample in the graph; `"auto"` is 7 where
            images may be shifted, else 10.
        pretrain_steps, fit_steps: Integers, lengths of the trainings.
        max_minutes: Optional float, after which they end.
        random_state: Integer, `None` or `numpy.random.RandomState`.
        verbose: 0 or 1.

    Attributes:
        labels_: Integers `(n,)`, the cluster of each sample of `fit`.
        n_clusters_: Integer, the number of clusters.
        model_: Fitted `kerasdc.models.NeighborClustering`.
        result_: `kerasdc.automatic.Clustering`: choices, scores, summary.
        n_iter_: Integer, steps of the classifier's training.
        n_features_in_, feature_names_in_: As in scikit-learn.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> short = {"pretrain_steps": 10, "fit_steps": 10}
    >>> auto = kerasdc.estimators.AutoCluster(3, random_state=0, **short)
    >>> auto.fit_predict(x).shape
    (60,)
    """

    model_arguments = (
        "preprocessor",
        "encoder",
        "augmentation",
        "shifts",
        "method",
    )

    def __init__(
        self,
        n_clusters=8,
        *,
        preprocessor="auto",
        encoder="auto",
        augmentation="auto",
        shifts="auto",
        method="auto",
        n_neighbors="auto",
        pretrain_steps=PRETRAIN_STEPS,
        fit_steps=FIT_STEPS,
        max_minutes=None,
        random_state=None,
        verbose=0,
    ):
        self.n_clusters = n_clusters
        self.preprocessor = preprocessor
        self.encoder = encoder
        self.augmentation = augmentation
        self.shifts = shifts
        self.method = method
        self.n_neighbors = n_neighbors
        self.pretrain_steps = pretrain_steps
        self.fit_steps = fit_steps
        self.max_minutes = max_minutes
        self.random_state = random_state
        self.verbose = verbose

    def fitted_model(self, X):
        self.result_ = cluster(
            X,
            self.n_clusters,
            **self._parameters(self.model_arguments),
            num_neighbors=self.n_neighbors,
            pretrain_steps=self.pretrain_steps,
            fit_steps=self.fit_steps,
            max_minutes=self.max_minutes,
            seed=self._drawn_seed(),
            verbose=self.verbose,
        )
        return self.result_.model

    def _keep(self, model, X):
        super()._keep(model, X)
        self.n_clusters_ = model.num_clusters
