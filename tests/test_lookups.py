import keras
import numpy as np
import pytest
import systems

from kerasdc import networks
from kerasdc.utils.lookups import checked_loss
from kerasdc.utils.lookups import checked_optimizer

NO_NAMES = ["adamm", "", 5, [], b"adam", {"a": 1}, 10**400, np.ones(2), print]


@pytest.mark.parametrize("value", [*NO_NAMES, None, keras.optimizers.Adam])
@pytest.mark.parametrize("name", ["optimizer", "pretrain_optimizer"])
def test_what_is_no_optimizer_is_named(name, value):
    with pytest.raises(
        ValueError, match=f"`{name}` must be .* Received: {name}="
    ):
        checked_optimizer(name, value)


@pytest.mark.parametrize("value", [*NO_NAMES[:-1], None])
def test_what_is_no_loss_is_named(value):
    with pytest.raises(ValueError, match="`loss` must be .* Received: loss="):
        checked_loss("loss", value)


def test_what_keras_knows_is_found():
    adam = keras.optimizers.Adam(0.5)
    assert checked_optimizer("optimizer", adam) is adam
    assert type(checked_optimizer("optimizer", "adam")) is type(adam)
    config = keras.optimizers.serialize(adam)
    found = checked_optimizer("optimizer", config)
    assert float(found.learning_rate) == 0.5
    loss = checked_loss("loss", "mean_squared_error")
    assert loss is keras.losses.get("mean_squared_error")
    assert checked_loss("loss", print) is print


def arguments_of(system):
    """Those of `compile` that Keras looks up."""
    names = ["optimizer"]
    if systems.can_pretrain(systems.make(system)):
        names += ["pretrain_optimizer", "reconstruction_loss"]
    return names + (["loss"] if system == "dec" else [])


@pytest.mark.parametrize("system", sorted(systems.SYSTEMS))
def test_compile_names_what_it_cannot_use(system):
    model = systems.make(system)
    for name in arguments_of(system):
        for value in ("adamm", np.ones(2), 5):
            with pytest.raises(ValueError, match=f"Received: {name}="):
                model.compile(**{name: value})


@pytest.mark.parametrize("value", [None, "foo", 5, [], np.ones(2), lambda x: x])
@pytest.mark.parametrize(
    "make",
    [
        networks.mlp_encoder,
        networks.mlp_decoder,
        networks.normalized_mlp_encoder,
    ],
)
def test_what_is_no_initializer_is_named(make, value):
    with pytest.raises(ValueError, match="Received: kernel_initializer="):
        make((3,), kernel_initializer=value)


def test_a_function_draws_kernels():
    def ones(shape, dtype=None):
        return keras.ops.ones(shape, dtype)

    encoder = networks.mlp_encoder((3,), (2,), 1, kernel_initializer=ones)
    np.testing.assert_array_equal(encoder(np.ones((1, 3))), [[6]])
