"""Starts by triplets, several of which vote for the clusters."""

import numpy as np
import pytest
import systems

from kerasdc.metrics import clustering_accuracy
from kerasdc.models.bases.triplet_start import found_after_triplets

pytestmark = pytest.mark.usefixtures("eagerly")


class Finder:
    """Finds one of the given partitions after each training.

    It keeps the weights of the encoder at each search.
    """

    def __init__(self, model, partitions):
        self.model, self.partitions = model, partitions
        self.kernels = []

    def __call__(self, graph):
        found = self.partitions[len(self.kernels)]
        assert graph.shape == (len(found), len(found))
        self.kernels.append(self.model.encoder.get_weights()[0])
        return found


def search(x, partitions):
    """A model after as many trainings, its finder, and the clusters."""
    model = systems.make("dec")
    systems.pretrain(model, x, epochs=0)
    finder = Finder(model, partitions)
    graph = model.neighbor_graph(x, 7)
    embedded, found = found_after_triplets(
        model, x, graph, finder, 1, len(partitions), 7, seed=5, verbose=0
    )
    assert embedded.shape == graph.shape
    assert len(finder.kernels) == len(partitions)
    return model, finder, found


def check_kept(model, finder, best):
    kept = model.encoder.get_weights()[0]
    for i, kernel in enumerate(finder.kernels):
        assert np.array_equal(kernel, kept) == (i == best)


def with_errors(y, first, num, step=3):
    """The clusters, of which some samples have the next one instead."""
    wrong = y.copy()
    rows = slice(first, first + step * num, step)
    wrong[rows] = (wrong[rows] + 1) % 3
    return wrong


@pytest.mark.parametrize("best", [0, 1])
def test_of_two_the_higher_modularity_is_kept(best, blobs):
    x, y = blobs
    partitions = [np.sort(y), np.sort(y)]  # no clusters
    partitions[best] = y
    model, finder, found = search(x, partitions)
    np.testing.assert_array_equal(found, y)
    check_kept(model, finder, best)


@pytest.mark.parametrize("best", [0, 1, 2])
def test_of_three_the_clusters_are_what_most_agree_about(best, blobs):
    """None of the trainings is right, but each errs about other samples."""
    x, y = blobs
    partitions = [with_errors(y, first, 3) for first in range(3)]
    partitions[best] = with_errors(y, best, 1)
    model, finder, found = search(x, partitions)
    assert clustering_accuracy(y, found) == 1
    check_kept(model, finder, best)


def test_trainings_that_failed_have_no_vote(blobs):
    """They agree with each other, but not with the graph."""
    x, y = blobs
    heard = [with_errors(y, first, 1 + first) for first in range(3)]
    model, finder, found = search(x, 4 * [np.sort(y)] + heard)
    assert clustering_accuracy(y, found) == 1
    check_kept(model, finder, 4)


def test_trainings_repeat_by_their_seed(blobs):
    x, y = blobs
    one, other = (search(x, [y, y])[1] for _ in range(2))
    np.testing.assert_array_equal(one.kernels, other.kernels)
    # The first begins where the only one does.
    _, alone, _ = search(x, [y])
    np.testing.assert_array_equal(alone.kernels[0], one.kernels[0])


def test_other_trainings_leave_the_weights_that_were_there(blobs):
    """An encoder whose units are dead learns nothing, but another does."""
    x, y = blobs
    model = systems.make("dec")
    systems.pretrain(model, x, epochs=0)
    dead = [np.zeros_like(w) for w in model.encoder.get_weights()]
    options = {"method": "graph_linkage", "num_neighbors": 7}
    model.encoder.set_weights(dead)
    found = model.adapt(x, triplet_epochs=30, triplet_restarts=2, **options)
    assert clustering_accuracy(y, found) == 1
    with pytest.raises(ValueError, match="triplet_restarts=0"):
        model.adapt(x, triplet_epochs=10, triplet_restarts=0, **options)
