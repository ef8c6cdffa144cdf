"""Nearest neighbors of very many samples, found approximately."""

from kerasdc.algorithms.projected_neighbors import first_of_each

MOST_EXACT = 100_000  # samples up to which all others are compared


def is_approximate(x):
    """Whether the neighbors of so many samples are found approximately.

    Args:
        x: Array `(n, dim)`.

    Returns:
        Boolean.
    """
    return len(x) > MOST_EXACT


def approximate_neighbors(x, k, metric="euclidean"):
    """The k nearest others of each sample, nearly all of them right.

    By the search of pynndescent, which compares samples with neighbors of
    their neighbors: time is about in proportion to the number of samples.

    Reference:

    - [Dong et al., 2011](https://doi.org/10.1145/1963405.1963487), Efficient
      k-Nearest Neighbor Graph Construction for Generic Similarity Measures.

    Args:
        x: Float32 array `(n, dim)`.
        k: Integer, at least 1.
        metric: `"euclidean"` or `"cosine"`.

    Returns:
        Tuple of arrays `(n, k)`: distances, the least first, and indices.

    Raises:
        ImportError: If pynndescent is missing.
    """
    try:
        from pynndescent import NNDescent
    except ImportError as error:
        raise ImportError(
            f"Neighbors of more than {MOST_EXACT:,} samples are found by "
            "pynndescent: `pip install kerasdc[umap]`, or use fewer samples, "
            f"such as by `max_samples`. Received: {len(x):,} samples"
        ) from error
    search = NNDescent(x, metric=metric, n_neighbors=2 * k + 1, random_state=0)
    indices, distances = search.neighbor_graph
    # Of twice as many, the first are nearly all right; a sample is mostly
    # the nearest one to itself.
    return first_of_each(distances, indices, k)
