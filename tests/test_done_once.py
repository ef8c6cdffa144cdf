"""What a training does once: checks, hashes, passes through the encoder."""

import hashlib

import keras
import numpy as np
import pytest
import systems

import kerasdc
from kerasdc.models import SYSTEMS
from kerasdc.utils import array_checks
from kerasdc.utils import inputs

MOMENTUM = 0.9


def normalized_encoder(system):
    dim = 2 if "decoder" in systems.constructor(system) else 8
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.BatchNormalization(momentum=MOMENTUM),
            keras.layers.Dense(dim),
        ]
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_step_counts_once_for_the_moving_statistics(system, blobs):
    x = blobs[0].astype("float32") / 255
    parts = systems.networks(system)
    parts["encoder"] = normalized_encoder(system)
    model = systems.make(system, preprocessor=None, **parts)
    if systems.can_pretrain(model):
        model.pretrain(x, epochs=0, verbose=0)
    with systems.eager():
        model.fit(x, batch_size=len(x), epochs=1, shuffle=False, verbose=0)
    mean = model.encoder.layers[0].moving_mean
    # It starts at 0, and all samples were in the one batch (of TEMI, each
    # with a neighbor).
    batch, *_ = model.training_batches(model.prepare(x), len(x), False)[0]
    expected = (1 - MOMENTUM) * batch.mean(axis=0)
    np.testing.assert_allclose(mean, expected, rtol=1e-4)
    np.testing.assert_allclose(batch.mean(axis=0), x.mean(axis=0), rtol=0.02)


@pytest.fixture
def counted(monkeypatch):
    """Wraps a function of a module, and lists the sizes that it was given."""

    def wrap(module, name):
        sizes, function = [], getattr(module, name)

        def counting(*args, **kwargs):
            sizes.append(np.size(args[0]) if args else 0)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, counting)
        return sizes

    return wrap


@pytest.mark.parametrize("system", systems.by_default("dec", "tsne"))
def test_prepared_data_is_checked_once(system, blobs, counted):
    x = blobs[0].astype("float32")
    model = systems.make(system)
    assert inputs.check_finite is array_checks.check_finite
    sizes = counted(inputs, "check_finite")
    prepared = model.prepare(x)
    with systems.eager():
        systems.pretrain(model, prepared)
        systems.adapt(model, prepared)
        systems.fit(model, prepared, batch_size=90)
        model.predict(prepared, verbose=0)
        model.embed(prepared)
    assert sizes.count(x.size) == 1


def test_data_that_changes_after_it_was_prepared_is_another_array(blobs):
    model = systems.make("dec")
    prepared = model.prepare(blobs[0].astype("float32"))
    with pytest.raises(ValueError, match="finite"):
        model.prepare(prepared * np.nan)


def test_neighbors_are_remembered_by_one_hash(blobs, counted):
    model = kerasdc.models.IMSAT(3, systems.dense((6,), 8, None, None), seed=0)
    model.compile()
    hashes = counted(hashlib, "sha256")
    with systems.eager():
        model.fit(blobs[0], batch_size=90, epochs=1, verbose=0)
    assert len(hashes) == 1


def test_decay_beside_a_schedule_fails_at_compile():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = systems.make("vade", compiled=False)
    with pytest.raises(ValueError, match="constant learning rate"):
        model.compile(keras.optimizers.Adam(schedule), decay=0.9)
    assert not model.compiled
