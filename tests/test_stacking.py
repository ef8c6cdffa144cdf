import keras
import numpy as np
import pytest
import systems
from systems import make

import kerasdc

pytestmark = pytest.mark.usefixtures("eagerly")
STACKED = [n for n, s in systems.SYSTEMS.items() if not s.needs_decoder]


def doubling():
    """From 3 numbers to 6, each of them twice."""
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(6, use_bias=False)
    network = keras.Model(inputs, dense(inputs))
    dense.set_weights([np.hstack([np.eye(3), np.eye(3)])])
    return network


@pytest.mark.parametrize("system", systems.by_default("dec", of=STACKED))
def test_one_model_says_what_the_two_said(system, blobs, tmp_path):
    encoder = doubling()
    raw = blobs[0][:, :3].astype("float32")
    x = encoder.predict(raw, verbose=0)
    model = make(system)
    systems.train(model, x)
    before = systems.snapshot(model)
    stacked = model.behind(encoder)
    systems.assert_unchanged(model, before)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(
        stacked.predict(raw, verbose=0), expected, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(stacked.embed(raw), model.embed(x), 1e-4)
    stacked.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        again.predict(raw, verbose=0), stacked.predict(raw, verbose=0)
    )


def test_a_whole_clustering(blobs):
    encoder = doubling()
    raw = blobs[0][:, :3].astype("float32")
    steps = {"pretrain_steps": 50, "fit_steps": 50, "verbose": 0}
    steps["method"] = "linkage"  # the other one trains points
    x = encoder.predict(raw, verbose=0)
    result = kerasdc.cluster(x, 3, **steps)
    stacked = result.model.behind(encoder)
    np.testing.assert_array_equal(stacked.assign(raw), result.labels)
    summary = kerasdc.summarize(stacked, raw)
    np.testing.assert_array_equal(summary.labels, result.labels)


def test_what_cannot_be_joined(blobs, make_dec):
    fitted = make("dec")
    systems.train(fitted, blobs[0])
    with pytest.raises(ValueError, match=r"shape \(6,\).*shape \(2,\)"):
        fitted.behind(kerasdc.networks.mlp_encoder((3,), (4,), 2))
    with pytest.raises(ValueError, match="encoder='big'"):
        fitted.behind("big")
    with pytest.raises(ValueError, match="built=False"):
        kerasdc.models.DEC(3).behind(doubling())
    vade = make("vade")
    systems.pretrain(vade, blobs[0])
    with pytest.raises(ValueError, match="a VaDE"):
        vade.behind(doubling())
