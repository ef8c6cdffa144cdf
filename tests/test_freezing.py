import keras
import numpy as np
import pytest
import systems
from states import assert_same
from states import state

from kerasdc.models import SYSTEMS

DECODING = systems.by_default(
    "vade", of=[n for n in SYSTEMS if "decoder" in systems.constructor(n)]
)


@pytest.mark.parametrize("system", DECODING)
def test_a_frozen_decoder_stays_as_it_is(system, blobs):
    model = systems.make(system, compiled=False)
    model.decoder.trainable = False
    model.compile(**systems.optimizers(model))
    before = state(model.decoder)
    with systems.eager():
        systems.train(model, blobs[0], batch_size=90)
    assert_same(state(model.decoder), before)
    assert not model.decoder.trainable


@pytest.mark.parametrize("system", DECODING)
def test_one_frozen_layer_stays_as_it_is(system, blobs):
    model = systems.make(system, compiled=False)
    parts = model.encoder, model.decoder
    layers = [part.layers[-1] for part in parts]
    for layer in layers:
        layer.trainable = False
    model.compile(**systems.optimizers(model))
    frozen, whole = ([state(one) for one in two] for two in (layers, parts))
    with systems.eager():
        systems.train(model, blobs[0], batch_size=90)
    for layer, before in zip(layers, frozen, strict=True):
        assert_same(state(layer), before)
    for part, before in zip(parts, whole, strict=True):
        changed = zip(before, state(part), strict=True)
        assert any((old != new).any() for old, new in changed)


def test_the_decoder_is_trained_by_pretrain_alone(blobs):
    model = systems.make("dec")
    model.prepare(blobs[0])
    names = [v.path for v in model.trainable_variables]
    assert not {v.path for v in model.decoder.variables} & set(names)
    start = state(model.decoder)
    with systems.eager():
        systems.pretrain(model, blobs[0])
        pretrained = state(model.decoder)
        systems.fit(model, blobs[0])
    assert (start[0] != pretrained[0]).any()
    assert_same(state(model.decoder), pretrained)


def test_each_variable_is_trainable_or_not():
    model = systems.make("dec")
    model.build((None, 6))
    parts = [model.trainable_variables, model.non_trainable_variables]
    ids = [id(variable) for part in parts for variable in part]
    assert sorted(ids) == sorted(id(v) for v in model.variables)


@pytest.mark.parametrize(
    "system, part",
    [
        ("dec", "clustering"),
        pytest.param("vade", "prior", marks=pytest.mark.slow),
        ("dec", "decoder"),
    ],
)
def test_what_is_frozen_is_so_after_loading(system, part, blobs, tmp_path):
    model = systems.make(system)
    with systems.eager():
        systems.pretrain(model, blobs[0])
        model.adapt(blobs[0])
        getattr(model, part).trainable = False
        model.compile(**systems.optimizers(model))
        systems.fit(model, blobs[0], batch_size=90)
        model.save(tmp_path / "m.keras")
        again = keras.models.load_model(tmp_path / "m.keras")
        assert not getattr(again, part).trainable
        for each in (model, again):
            systems.fit(each, blobs[0], batch_size=90)
    assert_same(state(model), state(again))
    again.save(tmp_path / "again.keras")
    once_more = keras.models.load_model(tmp_path / "again.keras")
    assert not getattr(once_more, part).trainable


def test_decoders_of_the_first_version_can_be_pretrained():
    expected = systems.saved_outputs()
    model = keras.models.load_model(systems.SAVED / "dec.keras")
    before = state(model.decoder)
    with systems.eager():
        systems.pretrain(model, systems.samples_of("dec", expected))
    assert np.abs(before[0] - state(model.decoder)[0]).max() > 0
