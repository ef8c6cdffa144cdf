"""k-means and a mixture, of the samples or of their principal components."""

from sklearn.pipeline import make_pipeline

from kerasdc.baselines.preparing import Components
from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import kmeans_steps
from kerasdc.baselines.preparing import mixture_steps


def kmeans(n_clusters, random_state=None):
    """k-means of pixels, columns or tf-idf vectors, the best of 10 runs.

    Reference: S. Lloyd, "Least squares quantization in PCM", 1982; starting
    points by D. Arthur and S. Vassilvitskii, "k-means++", 2007.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    steps = kmeans_steps(n_clusters, random_state)
    return make_pipeline(Preparation(), *steps)


def pca_kmeans(n_clusters, random_state=None):
    """k-means of the first 15 principal components.

    Reference: C. Ding and X. He, "K-means clustering via principal component
    analysis", ICML 2004.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    steps = kmeans_steps(n_clusters, random_state)
    components = Components(random_state=random_state)
    return make_pipeline(Preparation(), components, *steps)


def gmm(n_clusters, random_state=None):
    """A mixture of Gaussians of the first 15 principal components.

    Each has a covariance matrix of its own: in more dimensions it would have
    more entries than many a cluster has samples. The likeliest of 10 runs.

    Reference: A. Dempster, N. Laird and D. Rubin, "Maximum likelihood from
    incomplete data via the EM algorithm", 1977.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`.

    Raises:
        ValueError: If a number is out of its range.
    """
    steps = mixture_steps(n_clusters, random_state)
    components = Components(random_state=random_state)
    return make_pipeline(Preparation(), components, *steps)
