"""The graph of neighbors of what a model is trained on."""

import numpy as np

from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.shifted_neighbors import shifted_neighbor_graph
from kerasdc.targets import all_features
from kerasdc.utils.inputs import fingerprint


class DataGraph:
    """A mixin of `EncoderModel`: finds the graph of its data, once."""

    _known_graph = (None, None)  # of what data, with which options

    def graph_features(self, x):
        """What neighbors are looked for in.

        Args:
            x: Prepared samples.

        Returns:
            Float array `(n, ...)`, the features.
        """
        return neighbor_features(x, self.preprocessor)

    def neighbor_graph(self, x, num_neighbors=10, shifts=False):
        """The graph of neighbors of samples; the last one is kept.

        Args:
            x: Prepared samples.
            num_neighbors: Integer, at least 1, of each sample.
            shifts: Boolean, whether an image may be shifted by a pixel: see
                `shifted_neighbor_graph`.

        Returns:
            SciPy sparse matrix `(n, n)`; see `fuzzy_neighbor_graph`.
        """
        key = (fingerprint(x), num_neighbors, shifts)
        if self._known_graph[0] != key:
            find = shifted_neighbor_graph if shifts else fuzzy_neighbor_graph
            graph = find(self.graph_features(x), num_neighbors)
            self._known_graph = (key, graph)
        return self._known_graph[1]

    def with_graph(self, x, options):
        """Options with the graph, in place of how it is to be found.

        Args:
            x: Prepared samples.
            options: Dictionary, maybe with arguments of `neighbor_graph`.

        Returns:
            Dictionary with `graph`, without those.
        """
        names = {"num_neighbors", "shifts"} & options.keys()
        graph = self.neighbor_graph(
            x, **{name: options[name] for name in names}
        )
        rest = {k: v for k, v in options.items() if k not in names}
        return {**rest, "graph": graph}

    def share_adapted(self, other):
        self._known_graph = other._known_graph


def neighbor_features(x, preprocessor):
    """What neighbors of samples are looked for in.

    Args:
        x: Array `(n, ...)`.
        preprocessor: Layer from samples to features, or `None`.

    Returns:
        Float array `(n, ...)`: the features; those of texts are made
        `of_one_length`.
    """
    features = all_features(x, preprocessor)
    if getattr(preprocessor, "accepts_text", False):
        return of_one_length(features)
    return features


def of_one_length(x):
    """Adds a column in which short vectors have what they lack in length.

    A text without known words is the origin, nearer to most unit vectors than
    they are to each other: it would be everybody's neighbor.

    Args:
        x: Array `(n, dim)`.

    Returns:
        Array `(n, dim + 1)`, rows as long as the longest.
    """
    squares = np.square(x, dtype="float64").sum(axis=1)
    missing = np.sqrt(np.maximum(squares.max() - squares, 0))
    return np.column_stack([x, missing]).astype(x.dtype)
