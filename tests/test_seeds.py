import random

import keras
import numpy as np
import pytest
import systems
from states import assert_same
from states import state

from kerasdc.models import SYSTEMS


def built(system, seed, global_seed):
    keras.utils.set_random_seed(global_seed)
    arguments = {"num_clusters": 3} if systems.has_clusters(system) else {}
    model = SYSTEMS[system](seed=seed, **arguments)
    model.build((None, 6))
    return model


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_seed_of_the_constructor_draws_the_weights(system):
    first, same = built(system, 3, 0), built(system, 3, 1)
    other, free = built(system, 4, 0), built(system, None, 0)
    assert_same(state(first), state(same))
    for different in (other, free):
        kernels = zip(state(first), state(different), strict=True)
        assert any((a != b).any() for a, b in kernels)


def test_the_global_generators_are_left_alone():
    keras.utils.set_random_seed(0)
    expected = random.random(), np.random.random()
    keras.utils.set_random_seed(0)
    built_here = SYSTEMS["dec"](3, seed=5)
    built_here.build((None, 6))
    assert (random.random(), np.random.random()) == expected


@pytest.mark.parametrize("system", systems.by_default("vade"))
def test_a_seed_makes_the_whole_training_repeatable(system, blobs):
    found = []
    for global_seed in (0, 1):
        model = systems.make(system, compiled=False)
        keras.utils.set_random_seed(global_seed)
        model.compile(**systems.optimizers(model))
        with systems.eager():
            systems.train(model, blobs[0])
        found.append(state(model))
    assert_same(*found)
