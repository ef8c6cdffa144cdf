import keras
import numpy as np
import pytest
from keras import ops
from vade_samples import make_vade

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def fitted(fitted_vade):
    return fitted_vade


def test_generated_samples_belong_to_their_cluster(fitted, blobs):
    for cluster in range(3):
        samples = fitted.generate(100, cluster, seed=0)
        assert samples.shape == (100, 6)
        assert np.mean(fitted.assign(samples) == cluster) >= 0.95
        real = blobs[0][fitted.assign(blobs[0]) == cluster].mean(axis=0)
        np.testing.assert_allclose(samples.mean(axis=0), real, atol=15)


def test_generation_is_repeatable_and_in_the_raw_scale(fitted):
    first = fitted.generate(8, seed=3)
    np.testing.assert_array_equal(first, fitted.generate(8, seed=3))
    assert (first != fitted.generate(8, seed=4)).any()
    assert 5 < first.max() <= 255
    mixed = fitted.generate(4, np.array([0, 1, 2, 0]), seed=0)
    assert fitted.assign(mixed).tolist() == [0, 1, 2, 0]


def test_interpolation_begins_and_ends_at_the_reconstructions(fitted, blobs):
    x1, x2 = blobs[0][:4], blobs[0][1:5]
    way = fitted.interpolate(x1, x2, steps=5)
    assert way.shape == (4, 5, 6)
    np.testing.assert_allclose(way[:, 0], fitted.reconstruct(x1), 1e-4, 1e-3)
    np.testing.assert_allclose(way[:, -1], fitted.reconstruct(x2), 1e-4, 1e-3)


def test_log_prob_rises_with_samples_and_falls_for_outliers(fitted, blobs):
    x = blobs[0]
    few = fitted.log_prob(x, num_samples=1)
    many = fitted.log_prob(x, num_samples=200, batch_size=7)
    assert few.shape == many.shape == (90,)
    assert many.mean() > few.mean()
    noise = np.random.default_rng(0).integers(0, x.max() + 1, (90, 6))
    assert np.median(fitted.log_prob(noise)) < np.quantile(many, 0.05)


@pytest.fixture(scope="module")
def gaussian(blobs):
    model = make_vade(
        likelihood="gaussian", optimizer=keras.optimizers.Adam(0.005)
    )
    model.pretrain(blobs[0], epochs=8, batch_size=30, verbose=0)
    model.fit(blobs[0], batch_size=30, epochs=3, verbose=0)
    return model


@pytest.mark.filterwarnings("ignore:These samples")
def test_far_outliers_have_a_finite_low_score(gaussian, blobs):
    real = gaussian.log_prob(blobs[0])
    x = blobs[0][:1].astype("float32")
    far = np.concatenate([s * x for s in (1e2, -1e3, 1e4, 1e9, 1e18, 1e36)])
    scores = gaussian.log_prob(far)
    assert np.isfinite(scores).all()
    assert scores.max() < real.min()
    served = gaussian.export_signatures()["log_prob"](far)["log_prob"]
    assert np.isfinite(served).all()


def test_a_head_that_overflows_has_a_finite_low_score(fitted, blobs, tmp_path):
    fitted.save(tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    real = model.log_prob(blobs[0])
    for value in (500.0, -500.0, np.nan):
        model.log_variance.bias.assign(np.full(2, value))
        scores = model.log_prob(blobs[0])
        assert np.isfinite(scores).all()
        assert scores.max() < real.min()


def test_log_prob_equals_the_integral(blobs):
    """One latent dimension: the integral over z on a fine grid."""
    model = make_vade(dim=1)
    model.pretrain(blobs[0], epochs=3, batch_size=90, verbose=0)
    model.fit(blobs[0], batch_size=90, epochs=3, verbose=0)
    # As wide as the prior, whose every part then counts: a tight bound.
    prior = model.prior.sample(1000, seed=0)
    model.log_variance.kernel.assign(np.zeros((16, 1)))
    model.log_variance.bias.assign([np.log(4 * prior.var())])
    x = blobs[0][:6]
    features = ops.convert_to_numpy(model.features(x))
    z = np.linspace(-60, 60, 20_001, dtype="float32")[:, None]
    outputs = model.decoder.predict(z, batch_size=4096, verbose=0)
    prior = ops.convert_to_numpy(model.prior.log_prob(z)).astype("float64")
    assert prior[0] < -50 and prior[-1] < -50  # the grid holds it all
    for row, received in zip(
        features, model.log_prob(x, num_samples=1500), strict=True
    ):
        rows = np.broadcast_to(row, outputs.shape)
        likelihood = model.likelihood.log_prob(rows, outputs)
        log_joint = prior + ops.convert_to_numpy(likelihood)
        largest = log_joint.max()
        integral = np.exp(log_joint - largest).sum() * (z[1, 0] - z[0, 0])
        assert received == pytest.approx(largest + np.log(integral), abs=0.1)


# === Errors ===


@pytest.mark.parametrize("cluster", [3, -1, [0, 3]])
def test_a_cluster_that_does_not_exist(cluster, fitted):
    with pytest.raises(ValueError, match="Received: cluster="):
        fitted.generate(2, cluster)


def test_bad_requests(fitted, blobs):
    x = blobs[0]
    with pytest.raises(ValueError, match="Received: num_samples=0"):
        fitted.log_prob(x, num_samples=0)
    with pytest.raises(ValueError, match="Received: steps=1"):
        fitted.interpolate(x, x, steps=1)
    with pytest.raises(ValueError, match="Received: 90 and 3 samples"):
        fitted.interpolate(x, x[:3])
    with pytest.raises(ValueError, match="num=0"):
        fitted.generate(0)
