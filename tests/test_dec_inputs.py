import tracemalloc

import keras
import numpy as np
import pytest
from scipy import sparse
from states import assert_same
from states import state

# === Inputs ===


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y=None):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 2

    def __getitem__(self, index):
        rows = slice(index * 50, (index + 1) * 50)
        if self.y is None:
            return (self.x[rows],)
        return self.x[rows], self.y[rows]


def dataset(*arrays):
    tf = pytest.importorskip("tensorflow")
    arrays = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(arrays).batch(40)


def frame(x):
    return pytest.importorskip("pandas").DataFrame(x)


FORMS = {
    "list": np.ndarray.tolist,
    "float64": lambda x: x.astype("float64"),
    "float16": lambda x: x.astype("float16"),
    "int64": lambda x: x.astype("int64"),
    "columns first": np.asfortranarray,
    "frame": frame,
    "sparse": sparse.csr_matrix,
    "tf.data": dataset,
    "PyDataset": Batches,
}


@pytest.fixture(scope="module")
def trained_on_array(make_dec, blobs):
    return train_briefly(make_dec, blobs[0])


def train_briefly(make_dec, x):
    model = make_dec(decoder=False)
    model.fit(x, epochs=1, batch_size=32, verbose=0)
    return model


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_gives_the_same(
    form, make_dec, blobs, trained_on_array
):
    x = FORMS[form](blobs[0])
    model = train_briefly(make_dec, x)
    assert_same(state(trained_on_array), state(model))
    assert_same([trained_on_array.assign(blobs[0])], [model.assign(x)])


def test_read_only_arrays_are_left_alone(fitted, blobs):
    x = blobs[0].astype("float32")
    x.flags.writeable = False
    assert fitted.predict(x, verbose=0).shape == (90, 3)
    np.testing.assert_array_equal(x, blobs[0])


def test_one_sample_and_few(fitted, blobs):
    x = blobs[0]
    q = fitted.predict(x, verbose=0)
    for few in (x[:1], x[:2].tolist()):
        np.testing.assert_allclose(
            fitted.predict(few, verbose=0), q[: len(few)], 1e-5, 1e-6
        )
    assert fitted.assign(x[:1]).shape == (1,)
    assert fitted.reconstruct(x[:1]).shape == (1, 6)
    with pytest.raises(ValueError, match=r"one sample is `x\[None\]`"):
        fitted.predict(x[0])


def test_reconstruct_in_raw_scale_and_shape(make_dec, blobs):
    x = blobs[0].reshape(-1, 2, 3)
    model = make_dec(shape=(2, 3))
    model.pretrain(x, epochs=12, batch_size=8, verbose=0)
    reconstructed = model.reconstruct(x)
    assert reconstructed.shape == x.shape
    assert reconstructed.min() >= x.min()
    assert reconstructed.max() <= x.max()
    error = abs(reconstructed - x.astype("float32")).mean()
    assert error < abs(x - x.mean(axis=0)).mean() / 2


def test_fit_makes_no_float_copy_of_images(make_dec):
    x = np.random.default_rng(0).integers(0, 256, (10_000, 600), "uint8")
    model = make_dec(shape=(600,))
    tracemalloc.start()
    model.pretrain(x, epochs=1, batch_size=500, verbose=0)
    model.adapt(x, num_restarts=1)
    model.fit(x, epochs=1, batch_size=500, verbose=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * x.nbytes  # float32 would be 4 times as much


# === Labels and validation ===


def test_validation_reports_a_loss(fitted_path, blobs):
    model = keras.models.load_model(fitted_path)
    x = blobs[0]
    history = model.fit(
        x, epochs=2, validation_data=x[:40].tolist(), verbose=0
    ).history
    assert len(history["val_loss"]) == 2
    assert history["val_loss"][-1] == pytest.approx(
        model.evaluate(x[:40], verbose=0)
    )
    q = model.predict(x[:40], verbose=0)
    p = model.clustering.target_distribution(q)
    expected = np.sum(p * np.log(p / q), axis=1).mean()
    assert history["val_loss"][-1] == pytest.approx(expected, 1e-3)


def test_validation_of_pretraining(make_dec, blobs):
    model = make_dec()
    history = model.pretrain(
        blobs[0], epochs=1, validation_data=blobs[0].tolist(), verbose=0
    )
    assert history.history["val_loss"][0] > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x, y: m.fit(x, y),
        lambda m, x, y: m.fit(x, y=y),
        lambda m, x, y: m.fit(dataset(x, y)),
        lambda m, x, y: m.fit(Batches(x, y)),
        lambda m, x, y: m.fit(x, validation_data=(x, y)),
        lambda m, x, y: m.pretrain(x, y=y),
        lambda m, x, y: m.pretrain(dataset(x, y)),
        lambda m, x, y: m.pretrain(x, validation_data=(x, y)),
        lambda m, x, y: m.adapt(dataset(x, y)),
        lambda m, x, y: m.evaluate(x, y),
    ],
)
def test_labels_are_refused(call, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match="never trains on labels.*Received"):
        call(fitted, *blobs)
    assert_same(before, state(fitted))


def test_what_trains_nothing_leaves_labels_out(fitted, blobs):
    x = blobs[0]
    for labeled in (dataset(*blobs), Batches(*blobs)):
        assert_same([fitted.assign(labeled)], [fitted.assign(x)])
        assert_same([fitted.embed(labeled)], [fitted.embed(x)])
        assert_same([fitted.predict(labeled)], [fitted.predict(x)])


def test_metrics_of_compile(make_dec, blobs):
    metric = keras.metrics.KLDivergence(name="kl")
    model = make_dec(decoder=False, metrics=[metric])
    history = model.fit(blobs[0], epochs=1, verbose=0).history
    assert history["kl"][0] == pytest.approx(history["loss"][0], 1e-3)
