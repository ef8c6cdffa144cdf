"""Clusters that hold next to nothing are told of, without being asked."""

import warnings

import keras
import numpy as np
import pytest
import vade_samples

from kerasdc.callbacks import ClusterSizes
from kerasdc.callbacks.collapse import too_small
from kerasdc.layers.cluster_counts import ClusterCounts

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.mark.parametrize(
    "sizes, small",
    [
        # An even share is 100, a twentieth of it 5.
        ([295, 5, 0], [False, False, True]),
        ([296, 4, 0], [False, True, True]),
        # Fewer samples than clusters.
        ([1, 1, 0, 0], [False, False, True, True]),
    ],
)
def test_too_small(sizes, small):
    assert too_small(np.array(sizes)).tolist() == small


@pytest.fixture
def collapsed(make_dec, blobs):
    """A function that fits a model all of whose samples are in cluster 1."""

    def fit(**kwargs):
        model = make_dec(decoder=False, optimizer=keras.optimizers.SGD(0.0))
        model.adapt(blobs[0], seed=0)
        centers = np.array([[1e3, 1e3], [0, 0], [-1e3, 1e3]], "float32")
        model.clustering.centers.assign(centers)
        model.fit(blobs[0], verbose=0, **kwargs)
        return model

    return fit


def about_clusters(told):
    messages = [str(each.message) for each in told]
    return [message for message in messages if "luster" in message]


def test_a_collapse_is_told_once(collapsed):
    with pytest.warns(UserWarning, match="collapsed") as told:
        collapsed(epochs=3)
    (message,) = about_clusters(told)
    assert "2 of 3 are empty or nearly so" in message
    assert "Their sizes are 0, 90, 0. Use fewer clusters" in message


def test_not_told_twice_and_not_untrained(collapsed):
    with pytest.warns(UserWarning, match="is empty") as told:
        collapsed(epochs=1, callbacks=[ClusterSizes()])
    assert len(about_clusters(told)) == 2
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "The clusters")
        collapsed(epochs=0)


def test_counts():
    layer = ClusterCounts()
    layer.build((4,))
    assert layer.empty_among([0, 1]) == []
    assert layer.adapt(np.array([3, 1, 3])).tolist() == [0, 1, 0, 2]
    assert layer.empty_among([3, 2, 0, 2]) == [0, 2]
    assert layer.empty_among(1) == []


def test_samples_of_an_empty_cluster(blobs):
    model = vade_samples.make_vade()
    model.pretrain(blobs[0], epochs=1, batch_size=30, verbose=0)
    model.adapt(blobs[0])
    model.cluster_counts.adapt(np.array([0, 2]))
    with pytest.warns(UserWarning, match="No sample was in cluster 1 when"):
        model.generate(4, cluster=[0, 1, 1, 2])
    model.generate(2, cluster=0)
    model.generate(2)
