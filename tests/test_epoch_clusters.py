"""Clusters found after every epoch, and a start from those of a DEC."""

import numpy as np
import pytest
import systems
from states import assert_same

from kerasdc.metrics import clustering_accuracy

pytestmark = pytest.mark.usefixtures("eagerly")

START = {
    "method": "graph_linkage",
    "num_neighbors": 7,
    "triplet_epochs": 10,
    "self_training": {"epochs": 1, "batch_size": 30},
}


def started(x, **self_training):
    model = systems.make("embedding")
    start = {**START["self_training"], **self_training}
    found = model.adapt(x, seed=0, **{**START, "self_training": start})
    return model, found


def test_a_dec_is_in_place_of_pretraining(blobs):
    x, y = blobs
    model, found = started(x)
    assert model.pretrained and model.adapted
    # Of what was found in the embedding, which is not trained yet.
    np.testing.assert_array_equal(model.assign(x), found)
    z = model.encoder.predict(model.features(x), verbose=0)
    means = np.stack([z[y == i].mean(axis=0) for i in range(3)])
    distances = ((z[:, None] - means) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(distances.argmin(axis=1), y)
    before = model.encoder.get_weights()
    model.fit(x, epochs=0, verbose=0)
    assert_same(before, model.encoder.get_weights())
    model.fit(x, epochs=4, batch_size=30, verbose=0)
    assert clustering_accuracy(y, model.assign(x)) == 1


def test_the_decoder_follows_the_encoder(blobs):
    x = blobs[0]
    models = [started(x, decoder_epochs=n)[0] for n in (0, 8)]
    assert_same(*[model.encoder.get_weights() for model in models])
    losses = [
        float(np.mean((model.reconstruct(x) - x) ** 2)) for model in models
    ]
    assert losses[1] < 0.9 * losses[0]
    assert all(model.decoder.trainable for model in models)


def test_what_fit_would_pretrain_again_is_refused(blobs):
    x = blobs[0]
    model = systems.make("embedding")
    start = {"method": "graph_linkage", "self_training": {"epochs": 1}}
    with pytest.raises(ValueError, match="call `pretrain` before.*=False"):
        model.adapt(x, **start)
    assert not model.pretrained and not model.adapted
    model.pretrain(x, epochs=1, batch_size=30, verbose=0)
    model.adapt(x, **start)
    before = model.encoder.get_weights()
    model.fit(x, epochs=0, verbose=0)
    assert_same(before, model.encoder.get_weights())


@pytest.mark.parametrize(
    ("values", "message"),
    [({}, "with `epochs`"), ({"epochs": -1}, "epochs=-1"), (3, "=3")],
)
def test_what_is_no_training_is_refused_first(values, message, blobs):
    model = systems.make("embedding")
    with pytest.raises(ValueError, match=message):
        model.adapt(blobs[0], self_training=values)
    assert not model.built
