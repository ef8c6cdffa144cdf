"""IMSAT as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.lengths import steps_for


class IMSAT(DeepClusterer):
    """Information-maximizing self-augmented training, as a clusterer.

    A classifier whose clusters have high mutual information with the samples
    and do not change when a sample is perturbed: see `kerasdc.models.IMSAT`,
    which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`. `None` makes the paper's d-1200-1200,
            batch-normalized. Of a network passed, a copy is trained.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        augmentation: `"vat"`, `"rpt"`, a layer or function of features,
            `None`, or a list of several.
        class_prior: Optional `n_clusters` floats whose sum is 1, the sizes of
            the clusters; `None` makes them as equal as the data allows.
        optimizer: Keras optimizer, or its name. `"auto"` is the authors'.
        information_weight, marginal_weight, prior_tolerance, radius_factor:
            Floats; see `compile` of the model.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, at least `n_clusters`. `None` is 10 samples for
            each cluster, but at least 100.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        model_: The fitted `kerasdc.models.IMSAT`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> imsat = kerasdc.estimators.IMSAT(n_clusters=3, epochs=1)
    >>> imsat.fit_predict(x).shape
    (60,)
    """

    system = models.IMSAT
    model_arguments = ("encoder", "preprocessor", "augmentation", "class_prior")
    compile_arguments = (
        "optimizer",
        "information_weight",
        "marginal_weight",
        "prior_tolerance",
        "radius_factor",
    )

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        preprocessor="auto",
        augmentation="vat",
        class_prior=None,
        optimizer="auto",
        information_weight=0.1,
        marginal_weight=4.0,
        prior_tolerance=0.0,
        radius_factor=0.25,
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
        self.class_prior = class_prior
        self.optimizer = optimizer
        self.information_weight = information_weight
        self.marginal_weight = marginal_weight
        self.prior_tolerance = prior_tolerance
        self.radius_factor = radius_factor
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def _batch_size_of(self, model):
        if self.batch_size is None:
            return max(100, 10 * model.num_clusters)
        return self.batch_size

    def default_steps(self, num_samples):
        return steps_for(num_samples)
