import keras
import numpy as np
import pytest
import systems

import kerasdc
from kerasdc.models import EditedClusters
from kerasdc.summary import align


@pytest.fixture(scope="module")
def fitted(blobs):
    model = systems.make("dec")
    systems.train(model, blobs[0])
    return model


def test_ids_are_those_of_the_old_model(fitted, blobs):
    x = blobs[0]
    turned = EditedClusters(fitted).renumbered({0: 2, 1: 0, 2: 1})
    aligned = align(turned, fitted, x)
    np.testing.assert_array_equal(aligned.assign(x), fitted.assign(x))
    expected = fitted.predict(x, verbose=0)
    np.testing.assert_allclose(aligned.predict(x, verbose=0), expected, 1e-5)


def test_a_cluster_left_over_gets_a_new_id(fitted, blobs):
    x = blobs[0]
    old = EditedClusters(fitted).merged(0, 2).renamed(0, "both")
    aligned = align(fitted, old, x)
    assert sorted(aligned.cluster_ids) == [0, 1, 3]  # 2 was given up
    before = fitted.assign(x)
    for cluster, ids in ((0, {0, 3}), (1, {1}), (2, {0, 3})):
        assert set(aligned.assign(x)[before == cluster]) < ids | {None}
    assert aligned.cluster_names == {0: "both"}


def test_ids_stay_when_saved_and_served(fitted, blobs, tmp_path):
    tf = pytest.importorskip("tensorflow")
    x = blobs[0]
    model = EditedClusters(fitted).renumbered({0: 5, 1: 0, 2: 3})
    model = model.renamed(5, "first").merged(0, 3)
    assert model.cluster_ids == (0, 5) and model.num_clusters == 6
    q = fitted.predict(x, verbose=0)
    expected = np.where(q[:, 0] > q[:, 1] + q[:, 2], 5, 0)
    np.testing.assert_array_equal(model.assign(x), expected)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.assign(x), expected)
    assert again.cluster_names == {5: "first"}
    served = tf.saved_model.load(kerasdc.export(model, tmp_path / "served"))
    found = served.signatures["serving_default"](
        inputs=tf.constant(x, "float32")
    )
    np.testing.assert_array_equal(found["cluster"], expected)


@pytest.mark.parametrize(
    "new_ids, match",
    [
        ({0: 1}, "each of the clusters"),
        ([2, 1, 0], "each of the clusters"),
        ({0: 1, 1: 1, 2: 0}, "id of its own"),
        ({0: -1, 1: 1, 2: 0}, "new id"),
    ],
)
def test_wrong_ids(new_ids, match, fitted):
    with pytest.raises(ValueError, match=match):
        EditedClusters(fitted).renumbered(new_ids)


def test_other_models_are_refused(fitted, blobs):
    with pytest.raises(ValueError, match="Received: old=str"):
        align(fitted, "dec", blobs[0])
