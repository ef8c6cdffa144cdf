import inspect
import re

import keras
import numpy as np
import pytest

from kerasdc import networks


def shapes(model, key):
    return [layer.kernel.shape for layer in model.layers if key(layer)]


def is_dense(layer):
    return isinstance(layer, keras.layers.Dense)


def test_default_is_the_papers_network():
    encoder = networks.mlp_encoder((784,))
    decoder = networks.mlp_decoder((784,))
    widths = [784, 500, 500, 2000, 10]
    expected = list(zip(widths, widths[1:], strict=False))
    assert shapes(encoder, is_dense) == expected
    mirrored = [(b, a) for a, b in reversed(expected)]
    assert shapes(decoder, is_dense) == mirrored
    # By hand: sum of a * b + b.
    assert encoder.count_params() == 1_665_010


@pytest.mark.parametrize("hidden", ["relu", "silu"])
def test_latent_and_reconstruction_are_linear(hidden):
    encoder = networks.mlp_encoder((3,), (4,), 2, activation=hidden)
    decoder = networks.mlp_decoder((3,), (4,), 2, activation=hidden)
    for model in (encoder, decoder):
        activations = [layer.activation.__name__ for layer in model.layers[1:]]
        assert activations == [hidden, "linear"]


@pytest.mark.parametrize("shape", [(6,), (5, 4), (5, 4, 2)])
def test_mlp_takes_and_gives_samples_of_any_shape(shape):
    encoder = networks.mlp_encoder(shape, (4,), 3)
    decoder = networks.mlp_decoder(shape, (4,), 3)
    x = np.ones((2, *shape), "float32")
    assert encoder(x).shape == (2, 3)
    assert decoder(encoder(x)).shape == (2, *shape)


@pytest.mark.parametrize("shape", [(8, 8), (7, 5), (1, 3), (9, 12, 3)])
def test_conv_gives_back_odd_sides(shape):
    encoder = networks.conv_encoder(shape, (2, 3, 4), latent_dim=5)
    decoder = networks.conv_decoder(shape, (2, 3, 4), latent_dim=5)
    x = np.ones((2, *shape), "float32")
    assert encoder(x).shape == (2, 5)
    assert decoder(encoder(x)).shape == (2, *shape)


def test_conv_decoder_mirrors_the_encoder():
    encoder = networks.conv_encoder((28, 28))
    decoder = networks.conv_decoder((28, 28))

    def is_conv(layer):
        kinds = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
        return isinstance(layer, kinds)

    expected = [(5, 5, 1, 32), (5, 5, 32, 64), (3, 3, 64, 128)]
    assert shapes(encoder, is_conv) == expected
    assert shapes(decoder, is_conv) == expected[::-1]
    assert decoder.layers[-2].activation.__name__ == "linear"


def test_layers_do_not_share_an_initializer():
    initializer = keras.initializers.RandomNormal(stddev=0.01)
    encoder = networks.mlp_encoder((4,), (4, 4), 4, initializer)
    first, second, third = (
        layer.kernel.numpy() for layer in encoder.layers[1:]
    )
    assert (first != second).any()
    assert (second != third).any()
    assert abs(first).max() < 0.1


@pytest.mark.parametrize("shape", [(), (None,), (0,), (None, 28)])
@pytest.mark.parametrize("make", [networks.mlp_encoder, networks.mlp_decoder])
def test_refuses_unknown_shapes(make, shape):
    with pytest.raises(ValueError, match="Received: "):
        make(shape)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (networks.mlp_encoder, (8,), "Received: input_shape=8$"),
        (networks.mlp_encoder, ((8,), 16), "Received: units=16$"),
        (networks.mlp_decoder, ((8,), (0,)), "Received: units=0$"),
        (networks.embedding_mlp, (3, 16), "Received: units=16$"),
        (networks.normalized_mlp_encoder, ((8,), 16), "Received: units=16$"),
        (networks.conv_encoder, ((8, 8), 32), "Received: filters=32$"),
        (networks.conv_encoder, ((8, 8), (3,), 3), "kernel_sizes=3$"),
        (networks.conv_decoder, ((8, 8), (), ()), r"Received: filters=\(\)$"),
        (networks.mlp_encoder, ((-8,),), "Received: input_shape=-8$"),
        (networks.mlp_encoder, ("8",), "Received: input_shape='8'$"),
        (networks.mlp_encoder, ((10**400,),), "Received: input_shape=10"),
        (networks.mlp_decoder, ((2**16, 2**16),), r"output_shape=\(65536, 65"),
        (networks.conv_decoder, ((8, 8.5),), "Received: output_shape=8.5$"),
        (networks.dac_encoder, ((28, 28), 3), "Received: filters=3$"),
    ],
)
def test_refuses_sizes_that_are_no_sequence(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(*arguments)


@pytest.mark.parametrize("shape", [(784,), (1, 2, 3, 4), (None, 28)])
@pytest.mark.parametrize("make", [networks.conv_encoder, networks.conv_decoder])
def test_convolutions_refuse_vectors(make, shape):
    with pytest.raises(ValueError, match="Received: "):
        make(shape)


def test_file_round_trip(tmp_path):
    encoder = networks.conv_encoder((7, 5), (2, 3, 4), latent_dim=2)
    encoder.save(tmp_path / "e.keras")
    again = keras.models.load_model(tmp_path / "e.keras")
    x = np.random.default_rng(0).random((3, 7, 5), "float32")
    np.testing.assert_array_equal(encoder(x), again(x))


MAKERS = [
    networks.mlp_encoder,
    networks.mlp_decoder,
    networks.conv_encoder,
    networks.conv_decoder,
    networks.normalized_mlp_encoder,
    networks.normalized_conv_encoder,
    networks.dac_encoder,
    networks.embedding_mlp,
]


def options(make):
    return inspect.signature(make).parameters


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("kernel_initializer", (None, "glorot", 3, 10**5000)),
        ("activation", ("rleu", 3)),
        ("latent_dim", (None, 0, 2.0, "2", 10**400)),
        ("num_features", (0, "2", 10**400)),
        ("name", ("", "a/b", 3)),
    ],
)
def test_options_are_refused_by_name(name, values):
    for make in MAKERS:
        arguments = {name: values[0]}
        if make is not networks.embedding_mlp:
            arguments[next(iter(options(make)))] = (28, 28)
        for value in values:
            if name in options(make):
                message = f"`{name}` must be .*Received: {name}="
                with pytest.raises(ValueError, match=message):
                    make(**{**arguments, name: value})


def test_an_initializer_may_be_a_function():
    def halves(shape, dtype=None):
        return keras.ops.full(shape, 0.5, dtype)

    encoder = networks.mlp_encoder((3,), (), 2, halves)
    assert encoder(np.ones((1, 3))).numpy().tolist() == [[1.5, 1.5]]


@pytest.mark.parametrize("make", MAKERS)
def test_keras_image_data_format_changes_nothing(make):
    """The data of this library are channels last."""
    arguments = () if make is networks.embedding_mlp else ((28, 27, 2),)
    expected = make(*arguments)
    keras.config.set_image_data_format("channels_first")
    try:
        found = make(*arguments)
    finally:
        keras.config.set_image_data_format("channels_last")
    for layer, other in zip(expected.layers, found.layers, strict=True):
        configs = [dict(one.get_config(), name="") for one in (layer, other)]
        assert configs[0] == configs[1]
    found.set_weights(expected.get_weights())
    x = np.random.default_rng(0).random((2, *expected.input_shape[1:]))
    np.testing.assert_array_equal(found(x), expected(x))


@pytest.mark.parametrize(
    "make",
    [
        networks.conv_encoder,
        networks.conv_decoder,
        networks.normalized_conv_encoder,
    ],
)
def test_a_series_is_not_taken_for_an_image_silently(make):
    for shape in ((128, 3), (128, 9), (3, 128)):
        shown = re.escape(str(shape))
        with pytest.warns(UserWarning, match=f"Conv1D.*of shape {shown}$"):
            make(shape)
    make((128, 3, 1))  # an image, because it says so
    make((32, 128))  # as a line of text
    make((8, 8))
