"""k-means and mixtures on the code of an autoencoder."""

import math

import keras
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.pipeline import make_pipeline

from kerasdc import networks
from kerasdc.baselines.neighbor_maps import NeighborMap
from kerasdc.baselines.neighbor_maps import check_umap
from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import checked_arguments
from kerasdc.baselines.preparing import kmeans_steps
from kerasdc.baselines.preparing import mixture_steps
from kerasdc.models import Autoencoder
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.utils.arguments import checked_count

NUM_STEPS = 10_000
_BATCH_SIZE = 256


class AutoencoderCode(TransformerMixin, BaseEstimator):
    """The code of a perceptron d-500-500-2000-10 and its mirror image.

    It is trained by Adam on the mean squared error, in batches of 256.

    Args:
        latent_dim: Integer, at least 1, width of the code.
        num_steps: Integer, at least 1, of the training.
        random_state: Integer or `None`: of the weights and the order of
            samples.
    """

    def __init__(self, latent_dim=10, num_steps=NUM_STEPS, random_state=None):
        self.latent_dim = latent_dim
        self.num_steps = num_steps
        self.random_state = random_state

    def fit(self, X, y=None):
        """Trains on an array `(n, dim)`; `y` is ignored.

        Raises:
            ValueError: If an argument is out of its range.
        """
        steps = checked_count("num_steps", self.num_steps)
        arguments = {"latent_dim": self.latent_dim}
        with drawing_from(self.random_state):
            self.model_ = Autoencoder(
                networks.mlp_encoder(X.shape[1:], **arguments),
                networks.mlp_decoder(X.shape[1:], **arguments),
                seed=self.random_state,
            )
        self.model_.compile(keras.optimizers.Adam(1e-3))
        epochs = math.ceil(steps / math.ceil(len(X) / _BATCH_SIZE))
        self.model_.fit(X, batch_size=_BATCH_SIZE, epochs=epochs, verbose=0)
        return self

    def transform(self, X):
        """The code, floats `(n, latent_dim)`."""
        return self.model_.encoder.predict(X, batch_size=1024, verbose=0)


def autoencoder_kmeans(n_clusters, random_state=None, num_steps=NUM_STEPS):
    """k-means on the code, of 10 dimensions, of an autoencoder.

    Reference: G. Hinton and R. Salakhutdinov, "Reducing the dimensionality
    of data with neural networks", 2006; the network is that of
    [Xie et al., 2016](https://arxiv.org/abs/1511.06335).

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.
        num_steps: Integer, at least 1, steps of the training.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    steps = kmeans_steps(n_clusters, random_state)
    return _on_code(n_clusters, random_state, num_steps, steps)


def autoencoder_gmm(n_clusters, random_state=None, num_steps=NUM_STEPS):
    """A mixture of Gaussians on it; see `autoencoder_kmeans`.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.
        num_steps: Integer, at least 1, steps of the training.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    steps = mixture_steps(n_clusters, random_state)
    return _on_code(n_clusters, random_state, num_steps, steps)


def _on_code(n_clusters, random_state, num_steps, steps):
    _, seed = checked_arguments(n_clusters, random_state)
    code = AutoencoderCode(num_steps=num_steps, random_state=seed)
    return make_pipeline(Preparation(), code, *steps)


def n2d(n_clusters, random_state=None, num_steps=NUM_STEPS):
    """N2D: a mixture on UMAP of an autoencoder's code.

    Code and map have as many dimensions as there are clusters, the map is of
    20 neighbors. The paper trains for 1,000 epochs, not for 10,000 steps.

    Reference: [McConville et al., 2019](https://arxiv.org/abs/1908.05968),
    N2D: (Not Too) Deep Clustering via Clustering the Local Manifold of an
    Autoencoded Embedding.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.
        num_steps: Integer, at least 1, steps of the training.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ImportError: If umap-learn is not installed.
        ValueError: If a number is out of its range.
    """
    check_umap()
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    return make_pipeline(
        Preparation(),
        AutoencoderCode(n_clusters, num_steps, seed),
        NeighborMap(n_clusters, 20, seed),
        *mixture_steps(n_clusters, seed),
    )
