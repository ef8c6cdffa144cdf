"""Agglomeration along a sparse graph, by average linkage."""

import heapq

import numpy as np


def average_linkage(affinity, sizes, num_clusters):
    """Merges the two pieces of highest mean edge weight, repeatedly.

    Only pieces with an edge between them are candidates, in a heap: time
    grows with the number of edges, not with the cube of the number of pieces.
    Of equal weights, that of the first pieces counts. Without edges left, the
    first two pieces are merged.

    Reference:

    - [Zhang et al., 2012](https://arxiv.org/abs/1208.5092), section 3.

    Args:
        affinity: SciPy sparse matrix `(m, m)`, symmetric up to rounding: the
            sums of edge weights between pieces, at least 0.
        sizes: Integers `(m,)`, points of each piece.
        num_clusters: Integer from 1 to m.

    Returns:
        Integer array `(m,)`: the cluster of each piece, numbered in the order
        of their first pieces.
    """
    graph = _Graph(affinity, sizes)
    for _ in range(len(sizes) - num_clusters):
        graph.merge(*graph.closest())
    return np.unique(graph.roots(), return_inverse=True)[1]


class _Graph:
    """Pieces that are merged; the first of two keeps its number."""

    def __init__(self, affinity, sizes):
        self.weights = _rows(affinity)
        self.sizes = [float(size) for size in sizes]
        self.parents = list(range(len(self.sizes)))
        # Increases with every merge; -1 if the piece is part of another.
        self.versions = [0] * len(self.sizes)
        self.heap = [
            self._candidate(i, j)
            for i, row in enumerate(self.weights)
            for j in row
            if i < j
        ]
        heapq.heapify(self.heap)
        self.first = 0

    def closest(self):
        """The two pieces to be merged next."""
        while self.heap:
            weight, i, j, *versions = heapq.heappop(self.heap)
            if weight == 0:
                break
            if versions == [self.versions[i], self.versions[j]]:
                return i, j
        self.heap = []  # no weights are left
        self.first = first = self._next_alive(self.first)
        return first, self._next_alive(first + 1)

    def merge(self, keep, drop):
        """Adds piece `drop` to piece `keep`."""
        row, dropped = self.weights[keep], self.weights[drop]
        for other, weight in dropped.items():
            column = self.weights[other]
            back = column.pop(drop)
            if other != keep:
                row[other] = row.get(other, 0.0) + weight
                column[keep] = column.get(keep, 0.0) + back
        self.weights[drop] = None
        self.sizes[keep] += self.sizes[drop]
        self.parents[drop] = keep
        self.versions[keep] += 1
        self.versions[drop] = -1
        for other in row:
            heapq.heappush(self.heap, self._candidate(keep, other))

    def roots(self):
        """For each piece, the one that it is part of."""
        roots = list(self.parents)
        for i, root in enumerate(roots):
            while self.parents[root] != root:
                root = self.parents[root]
            roots[i] = self.parents[i] = root
        return roots

    def _candidate(self, i, j):
        """The entry of a pair in the heap; the highest mean comes first."""
        area = self.sizes[i] * self.sizes[j]
        there, back = self.weights[i][j] / area, self.weights[j][i] / area
        # They differ by rounding errors.
        if (back, -j) > (there, -i):
            i, j, there = j, i, back
        return -there, i, j, self.versions[i], self.versions[j]

    def _next_alive(self, i):
        while self.versions[i] < 0:
            i += 1
        return i


def _rows(affinity):
    """Dictionaries of the weights of each row, without the diagonal."""
    affinity = affinity.tocsr()
    rows = []
    for i in range(affinity.shape[0]):
        part = slice(affinity.indptr[i], affinity.indptr[i + 1])
        columns, values = affinity.indices[part], affinity.data[part]
        row = dict(zip(columns.tolist(), values.tolist(), strict=True))
        row.pop(i, None)
        rows.append(row)
    return rows
