"""All baselines: the module of each one, and what it takes."""

import dataclasses
import importlib

from kerasdc.utils.arguments import checked_name

RECIPE = "plain"  # in results; a baseline has one set of parameters


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of a baseline without importing it.

    Attributes:
        module: String, the module of `kerasdc.baselines` that has the
            function of this name.
        backend: String, the package that does the work. `None` is Keras'
            backend.
        kinds: Kinds of data sets that it takes; see
            `kerasdc.datasets.Dataset`.
    """

    module: str
    backend: str | None = "scikit-learn"
    kinds: tuple = ("image", "tabular", "text")


BASELINES = {
    "kmeans": Known("direct"),
    "gmm": Known("direct"),
    "pca_kmeans": Known("direct"),
    "ward": Known("ward_linkage"),
    "spectral": Known("neighbor_cuts"),
    "lsa_kmeans": Known("latent_semantics", kinds=("text",)),
    "umap_kmeans": Known("neighbor_maps", "umap-learn"),
    "umap_gmm": Known("neighbor_maps", "umap-learn"),
    "autoencoder_kmeans": Known("autoencoder_codes", None),
    "autoencoder_gmm": Known("autoencoder_codes", None),
    "n2d": Known("autoencoder_codes", None),
}


def list_baselines():
    """Names of the baselines.

    Returns:
        List of strings.

    Example:

    >>> kerasdc.baselines.list_baselines()[:2]
    ['kmeans', 'gmm']
    """
    return list(BASELINES)


def make_baseline(name, n_clusters, random_state=None):
    """A baseline by its name, not fitted yet.

    Args:
        name: One of `list_baselines()`.
        n_clusters: Integer, at least 1.
        random_state: Integer from 0 to 2**32 - 1, or `None`.

    Returns:
        `sklearn.pipeline.Pipeline`. `fit_predict(x)` returns integers `(n,)`
        from 0 to `n_clusters - 1`; there is `predict(x)` where the method
        can assign new samples.

    Raises:
        ImportError: If it needs a package that is not installed.
        ValueError: If there is no such baseline, or a number is out of its
            range.

    Example:

    >>> x = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> kmeans = kerasdc.baselines.make_baseline("kmeans", 2, random_state=0)
    >>> clusters = kmeans.fit_predict(x)
    >>> (clusters == clusters[0]).tolist()
    [True, True, False, False]
    """
    known = BASELINES[checked_name("name", name, BASELINES, "baseline")]
    module = importlib.import_module(f"kerasdc.baselines.{known.module}")
    return getattr(module, name)(n_clusters, random_state=random_state)
