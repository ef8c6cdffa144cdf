"""The embedding network as a clusterer of scikit-learn."""

import keras

from kerasdc import models
from kerasdc.estimators.base import DeepClusterer
from kerasdc.estimators.pretrained import Pretrained
from kerasdc.utils.lookups import is_auto

_GENTLE = 1e-4  # learning rate that keeps what the neighbors have given


class EmbeddingNetwork(Pretrained, DeepClusterer):
    """The embedding network, by scikit-learn's interface.

    An autoencoder, and a second network that preserves the neighbors of its
    latent; k-means finds the clusters: see `kerasdc.models.EmbeddingNetwork`,
    which this trains. `y` is never used.

    Args:
        n_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes, for `"neighbors"`, a perceptron of
            three layers of 256 SiLU units and five outputs, otherwise
            500-500-2000-10. Of every network passed, a copy is trained.
        decoder: `keras.Model` from there to samples; to be passed with the
            encoder.
        embedding: Optional `keras.Model` from the encoder's output to the
            embedding; needs its encoder.
        preprocessor: Optional layer from `X` to what the encoder takes.
            `"auto"` scales the mean squared feature to 1; for a Bernoulli
            decoder, the largest one.
        augmentation: Optional layer that distorts features in training.
        likelihood: `"gaussian"`, or `"bernoulli"` for features from 0 to 1,
            such as pixels.
        optimizer: Keras optimizer, or its name, of both networks together.
            `"auto"` is Adam with a learning rate of 0.0001 after
            `"neighbors"`, otherwise of 0.001.
        similarity_weight: Float, at least 0: weight of the similarities'
            loss for the encoder.
        conditional, summed: Booleans, `method`: String; see `compile` of the
            model.
        pretrain_method: `"neighbors"` or `"autoencoder"`, as of `DEC`.
        pretrain_optimizer: Keras optimizer, or its name. `"auto"` is Adam.
        pretrain_epochs: Integer or `"auto"`, as of `DEC`.
        epochs: Integer: passes over the data. `"auto"` takes, after
            `"neighbors"`, a fortieth of these steps, but at least 50, and
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
        model_: The fitted `kerasdc.models.EmbeddingNetwork`.
        n_iter_: Integer, steps of both networks together.
        n_features_in_: Integer, the second axis of `X`.
        feature_names_in_: Array of strings, of a frame's columns.

    Example:

    >>> x = np.random.rand(60, 4)
    >>> network = kerasdc.estimators.EmbeddingNetwork(
    ...     3, pretrain_epochs=1, epochs=1
    ... )
    >>> network.fit(x).cluster_centers_.shape
    (3, 5)
    """

    system = models.EmbeddingNetwork
    center_layer = "clustering"
    share = 40  # more moves the clusters together
    fewest_samples = 3  # of two, each is all that the other can be near
    model_arguments = (
        "encoder",
        "decoder",
        "embedding",
        "preprocessor",
        "augmentation",
        "likelihood",
    )
    compile_arguments = (
        "optimizer",
        "similarity_weight",
        "conditional",
        "summed",
        "method",
        "pretrain_method",
        "pretrain_optimizer",
    )

    def __init__(
        self,
        n_clusters=8,
        *,
        encoder=None,
        decoder=None,
        embedding=None,
        preprocessor="auto",
        augmentation=None,
        likelihood="gaussian",
        optimizer="auto",
        similarity_weight=30.0,
        conditional=True,
        summed=False,
        method="kmeans",
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
        self.embedding = embedding
        self.preprocessor = preprocessor
        self.augmentation = augmentation
        self.likelihood = likelihood
        self.optimizer = optimizer
        self.similarity_weight = similarity_weight
        self.conditional = conditional
        self.summed = summed
        self.method = method
        self.pretrain_method = pretrain_method
        self.pretrain_optimizer = pretrain_optimizer
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.verbose = verbose
        self.random_state = random_state

    def _parameters(self, names):
        found = super()._parameters(names)
        if "optimizer" in found and is_auto(found["optimizer"]):
            if self.pretrain_method == "neighbors":
                found["optimizer"] = keras.optimizers.Adam(_GENTLE)
        return found
