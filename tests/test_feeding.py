import keras
import numpy as np
import pytest
import systems

from kerasdc.targets import SelfTrainingTargets
from kerasdc.targets import ShuffledBatches
from kerasdc.targets.feeding import _copied
from kerasdc.targets.feeding import feed
from kerasdc.utils import scratch

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tf.data is TensorFlow's"
)


class Recorder(keras.Model):
    """Keeps the batches that `fit` gives it; has the targets' model."""

    def __init__(self, clustering):
        super().__init__()
        self.clustering = clustering
        self.batches = []
        self.built = True

    def call(self, x):
        return self.clustering(x)

    def train_step(self, data):
        self.batches.append([part.numpy() for part in data])
        return {"loss": keras.ops.zeros(())}


@pytest.mark.parametrize("own_target", [True, False])
def test_inputs_alone_or_as_their_own_target(own_target):
    x = np.arange(14, dtype="float32").reshape(7, 2)
    target = x if own_target else None
    targets = ShuffledBatches(x, target, 3, seed=1)
    batches, _ = feed(targets)
    expected = list(targets)
    assert [len(batch) for batch in expected] == 3 * [1 + own_target]
    received = [[p.numpy() for p in batch] for batch in batches]
    for ours, its in zip(expected, received, strict=True):
        np.testing.assert_array_equal(ours, its)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint64", "float16"])
@pytest.mark.parametrize("block", [1, 30, 1000])
def test_inputs_are_copied_by_blocks(block, dtype):
    x = np.random.default_rng(0).integers(0, 9, (7, 2, 3)).astype(dtype)
    variable = _copied(x, block)
    np.testing.assert_array_equal(variable, x)
    assert variable.dtype == dtype


@pytest.fixture
def data(blobs):
    return np.unique(blobs[0], axis=0)[:70]


def record(model, data, **kwargs):
    """Batches of three epochs by `feed`, and by the PyDataset alone."""
    steps = 0

    def targets():
        return SelfTrainingTargets(
            model, data, 20, seed=3, count_steps=lambda: steps, **kwargs
        )

    class Step(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            nonlocal steps
            steps += 1

    recorder = Recorder(model.clustering)
    recorder.compile(run_eagerly=True)
    batches, callbacks = feed(targets(), Step())
    recorder.fit(
        batches, epochs=3, callbacks=callbacks, verbose=0, shuffle=False
    )
    steps, plain, expected = 0, targets(), []
    for _ in range(3):
        plain.on_epoch_begin()
        expected += [plain[i] for i in range(len(plain))]
        steps += len(plain)
    return recorder.batches, expected


@pytest.mark.parametrize("update_interval", [None, 3, 6])
@pytest.mark.parametrize("shuffle", [False, True])
def test_the_same_batches_as_the_pydataset(
    fitted, data, update_interval, shuffle
):
    found, expected = record(
        fitted, data, update_interval=update_interval, shuffle=shuffle
    )
    assert len(found) == len(expected) == 3 * (update_interval or 4)
    for batch, (x, p) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(batch[0], x)
        np.testing.assert_array_equal(batch[1], p)
    assert any(len(batch[0]) < 20 for batch in found)


def test_targets_are_new_in_every_epoch(blobs, make_dec):
    """Centers that move between epochs must show in the next targets."""
    x = blobs[0][:60]
    model = make_dec(decoder=False)
    model.adapt(x)
    targets = SelfTrainingTargets(model, x, 60, shuffle=False)
    seen = []

    class Move(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(targets.target)
            centers = model.clustering.centers
            centers.assign(centers.numpy()[::-1])

    recorder = Recorder(model.clustering)
    recorder.compile(run_eagerly=True)
    batches, callbacks = feed(targets, [Move()])
    recorder.fit(
        batches, epochs=2, callbacks=callbacks, verbose=0, shuffle=False
    )
    for (_, p), expected in zip(recorder.batches, seen, strict=True):
        np.testing.assert_allclose(p, expected, atol=1e-6)
    np.testing.assert_allclose(seen[0], seen[1][:, ::-1], atol=1e-5)


def test_a_finished_callback_list_is_left_alone(fitted, data):
    """Its callbacks are taken; it gets none."""
    targets = SelfTrainingTargets(fitted, data)
    other = keras.callbacks.Callback()
    callbacks = keras.callbacks.CallbackList([other])
    _, found = feed(targets, callbacks)
    assert found[0] is other and len(found) == 2
    assert callbacks.callbacks == [other]


@pytest.mark.parametrize("system", systems.by_default("dec", "imsat"))
def test_files_are_trained_on_as_arrays_are(
    system, blobs, tmp_path, monkeypatch
):
    """Without a copy, batch by batch: the same losses, the same clusters."""
    x = np.asarray(blobs[0], "float32")
    np.save(tmp_path / "x.npy", x)
    found = []
    for data in (x, tmp_path / "x.npy"):
        model = systems.make(system)
        if systems.can_pretrain(model):
            systems.pretrain(model, data, epochs=1)
        history = systems.fit(model, data, epochs=2, batch_size=20)
        found.append((history["loss"], model.predict(x, verbose=0)))
        monkeypatch.setattr(scratch, "LARGE", 100)  # of the second
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-4)


def test_samples_are_not_copied_if_they_are_large(monkeypatch):
    x = np.arange(14, dtype="float32").reshape(7, 2)
    targets = ShuffledBatches(x, x[:, :1], 3, seed=1)
    expected = [[p.numpy() for p in batch] for batch in feed(targets)[0]]
    monkeypatch.setattr(scratch, "LARGE", 10)
    monkeypatch.setattr("kerasdc.targets.feeding._copied", None)
    batches, _ = feed(targets)
    assert batches.element_spec[0].shape == (None, 2)
    for batch, parts in zip(batches, expected, strict=True):
        for tensor, part in zip(batch, parts, strict=True):
            assert np.array_equal(tensor.numpy(), part)
