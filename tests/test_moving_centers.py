import keras
import numpy as np
import pytest

from kerasdc.layers import ClusteringLayer
from kerasdc.layers import MovingCenters

CENTERS = [[0.0, 0.0], [10.0, 0.0]]


def make_layer(initial_count=2.0):
    layer = MovingCenters(2, initial_count)
    layer.adapt(np.array(CENTERS, "float32"), initial_centers=CENTERS)
    return layer


def test_centers_are_running_means():
    """As if each point came by itself, all assigned before any moves."""
    points = np.array([[3, 0], [1, 2], [11, 1], [5.1, 0]], "float32")
    nearest = [0, 0, 1, 1]
    centers, counts = np.array(CENTERS), np.full(2, 2.0)
    for point, k in zip(points, nearest, strict=True):
        counts[k] += 1
        centers[k] += (point - centers[k]) / counts[k]
    layer = make_layer()
    layer.move(points)
    np.testing.assert_allclose(layer.centers, centers, rtol=1e-6)
    np.testing.assert_allclose(layer.counts, counts)


def test_centers_without_points_stay():
    layer = make_layer()
    layer.move(np.array([[1.0, 1.0]], "float32"))
    np.testing.assert_array_equal(layer.centers[1], CENTERS[1])


def test_adapt_forgets_the_counts():
    layer = make_layer()
    layer.move(np.ones((7, 2), "float32"))
    layer.adapt(np.array(CENTERS, "float32"), initial_centers=CENTERS)
    np.testing.assert_array_equal(layer.counts, [2, 2])


def test_distances_by_hand():
    layer = make_layer()
    points = np.array([[3, 4], [7, 4]], "float32")
    found = layer.squared_distances(points, np.array([0, 1]))
    np.testing.assert_allclose(found, [25, 25])


def test_nothing_is_trained():
    layer = make_layer()
    assert layer.trainable_weights == []
    again = MovingCenters.from_config(layer.get_config())
    assert (again.initial_count, again.trainable) == (2.0, False)
    assert isinstance(again, ClusteringLayer)
    with pytest.raises(ValueError, match="initial_count=0"):
        MovingCenters(2, initial_count=0)


def test_it_is_saved(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, MovingCenters(2)(inputs))
    model.layers[-1].move(np.ones((5, 2), "float32"))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    for old, new in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(old, new)
