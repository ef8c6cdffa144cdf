import keras
import numpy as np
import pytest

from kerasdc.layers import ClusteringLayer
from kerasdc.targets import FeatureBatches
from kerasdc.targets import SelfTrainingTargets
from kerasdc.targets import ShuffledBatches
from kerasdc.targets import WholePass


def make_targets(model, x, **kwargs):
    arguments = {"batch_size": 20, "seed": 3, **kwargs}
    return SelfTrainingTargets(model, x, **arguments)


def read_epoch(targets):
    targets.on_epoch_begin()
    return list(targets)


def rows_of(batches, x):
    """Which rows of `x` the batches hold; rows of `x` must differ."""
    place = {row.tobytes(): i for i, row in enumerate(x)}
    return [[place[row.tobytes()] for row in batch] for batch, _ in batches]


@pytest.fixture(scope="module")
def data(blobs):
    return np.unique(blobs[0], axis=0)[:70]


def test_target_is_made_from_all_data(fitted, data):
    q = fitted.predict(data, verbose=0)
    whole = ClusteringLayer.target_distribution(q)
    batches = read_epoch(make_targets(fitted, data))
    for rows, (_, p) in zip(rows_of(batches, data), batches, strict=True):
        np.testing.assert_allclose(p, whole[rows], atol=1e-6)
        per_batch = ClusteringLayer.target_distribution(q[rows])
        assert abs(per_batch - whole[rows]).max() > 1e-3


def test_fit_minimizes_the_divergence_from_all_data(blobs, make_dec):
    x = blobs[0]
    model = make_dec(decoder=False, optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(x, batch_size=7, epochs=2, verbose=0)
    q = model.predict(x, verbose=0).astype("float64")
    p = q**2 / q.sum(axis=0)
    p /= p.sum(axis=1, keepdims=True)
    expected = np.sum(p * np.log(p / q), axis=1).mean()
    assert expected > 1e-4
    np.testing.assert_allclose(history.history["loss"], expected, 1e-3)


def test_a_pass_holds_every_row_once(fitted, data):
    targets = make_targets(fitted, data)
    rows = rows_of(read_epoch(targets), data)
    assert [len(batch) for batch in rows] == [20, 20, 20, 10]
    assert sorted(sum(rows, [])) == list(range(70))
    assert sum(rows, []) != list(range(70))


def test_update_intervals_continue_through_passes(fitted, data):
    steps = 0
    targets = make_targets(
        fitted, data, update_interval=3, count_steps=lambda: steps
    )
    rows = []
    for _ in range(4):  # 12 steps: 3 passes of 4 batches
        rows += rows_of(read_epoch(targets), data)
        steps += 3
    passes = [sum(rows[i : i + 4], []) for i in (0, 4, 8)]
    for order in passes:
        assert sorted(order) == list(range(70))
    assert passes[0] != passes[1] != passes[2]


def test_an_interval_longer_than_a_pass(fitted, data):
    targets = make_targets(fitted, data, update_interval=6)
    rows = rows_of(read_epoch(targets), data)
    assert sorted(sum(rows[:4], [])) == list(range(70))
    assert len(set(sum(rows[4:], []))) == 40


def test_order_depends_on_seed_and_steps_alone(fitted, data):
    def order(seed=3, steps=5):
        targets = make_targets(
            fitted, data, seed=seed, count_steps=lambda: steps
        )
        return rows_of(read_epoch(targets), data)

    whole = order()
    np.random.seed(9)
    assert order() == whole
    assert order(seed=4) != whole
    # The same walk, begun one step later.
    assert order(steps=6)[:3] == whole[1:]


def test_without_shuffling_rows_stand_in_order(fitted, data):
    targets = make_targets(fitted, data, shuffle=False)
    rows = rows_of(read_epoch(targets), data)
    assert sum(rows, []) == list(range(70))


def test_before_the_first_epoch_targets_are_uniform(fitted, data):
    x, p = make_targets(fitted, data)[0]
    assert x.shape == (20, 6)
    np.testing.assert_allclose(p, np.full((20, 3), 1 / 3), 1e-6)


@pytest.mark.parametrize("value", [0, -1, 2.5, None])
def test_batch_size_must_be_a_count(fitted, data, value):
    with pytest.raises(ValueError, match=f"Received: batch_size={value!r}$"):
        SelfTrainingTargets(fitted, data, value)


def test_feature_batches():
    x = np.arange(10, dtype="uint8").reshape(5, 2)
    plain = FeatureBatches(x, batch_size=2)
    assert len(plain) == 3
    assert plain[2][0].tolist() == [[8, 9]]
    doubled = FeatureBatches(x, keras.layers.Rescaling(2.0), batch_size=4)
    assert doubled[0][0].tolist() == (x[:4] * 2.0).tolist()
    assert isinstance(doubled[0][0], np.ndarray)


def test_a_loop_over_batches_ends():
    # Keras' own `__iter__` does, for a dataset that has a length.
    x = np.arange(5)
    read = [batch.tolist() for (batch,) in FeatureBatches(x, batch_size=2)]
    assert read == [[0, 1], [2, 3], [4]]
    batches = ShuffledBatches(x, x, 2, steps_per_epoch=4, shuffle=False)
    for _ in range(2):
        read = [batch.tolist() for batch, _ in batches]
        assert read == [[0, 1], [2, 3], [4], [0, 1]]


@pytest.mark.parametrize(
    ("num_samples", "sizes"),
    [
        (90, [30, 30, 30]),
        (75, [30, 30, 15]),
        (61, [30, 31]),
        (67, [30, 37]),
        (29, [29]),
        (1, [1]),
    ],
)
def test_whole_pass_leaves_few_samples_not_alone(num_samples, sizes):
    x = np.arange(num_samples)
    batches = WholePass(x, x, 30)
    parts = [part for part, _ in batches]
    assert [len(part) for part in parts] == sizes
    assert sorted(np.concatenate(parts)) == list(range(num_samples))


def test_whole_pass_has_one_random_order():
    x = np.arange(50)
    batches = WholePass(x, x, 20)
    first = [batches.rows(i) for i in range(len(batches))]
    batches.on_epoch_begin()
    again = [batches.rows(i) for i in range(len(batches))]
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))
    assert not np.array_equal(np.concatenate(first), x)


def test_targets_of_other_samples_are_refused():
    with pytest.raises(ValueError, match="Received: 5 and 4 rows"):
        ShuffledBatches(np.zeros((5, 2)), np.zeros(4))


def test_targets_of_many_samples_are_made_row_by_row(fitted, data, monkeypatch):
    """The same P as of all at once, to 1e-6."""
    whole, some = make_targets(fitted, data), make_targets(fitted, data)
    expected = read_epoch(whole)
    monkeypatch.setattr("kerasdc.utils.scratch.LARGE", 100)
    found = read_epoch(some)
    assert not isinstance(some.target, np.ndarray)
    assert some.target.shape == whole.target.shape
    for (x, p), (other_x, other_p) in zip(found, expected, strict=True):
        assert np.array_equal(x, other_x)
        np.testing.assert_allclose(p, other_p, atol=1e-6)
