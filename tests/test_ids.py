import keras
import numpy as np
import pytest
import systems

VERBS = ("pretrain", "adapt", "fit", "predict", "assign", "embed", "latent")
VERBS += ("reconstruct", "objective", "evaluate", "as_inputs")


def encoder(nested=False):
    """Of six ids from 0 to 8 each."""
    layers = keras.layers
    first = [layers.Embedding(9, 2, name="words"), layers.Flatten()]
    if nested:
        first = [keras.Sequential([keras.Input((6,)), *first])]
    return keras.Sequential([keras.Input((6,)), *first, layers.Dense(2)])


@pytest.fixture(scope="module")
def ids():
    x = np.random.default_rng(0).integers(0, 9, (90, 6))
    x[0, :2] = 0, 8
    return x


@pytest.fixture(scope="module")
def trained(ids):
    model = make_dec(encoder())
    with systems.eager():
        systems.train(model, ids)
    return model


def make_dec(encoder, preprocessor=None):
    networks = {**systems.networks("dec"), "encoder": encoder}
    return systems.make("dec", preprocessor=preprocessor, **networks)


@pytest.mark.parametrize(("value", "text"), [(9, "0 to 9"), (-1, "-1 to 8")])
@pytest.mark.parametrize("verb", VERBS)
def test_ids_beyond_the_table_are_refused(verb, value, text, ids, trained):
    x = ids.copy()
    x[5, 5] = value
    message = f"ids from 0 to 8: .*'words'.* Received: ids from {text}$"
    before = systems.snapshot(trained)
    with pytest.raises(ValueError, match=message):
        getattr(trained, verb)(x)
    systems.assert_unchanged(trained, before)


@pytest.mark.parametrize("nested", [False, True])
def test_they_are_met_before_anything_is_built(nested, ids):
    model = make_dec(encoder(nested))
    with pytest.raises(ValueError, match="Received: ids from 1 to 9$"):
        model.fit(ids + 1)
    with pytest.raises(ValueError, match="Received: ids from 1 to 9$"):
        model.fit(ids, validation_data=ids + 1)
    assert not model.built


def test_what_is_no_id_is_not_compared(ids):
    """Features of a preprocessor; inputs of other layers."""
    halved = keras.layers.Rescaling(0.5)
    assert make_dec(encoder(), halved).as_inputs(ids + 5).max() == 13
    dense = systems.dense((6,), 4, 2, None)
    assert make_dec(dense).as_inputs(ids + 5).max() == 13
