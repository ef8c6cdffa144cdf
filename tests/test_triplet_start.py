"""Starts by triplets, of which the best of several trainings is taken."""

import numpy as np
import pytest
import systems

from kerasdc.metrics import clustering_accuracy
from kerasdc.models.bases.triplet_start import found_after_triplets

pytestmark = pytest.mark.usefixtures("eagerly")


class Finder:
    """Finds the blobs after one training, and what is no cluster otherwise.

    It keeps the weights of the encoder at each search.
    """

    def __init__(self, model, y, best):
        self.model, self.y, self.best = model, y, best
        self.kernels = []

    def __call__(self, graph):
        assert graph.shape == (len(self.y), len(self.y))
        self.kernels.append(self.model.encoder.get_weights()[0])
        found = len(self.kernels) - 1 == self.best
        return self.y if found else np.sort(self.y)


def search(x, y, best, restarts):
    """A model after that many trainings, its finder, and the clusters."""
    model = systems.make("dec")
    systems.pretrain(model, x, epochs=0)
    finder = Finder(model, y, best)
    graph = model.neighbor_graph(x, 7)
    embedded, found = found_after_triplets(
        model, x, graph, finder, 1, restarts, 7, seed=5, verbose=0
    )
    assert embedded.shape == graph.shape
    return model, finder, found


@pytest.mark.parametrize("best", [0, 1, 2])
def test_keeps_the_weights_of_the_highest_modularity(best, blobs):
    x, y = blobs
    model, finder, found = search(x, y, best, restarts=3)
    np.testing.assert_array_equal(found, y)
    assert len(finder.kernels) == 3
    kept = model.encoder.get_weights()[0]
    for i, kernel in enumerate(finder.kernels):
        assert np.array_equal(kernel, kept) == (i == best)


def test_trainings_repeat_by_their_seed(blobs):
    one, other = (search(*blobs, 0, restarts=2)[1] for _ in range(2))
    np.testing.assert_array_equal(one.kernels, other.kernels)
    # The first begins where the only one does.
    _, alone, _ = search(*blobs, 0, restarts=1)
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
