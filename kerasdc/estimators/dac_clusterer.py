"""DAC as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.lengths import steps_for


class DAC(DeepClusterer):
    """Deep adaptive clustering, by scikit-learn's interface.

    Learns from pairs of samples that it is sure of: see `kerasdc.models.DAC`,
    which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`, `dim` at least `n_clusters`. `None` makes
            a batch-normalized network: convolutions for images, a perceptron
            for vectors. Of a network passed, a copy is trained.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1.
        augmentation: Optional layer that distorts features in training.
        optimizer: Keras optimizer, or its name. `"auto"` is the authors'.
        upper, lower: Pairs of floats: thresholds of the first and of the
            last epoch; see `compile` of the model.
        all_pairs: Boolean; likewise.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, at least `n_clusters`. `None` is 128.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels. Some
            starts end badly: try several.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        model_: The fitted `kerasdc.models.DAC`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> dac = kerasdc.estimators.DAC(n_clusters=3, epochs=1)
    >>> dac.fit_predict(x).shape
    (60,)
    """

    system = models.DAC
    model_arguments = ("encoder", "preprocessor", "augmentation")
    compile_arguments = ("optimizer", "upper", "lower", "all_pairs")

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        preprocessor="auto",
        augmentation=None,
        optimizer="auto",
        upper=models.DAC.upper,
        lower=models.DAC.lower,
        all_pairs=False,
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
        self.optimizer = optimizer
        self.upper = upper
        self.lower = lower
        self.all_pairs = all_pairs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def default_steps(self, num_samples):
        return steps_for(num_samples)
