"""InfoGAN as a clusterer of scikit-learn."""

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.lengths import steps_for


class InfoGAN(DeepClusterer):
    """InfoGAN, by scikit-learn's interface.

    A generator of samples, and a network that tells from which cluster a
    sample was generated: see `kerasdc.models.InfoGAN`, which this trains;
    `model_.generate` draws samples. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            features `(batch, dim)`. `None` makes the paper's convolutions for
            images, a perceptron for other data. Of a network passed, a copy
            is trained.
        generator: Optional `keras.Model`; needs its encoder.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the largest feature to 1.
        augmentation: Optional layer or function under which samples keep
            their cluster.
        num_codes: Integer, at least 0, continuous codes.
        noise_dim: Integer, at least 1.
        optimizer: Keras optimizer, or its name. `"auto"` is the authors'.
        information_weight, assignment_weight: Floats; see `compile` of the
            model.
        epochs: Integer: passes over the data. `"auto"` takes as many steps
            as there are samples, but at least 500 and at most 4,000.
        batch_size: Integer, at least `n_clusters`. `None` is 128.
        n_init: Integer: as many trainings, by consecutive seeds, of which
            that of the lowest `objective` is kept. It needs no labels.
        verbose: As in `keras.Model.fit`.
        random_state: Integer, `RandomState` or `None`: of the new weights,
            the draws and the order of samples.

    Attributes:
        labels_: Integer array `(n,)`, the clusters of the samples of `fit`.
        model_: The fitted `kerasdc.models.InfoGAN`.
        n_iter_: Integer, steps of the training.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> infogan = kerasdc.estimators.InfoGAN(n_clusters=3, epochs=1)
    >>> infogan.fit_predict(x).shape
    (60,)
    """

    system = models.InfoGAN
    model_arguments = (
        "encoder",
        "generator",
        "preprocessor",
        "augmentation",
        "num_codes",
        "noise_dim",
    )
    compile_arguments = (
        "optimizer",
        "information_weight",
        "assignment_weight",
    )

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        generator=None,
        preprocessor="auto",
        augmentation=None,
        num_codes=2,
        noise_dim=62,
        optimizer="auto",
        information_weight=1.0,
        assignment_weight=1.0,
        epochs="auto",
        batch_size=None,
        n_init=1,
        verbose=0,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.generator = generator
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.num_codes = num_codes
        self.noise_dim = noise_dim
        self.optimizer = optimizer
        self.information_weight = information_weight
        self.assignment_weight = assignment_weight
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def default_steps(self, num_samples):
        return steps_for(num_samples)
