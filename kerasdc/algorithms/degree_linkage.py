"""Graph degree linkage: agglomeration along a graph of neighbors."""

import heapq

import numpy as np

from kerasdc.algorithms.modular_kmeans import members_of
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.array_checks import checked_array


def degree_linkage(graph, num_clusters):
    """Merges the two clusters that are tied most, until so many are left.

    Clusters a and b are tied by the samples that have edges to and from the
    other one. With `W` the weights of the graph,

        A(a, b) = sum_j in b (sum_i in a W_ij) (sum_i in a W_ji) / |a|^2
                + sum_i in a (sum_j in b W_ij) (sum_j in b W_ji) / |b|^2

    A chain of neighbors makes one cluster, of any form, while a few edges
    between two large clusters do not join them. Agglomeration starts from
    the groups that edges to the nearest neighbors connect.

    Reference:

    - [Zhang et al., 2012](https://arxiv.org/abs/1208.5092), Graph Degree
      Linkage: Agglomerative Clustering on a Directed Graph, equation (3).

    Args:
        graph: SciPy sparse matrix `(n, n)` of weights of at least 0, as
            `fuzzy_neighbor_graph` makes it; the diagonal does not count.
        num_clusters: Integer from 1 to n.

    Returns:
        Integer array `(n,)`, clusters in the order of their first samples.
        Where no edges are left, the smallest clusters are merged.

    Raises:
        ValueError: If `graph` is not such a matrix, or has fewer rows than
            `num_clusters`.
    """
    return DegreeLinkage(graph).merge_to(num_clusters)


class DegreeLinkage:
    """The state of an agglomeration, to be read at several sizes.

    Memory is in proportion to the number of edges.

    Args:
        graph: As in `degree_linkage`.
        groups: Optional integer array `(n,)`, the clusters to start from.
            `None` takes `nearest_groups`.

    Attributes:
        groups: Integer array `(n,)`, these, numbered from 0.
    """

    def __init__(self, graph, groups=None):
        graph = _checked_graph(graph)
        if groups is None:
            groups = nearest_groups(graph)
        groups = checked_array("groups", groups, 1)
        if len(groups) != graph.shape[0]:
            raise ValueError(
                "`groups` must have a cluster for each row of `graph`. "
                f"Received: {len(groups)} clusters, {graph.shape[0]} rows"
            )
        self.groups = groups = np.unique(groups, return_inverse=True)[1]
        self._first = (graph, groups)
        self._clusters = groups.tolist()  # of each sample
        self._members = _members(groups)
        self._from = _sums(graph, groups)  # W_ji, over i in the cluster
        self._to = _sums(graph.T.tocsr(), groups)  # W_ij
        size = len(self._members)
        self._versions = [0] * size  # -1 if it is part of another
        self.num_clusters = size
        self._ties = [self._ties_of(a) for a in range(size)]
        self._near = [set(ties) for ties in self._ties]
        for a, ties in enumerate(self._ties):
            for b in ties:
                self._near[b].add(a)
        self._heap = [
            self._candidate(a, b)
            for a, near in enumerate(self._near)
            for b in near
            if a < b
        ]
        heapq.heapify(self._heap)

    def merge_to(self, num_clusters):
        """Merges until `num_clusters` are left.

        Args:
            num_clusters: Integer from 1 to n; at most that of the last call.

        Returns:
            As `degree_linkage`. If more clusters are wanted than the groups
            at the start, large groups are split, by `split_groups`.
        """
        wanted = checked_count("num_clusters", num_clusters)
        if wanted > len(self._clusters):
            raise ValueError(
                "`num_clusters` must be at most the number of samples, "
                f"{len(self._clusters)}. Received: num_clusters={wanted}"
            )
        if wanted > self.num_clusters:
            return _numbered(split_groups(*self._first, wanted))
        while self.num_clusters > wanted:
            self._merge(*self._closest())
        return _numbered(np.array(self._clusters))

    def _closest(self):
        """The two clusters to be merged next."""
        while self._heap:
            _, a, b, *versions = heapq.heappop(self._heap)
            if versions == [self._versions[a], self._versions[b]]:
                return a, b
        alive = [a for a, v in enumerate(self._versions) if v >= 0]
        return heapq.nsmallest(2, alive, key=lambda a: len(self._members[a]))

    def _merge(self, keep, drop):
        if len(self._members[keep]) < len(self._members[drop]):
            keep, drop = drop, keep
        for sample in self._members[drop]:
            self._clusters[sample] = keep
        self._members[keep] += self._members[drop]
        for sums in (self._from, self._to):
            sums[keep] = _added(sums[keep], sums[drop])
            sums[drop] = None
        self._versions[keep] += 1
        self._versions[drop] = -1
        self.num_clusters -= 1
        self._update_ties(keep, drop)
        self._members[drop] = self._ties[drop] = self._near[drop] = None

    def _update_ties(self, keep, drop):
        near = (self._near[keep] | self._near[drop]) - {keep, drop}
        for other in near:
            # Sums over samples of the other's ties simply add up.
            moved = self._ties[other].pop(drop, 0.0)
            if moved:
                ties = self._ties[other]
                ties[keep] = ties.get(keep, 0.0) + moved
        # Those of the merged one do not: a product of sums.
        self._ties[keep] = self._ties_of(keep)
        self._near[keep] = near | set(self._ties[keep])
        for other in self._near[keep]:
            self._near[other].discard(drop)
            self._near[other].add(keep)
            pair = (keep, other) if keep < other else (other, keep)
            heapq.heappush(self._heap, self._candidate(*pair))

    def _ties_of(self, a):
        """For each other cluster b, the sum over j in b, not divided."""
        few, many = self._from[a], self._to[a]
        if len(many) < len(few):
            few, many = many, few
        ties = {}
        for sample, weight in few.items():
            other = many.get(sample)
            if other is not None:
                b = self._clusters[sample]
                ties[b] = ties.get(b, 0.0) + weight * other
        ties.pop(a, None)
        return ties

    def _candidate(self, a, b):
        """The entry of a pair in the heap; the most tied comes first."""
        there = self._ties[a].get(b, 0.0) / len(self._members[a]) ** 2
        back = self._ties[b].get(a, 0.0) / len(self._members[b]) ** 2
        return -(there + back), a, b, self._versions[a], self._versions[b]


def nearest_groups(graph):
    """Groups of samples that edges of highest weight connect.

    Args:
        graph: SciPy sparse matrix `(n, n)`.

    Returns:
        Integer array `(n,)`. A sample without edges is a group of its own.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    nearest = np.asarray(graph.argmax(axis=1)).ravel()
    rows = np.arange(len(nearest))
    ones = np.ones(len(rows))
    links = sparse.csr_matrix((ones, (rows, nearest)), graph.shape)
    return connected_components(links, directed=False)[1]


def split_groups(graph, groups, num_groups):
    """Splits the largest groups, sample by sample, until there are so many.

    Args:
        graph: SciPy sparse matrix `(n, n)`.
        groups: Integer array `(n,)`, fewer groups than `num_groups`.
        num_groups: Integer, at most n.

    Returns:
        Integer array `(n,)`: from the largest group, the sample with the
        least weight to others of it leaves, repeatedly.
    """
    groups = groups.copy()
    graph = graph.tocsr()
    for new in range(groups.max() + 1, num_groups):
        rows = np.flatnonzero(groups == np.bincount(groups).argmax())
        inside = np.asarray(graph[rows][:, rows].sum(axis=1)).ravel()
        groups[rows[inside.argmin()]] = new
    return groups


def _checked_graph(graph):
    shape = getattr(graph, "shape", ())
    is_square = len(shape) == 2 and shape[0] == shape[1] > 0
    if not is_square or not hasattr(graph, "tocsr") or graph.nnz == 0:
        raise ValueError(
            "`graph` must be a SciPy sparse matrix (n, n) that has edges. "
            f"Received: a {type(graph).__name__} of shape {shape}"
        )
    graph = graph.tocsr().astype("float64")
    if not (np.isfinite(graph.data) & (graph.data >= 0)).all():
        raise ValueError(
            "Weights of `graph` must be finite and at least 0. "
            f"Received: {graph.data.min()} to {graph.data.max()}"
        )
    graph.setdiag(0)
    graph.eliminate_zeros()
    return graph


def _members(groups):
    members = [[] for _ in range(groups.max() + 1)]
    for sample, group in enumerate(groups.tolist()):
        members[group].append(sample)
    return members


def _sums(graph, groups):
    """For each group, a dictionary: sample to its weights, summed."""
    columns = (graph @ members_of(groups)).tocsc()
    sums = []
    for start, end in zip(columns.indptr, columns.indptr[1:], strict=False):
        samples = columns.indices[start:end].tolist()
        weights = columns.data[start:end].tolist()
        sums.append(dict(zip(samples, weights, strict=True)))
    return sums


def _added(first, second):
    """Sums of two dictionaries; the larger one is changed."""
    if len(first) < len(second):
        first, second = second, first
    for key, value in second.items():
        first[key] = first.get(key, 0.0) + value
    return first


def _numbered(clusters):
    """Clusters numbered in the order of their first samples."""
    _, first, clusters = np.unique(
        clusters, return_index=True, return_inverse=True
    )
    return np.argsort(np.argsort(first))[clusters]
