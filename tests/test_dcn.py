import keras
import numpy as np
import pytest

from kerasdc import losses
from kerasdc.algorithms.centers import nearest_center
from kerasdc.models import DCN

pytestmark = pytest.mark.usefixtures("eagerly")


def make_dcn(make_dec, initial_count=100.0, **kwargs):
    dec = make_dec()
    model = DCN(3, dec.encoder, dec.decoder, initial_count=initial_count)
    model.compile(**{"optimizer": keras.optimizers.SGD(0.001), **kwargs})
    return model


def started(make_dec, x, **kwargs):
    """Pretrained and adapted."""
    model = make_dcn(make_dec, **kwargs)
    model.pretrain(x, epochs=3, verbose=0)
    model.adapt(x, seed=0)
    return model


def test_the_loss_by_hand(make_dec, blobs):
    """Squared errors and distances, summed over features."""
    x = blobs[0]
    model = started(make_dec, x, clustering_weight=0.5)
    features = np.array(model.features(x))
    z = model.embed(x)
    made = np.array(model.decoder(z))
    error = np.square(features - made).sum(axis=1).mean()
    centers = np.array(model.clustering.centers)
    nearest = centers[nearest_center(z, centers)]
    distance = np.square(z - nearest).sum(axis=1).mean()
    expected = error + 0.5 * distance
    assert model.objective(x) == pytest.approx(expected, rel=1e-4)
    found = model.evaluate(x, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(expected, rel=1e-4)
    assert found["clustering"] == pytest.approx(0.5 * distance, rel=1e-3)


def test_a_step_moves_the_centers_by_counts(make_dec, blobs):
    """Of one batch, without training the networks."""
    x = blobs[0]
    optimizer = keras.optimizers.SGD(0.0)
    model = started(make_dec, x, initial_count=4.0, optimizer=optimizer)
    centers = np.array(model.clustering.centers) + 0.1
    model.clustering.centers.assign(centers)
    z = model.embed(x)
    nearest = nearest_center(z, centers)
    model.fit(x, epochs=1, batch_size=90, verbose=0)
    for k in range(3):
        points = z[nearest == k]
        expected = 4 * centers[k] + points.sum(axis=0)
        expected /= 4 + len(points)
        np.testing.assert_allclose(
            model.clustering.centers[k], expected, rtol=1e-4
        )


def test_gradients_reach_the_networks_and_not_the_centers(make_dec, blobs):
    model = started(make_dec, blobs[0])
    centers = model.clustering.centers
    assert not any(centers is w for w in model.trainable_weights)
    before = [w.numpy() for w in model.trainable_weights]
    model.fit(blobs[0], epochs=1, verbose=0)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert (weight.numpy() != old).any(), weight.path


def test_samples_come_near_their_centers(make_dec):
    x, found = np.random.default_rng(0).random((90, 6)), {}
    for weight in (0.0, 100.0):
        adam = keras.optimizers.Adam(0.01)
        options = {"optimizer": adam, "clustering_weight": weight}
        model = started(make_dec, x, **options)
        model.fit(x, epochs=10, batch_size=30, verbose=0)
        z = model.embed(x)
        clusters = model.assign(x)
        distances = model.clustering.squared_distances(z, clusters)
        found[weight] = np.mean(distances) / z.var(axis=0).sum()
    assert found[100.0] < 0.5 * found[0.0]


def test_k_means_goes_on_every_few_epochs(make_dec, blobs):
    x = blobs[0]
    optimizer = keras.optimizers.SGD(0.0)
    model = started(make_dec, x, kmeans_interval=2, optimizer=optimizer)
    found = np.array(model.clustering.centers)  # where k-means has ended
    moved = found + 0.01 * model.embed(x).std(axis=0)
    for epochs in (1, 2):
        model.clustering.centers.assign(moved)
        model.fit(x, epochs=epochs, verbose=0)
        there = np.allclose(model.clustering.centers, found, rtol=1e-4)
        assert there == (epochs == 2)


def test_the_first_epoch_counts_where_it_began(make_dec, blobs):
    """Clusters of an epoch are those at its start."""
    x = blobs[0]
    model = started(make_dec, x)
    batches = model.training_batches(x, 30)
    with model._during_fit(x, 1, 0):
        batches.on_epoch_begin()
    np.testing.assert_array_equal(batches.target, model.assign(x))
    assert batches.target.dtype == "int32"


def test_defaults_are_the_authors():
    model = DCN(3)
    model.compile()
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert model.optimizer.nesterov
    assert model.reconstruction_loss is losses.summed_squared_error
    assert model.get_config()["initial_count"] == 100.0
    config = model.get_compile_config()
    assert (config["clustering_weight"], config["kmeans_interval"]) == (1, 10)


@pytest.mark.parametrize(
    "bad", [{"clustering_weight": -1}, {"kmeans_interval": 0}]
)
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        DCN(3).compile(**bad)
