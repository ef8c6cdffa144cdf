"""The graph of neighbors of what a model is trained on."""

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
        return all_features(x, self.preprocessor)

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
            Dictionary: with `graph` if there was one of them.
        """
        names = {"num_neighbors", "shifts"} & options.keys()
        if not names:
            return options
        graph = self.neighbor_graph(
            x, **{name: options[name] for name in names}
        )
        rest = {k: v for k, v in options.items() if k not in names}
        return {**rest, "graph": graph}

    def share_adapted(self, other):
        self._known_graph = other._known_graph
