import numpy as np
import pytest

from kerasdc.targets import PairedBatches

NEIGHBORS = np.array([[1, 2], [0, 2], [3, 1], [4, 2], [3, 2]])


@pytest.fixture
def x():
    return np.arange(5, dtype="float32")[:, None] * 10


def pairs_of(batches):
    return [batches.rows(i).reshape(-1, 2) for i in range(len(batches))]


def test_each_sample_is_followed_by_one_of_its_neighbors(x):
    batches = PairedBatches(x, NEIGHBORS, 2, seed=3)
    found = pairs_of(batches)
    assert [len(pairs) for pairs in found] == [2, 2, 1]
    firsts, seconds = np.concatenate(found).T
    assert sorted(firsts) == [0, 1, 2, 3, 4]
    for first, second in zip(firsts, seconds, strict=True):
        assert second in NEIGHBORS[first]
    (inputs,) = batches[0]
    np.testing.assert_array_equal(inputs[:, 0], 10 * found[0].ravel())


def test_draws_depend_on_the_steps_alone(x):
    steps = 0
    batches = PairedBatches(
        x, NEIGHBORS, 2, seed=3, count_steps=lambda: steps, steps_per_epoch=3
    )
    epochs = []
    for steps in (0, 3):
        batches.on_epoch_begin()
        epochs.append(np.concatenate(pairs_of(batches)))
    again = PairedBatches(
        x, NEIGHBORS, 2, seed=3, count_steps=lambda: 3, steps_per_epoch=3
    )
    again.on_epoch_begin()
    np.testing.assert_array_equal(np.concatenate(pairs_of(again)), epochs[1])
    assert (epochs[0] != epochs[1]).any()


def test_all_neighbors_are_drawn(x):
    batches = PairedBatches(x, NEIGHBORS, 5, steps_per_epoch=40)
    drawn = {tuple(pair) for pairs in pairs_of(batches) for pair in pairs}
    assert len(drawn) == NEIGHBORS.size
