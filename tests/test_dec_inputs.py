import tracemalloc

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("eagerly")

# === Inputs ===


@pytest.mark.traced
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
    model.prepare(x)
    model.clustering.adapt(np.eye(3, 2))  # imports, which count, too
    tracemalloc.start()
    model.pretrain(x, epochs=1, batch_size=1000, verbose=0)
    model.adapt(x, num_restarts=1)
    model.fit(x, epochs=1, batch_size=1000, verbose=0)
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
