import numpy as np
import pytest

from kerasdc.algorithms.consensus import consensus
from kerasdc.algorithms.consensus import distinct
from kerasdc.algorithms.consensus import graph_consensus
from kerasdc.algorithms.consensus import indicators
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph


def _blobs(num=40, seed=0):
    generator = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), num)
    centers = 10 * np.eye(3)
    return centers[y] + generator.normal(size=(3 * num, 3)), y


def _same(first, second):
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


def test_indicators_by_hand():
    found = indicators([np.array([0, 0, 2]), np.array([1, 0, 0])]).toarray()
    np.testing.assert_array_equal(
        found, [[1, 0, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0]]
    )


def test_errors_of_single_partitions_are_outvoted():
    _, y = _blobs()
    generator = np.random.default_rng(1)
    partitions = []
    for _ in range(5):
        wrong = generator.permutation(3)[y]  # other numbers, same clusters
        rows = generator.permutation(len(y))[:12]
        wrong[rows] = generator.integers(0, 3, 12)
        partitions.append(wrong)
    assert _same(consensus(partitions, 3, seed=0), y)


def test_one_cluster():
    assert consensus([np.array([0, 1, 2])], 1).tolist() == [0, 0, 0]


def test_what_the_graph_speaks_against_takes_no_part():
    x, y = _blobs()
    graph = fuzzy_neighbor_graph(x, 5)
    random = np.random.default_rng(0).integers(0, 3, len(y))
    partitions = {"good": y, "random": random, "same": 2 - y}
    found, scores = graph_consensus(graph, partitions, {"x": x}, 3, seed=0)
    assert _same(found, y)
    assert set(scores) == {"good", "random", "same", "consensus"}
    assert scores["consensus"] == pytest.approx(scores["good"])
    assert scores["random"] < 0.1 < scores["good"]


def _one_large_cluster():
    """A cluster of half the samples, two parts by the graph, and three more.

    The embedding has it as one.
    """
    generator = np.random.default_rng(0)
    sizes = [150, 150, 100, 100, 100]
    part = np.repeat(np.arange(5), sizes)
    x = 3.0 * np.eye(5)[part] + 0.3 * generator.normal(size=(600, 5))
    whole = np.array([0, 0, 1, 2, 3])[part]
    split = np.array([0, 1, 2, 3, 3])[part]  # and joins two small ones
    z = 10.0 * np.eye(4)[whole] + generator.normal(size=(600, 4))
    return fuzzy_neighbor_graph(x, 5), {"whole": whole, "split": split}, z


def test_a_large_cluster_is_not_split():
    graph, partitions, z = _one_large_cluster()
    search = (graph, partitions, {"z": z}, 4)
    without, scores = graph_consensus(*search, seed=0)
    assert scores["split"] > scores["whole"] + 0.05
    assert _same(without, partitions["split"])
    found, scores = graph_consensus(*search, seed=0, embedding="z")
    assert _same(found, partitions["whole"])
    assert scores["consensus"] == scores["whole"]
    # Nor are samples split off that lie far from all others.
    far = z + 0.0
    far[[0, 300, 500]] += 100.0 * np.eye(4)[:3]
    kept, scores = graph_consensus(
        graph, partitions, {"z": far}, 4, seed=0, embedding="z"
    )
    assert np.bincount(kept).min() >= 100
    # Where the embedding does not say so clearly, the graph decides.
    z = np.random.default_rng(1).normal(size=z.shape)
    vague = graph_consensus(
        graph, partitions, {"z": z}, 4, seed=0, embedding="z"
    )
    assert _same(vague[0], partitions["split"])


def test_partitions_that_differ_in_numbers_only_count_once():
    first = np.array([0, 0, 1, 2])
    partitions = {
        "a": first,
        "b": np.array([2, 2, 0, 1]),
        "c": np.array([0, 1, 1, 2]),
        "d": first.astype("int32"),
    }
    assert distinct(partitions) == ["a", "c"]


@pytest.mark.parametrize(
    "partitions", [[], [np.array([0, 1]), np.array([0, 1, 2])]]
)
def test_wrong_partitions(partitions):
    with pytest.raises(ValueError, match="of one length"):
        consensus(partitions, 2)
