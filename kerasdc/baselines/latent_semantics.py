"""k-means of texts' latent semantics."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import normalize

from kerasdc.baselines.preparing import checked_arguments
from kerasdc.baselines.preparing import kmeans_steps
from kerasdc.utils.inputs import to_array


class LatentSemantics(TransformerMixin, BaseEstimator):
    """Singular vectors of texts' tf-idf, of length 1.

    All words count that are in at least two texts, but in no more than half
    of them.

    Args:
        n_components: Integer, the largest number of singular vectors.
        random_state: Integer or `None`.
    """

    def __init__(self, n_components=100, random_state=None):
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None):
        """Finds words and singular vectors of texts `(n,)`; `y` is ignored.

        Raises:
            ValueError: If `X` does not hold texts, or they share no words.
        """
        self.words_ = TfidfVectorizer(
            sublinear_tf=True, min_df=2, max_df=0.5, dtype=np.float32
        )
        rows = self.words_.fit_transform(_texts(X))
        most = min(rows.shape) - 1 or 1
        self.svd_ = TruncatedSVD(
            min(self.n_components, most), random_state=self.random_state
        ).fit(rows)
        return self

    def transform(self, X):
        """Float array `(n, num)`, rows of length 1 or, without words, 0."""
        return normalize(self.svd_.transform(self.words_.transform(_texts(X))))


def _texts(X):
    X = to_array(X, allow_text=True)
    if X.dtype != object:
        raise ValueError(
            "Latent semantics are those of texts, `(n,)`. "
            f"Received: x of dtype {X.dtype}"
        )
    return X


def lsa_kmeans(n_clusters, random_state=None):
    """k-means of 100 latent semantic dimensions of texts.

    Reference: S. Deerwester et al., "Indexing by latent semantic analysis",
    1990.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict` and `predict`, which
        take texts only.

    Raises:
        ValueError: If a number is out of its range.
    """
    n_clusters, seed = checked_arguments(n_clusters, random_state)
    semantics = LatentSemantics(random_state=seed)
    return make_pipeline(semantics, *kmeans_steps(n_clusters, seed))
