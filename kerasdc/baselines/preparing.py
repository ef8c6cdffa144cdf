"""Steps that several baselines share."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import FunctionTransformer

from kerasdc.automatic.choices import MAX_WORDS
from kerasdc.automatic.choices import choose
from kerasdc.layers import TfIdf
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.inputs import to_array

NUM_COMPONENTS = 15


class Preparation(TransformerMixin, BaseEstimator):
    """Rows of numbers from raw images, columns or texts.

    Texts become tf-idf vectors of the 2,000 most frequent words, as in the
    recipes. Columns whose ranges differ more than fivefold are standardized.
    All else, such as pixels, stays as it is, but for one factor: the
    variance of the features becomes 1 in the mean.
    """

    def fit(self, X, y=None):
        """Looks at the data.

        Args:
            X: Array `(n, ...)`, frame, sparse matrix or texts `(n,)`.
            y: Ignored; as scikit-learn has it.

        Returns:
            The transformer itself.

        Raises:
            ValueError: If `X` is empty, not finite or not numeric.
        """
        X = to_array(X, allow_text=True)
        self.words_, self.shape_ = None, X.shape[1:]
        self.center_, self.scale_ = 0.0, 1.0
        if X.dtype == object:
            self.shape_ = None
            self.words_ = TfIdf(MAX_WORDS)
            self.words_.adapt(X)
            return self
        rows = X.reshape(len(X), -1)
        deviations = rows.std(axis=0, dtype="float64")
        if choose(X).preprocessor == "standardization":
            self.center_ = rows.mean(axis=0, dtype="float64")
            self.scale_ = np.where(deviations > 0, deviations, 1.0)
        else:
            self.scale_ = np.sqrt(np.mean(deviations**2)) or 1.0
        return self

    def transform(self, X):
        """Float32 array `(n, dim)` of samples as in `fit`."""
        X = to_array(X, self.shape_, allow_text=self.words_ is not None)
        if self.words_ is not None:
            return self.words_.transform(X)
        rows = X.reshape(len(X), -1)
        return ((rows - self.center_) / self.scale_).astype("float32")


class Components(TransformerMixin, BaseEstimator):
    """Principal components: no more of them than the data have.

    Args:
        n_components: Integer, the largest number.
        random_state: Integer or `None`.
    """

    def __init__(self, n_components=NUM_COMPONENTS, random_state=None):
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None):
        """Finds them in an array `(n, dim)`; `y` is ignored."""
        num = min(self.n_components, *X.shape)
        self.pca_ = PCA(num, random_state=self.random_state).fit(X)
        return self

    def transform(self, X):
        """Array `(n, num)` of the samples' components."""
        return self.pca_.transform(X)


def kmeans_steps(n_clusters, random_state):
    """The last step of a pipeline: k-means, the best of 10 runs.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        List of scikit-learn estimators.

    Raises:
        ValueError: If one is out of its range.
    """
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    return [KMeans(n_clusters, n_init=10, random_state=seed)]


def mixture_steps(n_clusters, random_state):
    """The last steps: a mixture of Gaussians, the likeliest of 10.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        List of scikit-learn estimators.

    Raises:
        ValueError: If one is out of its range.
    """
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    # Covariances are differences of squares: not in float32.
    exact = FunctionTransformer(np.asarray, kw_args={"dtype": "float64"})
    mixture = GaussianMixture(
        n_clusters, n_init=10, max_iter=500, random_state=seed
    )
    return [exact, mixture]


def checked_arguments(n_clusters, random_state):
    """Both as integers (a `random_state` of `None` stays), or raises.

    Args:
        n_clusters: What the caller passed.
        random_state: What the caller passed.

    Raises:
        ValueError: If `n_clusters` is not an integer of at least 1, or
            `random_state` neither `None` nor an integer from 0 to 2**32 - 1.
    """
    n_clusters = checked_count("n_clusters", n_clusters)
    if random_state is not None:
        highest = 2**32 - 1  # that scikit-learn takes
        random_state = checked_count("random_state", random_state, 0, highest)
    return n_clusters, random_state
