import keras
import numpy as np
import pytest

from kerasdc import networks


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_imsat_layers_are_normalized_before_relu():
    encoder = networks.normalized_mlp_encoder((28, 28))
    names = [type(layer).__name__ for layer in encoder.layers]
    block = ["Dense", "BatchNormalization", "ReLU"]
    assert names == ["InputLayer", "Flatten", *block, *block]
    assert encoder.output_shape == (None, 1200)
    # By hand: no biases; four numbers a unit for each normalization.
    assert encoder.count_params() == 784 * 1200 + 1200**2 + 2 * 4 * 1200


def test_initial_kernels_of_the_authors_code():
    encoder = networks.normalized_mlp_encoder((400,), (300,))
    (dense,) = layers_of(encoder, keras.layers.Dense)
    assert np.std(dense.kernel) == pytest.approx(0.316 / 20, rel=0.02)
    zeros = networks.normalized_mlp_encoder((4,), (3,), "zeros")
    assert not np.any(layers_of(zeros, keras.layers.Dense)[0].kernel)


def test_first_features_of_small_variance_are_normalized_to_one():
    encoder = networks.normalized_mlp_encoder((400,), (300,))
    rng = np.random.default_rng(0)
    # As of MNIST: before the normalization, a variance of about 0.03.
    x = rng.normal(scale=0.55, size=(2000, 400)).astype("float32")
    _, dense, normalization, _ = encoder.layers
    assert np.var(dense(x)) == pytest.approx(0.03, rel=0.1)
    normalized = np.asarray(normalization(dense(x), training=True))
    # Keras' default epsilon makes it 0.98.
    assert normalized.std(axis=0) == pytest.approx(1.0, abs=2e-3)


def test_dac_network_of_mnist():
    encoder = networks.dac_encoder((28, 28))
    convolutions = layers_of(encoder, keras.layers.Conv2D)
    shapes = [tuple(layer.kernel.shape) for layer in convolutions]
    assert shapes == [
        (3, 3, 1, 64),
        (3, 3, 64, 64),
        (3, 3, 64, 64),
        (3, 3, 64, 128),
        (3, 3, 128, 128),
        (3, 3, 128, 128),
        (1, 1, 128, 10),
    ]
    # 28 - 6 -> 11 - 6 -> 2 -> 1 pixel.
    assert encoder.output_shape == (None, 10)
    assert len(layers_of(encoder, keras.layers.BatchNormalization)) == 10


@pytest.mark.parametrize("shape", [(8, 8), (7, 5), (9, 12, 3)])
def test_convolutions_take_any_image(shape):
    encoder = networks.normalized_conv_encoder(shape, (2, 3), (3, 3))
    outputs = encoder(np.ones((4, *shape), "float32"))
    sides = [-(-side // 4) for side in shape[:2]]
    assert outputs.shape == (4, sides[0] * sides[1] * 3)


def test_convolutions_end_as_the_papers():
    encoder = networks.normalized_conv_encoder((9, 9), num_features=4)
    assert encoder.output_shape == (None, 4)
    assert layers_of(encoder, keras.layers.Conv2D)[-1].kernel_size == (1, 1)
    # Every pixel counts for every feature, in which heads may begin.
    x = np.random.default_rng(0).random((20, 9, 9)).astype("float32")
    before = np.asarray(encoder(x, training=True))
    for corner in (0, 8):
        changed = x.copy()
        changed[:, corner, corner] += 1
        after = np.asarray(encoder(changed, training=True))
        assert (np.abs(after - before).max(axis=0) > 0).all()


@pytest.mark.parametrize(
    "make", [networks.normalized_conv_encoder, networks.dac_encoder]
)
def test_every_layer_is_normalized(make):
    x = np.random.default_rng(0).normal(5, 3, (40, 28, 28)).astype("float32")
    encoder = make((28, 28))
    outputs = np.asarray(encoder(x, training=True))
    assert np.isfinite(outputs).all()
    assert 0.1 < outputs.std() < 2  # whatever the scale of the input


@pytest.mark.parametrize("shape", [(784,), (1, 2, 3, 4), (None, 28)])
@pytest.mark.parametrize(
    "make", [networks.normalized_conv_encoder, networks.dac_encoder]
)
def test_convolutions_refuse_vectors(make, shape):
    with pytest.raises(ValueError, match="Received: "):
        make(shape)


def test_dac_refuses_small_images():
    with pytest.raises(ValueError, match=r"too small.*input_shape=\(25, 28\)"):
        networks.dac_encoder((25, 28))
    assert networks.dac_encoder((26, 26)).output_shape == (None, 10)


def test_file_round_trip(tmp_path):
    encoder = networks.dac_encoder((26, 26), (2, 3), 4)
    encoder.save(tmp_path / "e.keras")
    again = keras.models.load_model(tmp_path / "e.keras")
    x = np.random.default_rng(0).random((3, 26, 26), "float32")
    np.testing.assert_array_equal(encoder(x), again(x))
