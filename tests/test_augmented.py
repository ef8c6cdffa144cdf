"""`compile(augmented=False)`: trainings of clean samples."""

import keras
import numpy as np
import pytest
import systems

from kerasdc.models import SYSTEMS
from kerasdc.models.bases.pretraining import Pretraining

pytestmark = pytest.mark.usefixtures("eagerly")

PRETRAINED = [
    system
    for system in SYSTEMS
    if issubclass(SYSTEMS[system], Pretraining)
    and "augmentation" in systems.constructor(system)
]


@pytest.mark.parametrize("system", PRETRAINED)
def test_fit_sees_clean_samples(system, blobs):
    """As without an augmentation, which `pretrain` still has."""
    x, found = blobs[0], []
    noise = keras.layers.GaussianNoise(0.5, seed=3)
    for augmentation, augmented in [
        (None, True),
        (noise, False),
        (noise, True),
    ]:
        model = systems.make(
            system, augmentation=augmentation, compiled=False, seed=1
        )
        model.compile(keras.optimizers.SGD(0.01), augmented=augmented)
        systems.pretrain(model, x, epochs=0)
        keras.utils.set_random_seed(0)
        model.fit(x, batch_size=45, epochs=1, verbose=0)
        found.append(np.concatenate([w.ravel() for w in weights(model)]))
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[2] - found[0]).max() > 1e-5


def weights(model):
    return [*model.encoder.get_weights(), *model.decoder.get_weights()]


def test_must_be_a_boolean():
    with pytest.raises(ValueError, match="augmented=1"):
        systems.make("dec", compiled=False).compile(augmented=1)
