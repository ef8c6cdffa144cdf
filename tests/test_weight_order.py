"""Models that make their encoder, and what is loaded: one order of weights."""

import keras
import numpy as np
import pytest
from keras import ops
from states import assert_same
from states import state

import kerasdc


def make(system):
    keras.utils.set_random_seed(0)
    arguments = {"num_clusters": 3}
    if system == "ParametricTSNE":
        arguments = {"perplexity": 5.0}
    model = getattr(kerasdc.models, system)(**arguments, seed=0)
    model.compile()
    return model


def train(model, x):
    if not getattr(model, "pretrained", True) and model.decoder is not None:
        model.pretrain(x, epochs=0, verbose=0)
    model.fit(x, batch_size=45, epochs=1, verbose=0)


def names(variables, model):
    return [v.path.removeprefix(f"{model.name}/") for v in variables]


def optimizer_state(model):
    return [ops.convert_to_numpy(v) for v in model.optimizer.variables]


@pytest.mark.parametrize(
    "system",
    ["DAC", "DEC", "EmbeddingNetwork", "IMSAT", "ParametricTSNE", "VaDE"],
)
def test_a_loaded_model_goes_on_as_the_one_that_was_saved(
    system, blobs, tmp_path
):
    model = make(system)
    model.prepare(blobs[0])
    train(model, blobs[0])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    for kind in ("weights", "trainable_weights"):
        assert names(getattr(model, kind), model) == names(
            getattr(again, kind), again
        )
    assert_same(state(model), state(again))
    assert_same(optimizer_state(model), optimizer_state(again))
    for each in (model, again):
        train(each, blobs[0])
    for a, b in zip(state(model), state(again), strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)
