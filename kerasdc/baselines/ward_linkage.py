"""Ward's agglomeration."""

from sklearn.cluster import AgglomerativeClustering
from sklearn.pipeline import make_pipeline

from kerasdc.baselines.preparing import Preparation
from kerasdc.baselines.preparing import checked_arguments

MOST_SAMPLES = 30_000  # whose distances take 3.6 GB


class Agglomeration(AgglomerativeClustering):
    """scikit-learn's, which merges by Ward's criterion, of not too many.

    Args:
        n_clusters: Integer, at least 1.
    """

    def __init__(self, n_clusters=2):
        super().__init__(n_clusters)

    def fit(self, X, y=None):
        """Merges samples, `(n, dim)`; `y` is ignored.

        Raises:
            ValueError: If there are more than 30,000.
        """
        if len(X) > MOST_SAMPLES:
            raise ValueError(
                "Ward's method keeps the distances of all pairs: there may "
                f"be at most {MOST_SAMPLES:,} samples. Received: {len(X):,} "
                "samples"
            )
        return super().fit(X)


def ward(n_clusters, random_state=None):
    """Merges the two clusters whose union is least spread, repeatedly.

    It draws nothing, and assigns no new samples. Its memory grows with the
    square of the number of samples.

    Reference: J. H. Ward, "Hierarchical grouping to optimize an objective
    function", JASA 58, 1963.

    Args:
        n_clusters: Integer, at least 1.
        random_state: Ignored, after a check; all baselines have it.

    Returns:
        `sklearn.pipeline.Pipeline` with `fit_predict`, which raises
        `ValueError` of more than 30,000 samples.

    Raises:
        ValueError: If a number is out of its range.
    """
    n_clusters, _ = checked_arguments(n_clusters, random_state)
    return make_pipeline(Preparation(), Agglomeration(n_clusters))
