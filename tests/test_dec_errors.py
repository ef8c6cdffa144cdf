import keras
import numpy as np
import pytest
from states import assert_same

from kerasdc import networks
from kerasdc.layers import RandomShiftRotation
from kerasdc.models import DEC

pytestmark = pytest.mark.usefixtures("eagerly")

# === Errors: clear, and nothing is lost ===


def test_before_adapt(make_dec, blobs):
    model = make_dec()
    for verb in ("predict", "assign", "evaluate"):
        with pytest.raises(ValueError, match="no clusters yet"):
            getattr(model, verb)(blobs[0])
    for verb in ("embed", "reconstruct"):
        with pytest.raises(ValueError, match="no weights yet"):
            getattr(model, verb)(blobs[0])
    model.pretrain(blobs[0], epochs=1, verbose=0)
    assert model.embed(blobs[0]).shape == (90, 2)
    with pytest.raises(ValueError, match="no clusters yet"):
        model.predict(blobs[0])


def test_encoder_alone(make_dec, blobs):
    model = make_dec(decoder=False)
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match="Received: decoder=None"):
        model.pretrain(blobs[0])
    with pytest.raises(ValueError, match="has no decoder"):
        model.reconstruct(blobs[0])
    assert model.pretrained
    model.adapt(blobs[0])
    assert_same(before, model.encoder.get_weights())
    assert model.assign(blobs[0]).shape == (90,)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="A `decoder` needs its `encoder`"):
        DEC(2, decoder=networks.mlp_decoder((3,), (4,), 2))
    with pytest.raises(ValueError, match="Received: reconstruction_loss=None$"):
        DEC(2).compile(reconstruction_loss=None)
    for value in (0, 1.5):
        with pytest.raises(ValueError, match=f"update_interval={value}$"):
            DEC(2).compile(update_interval=value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: DEC(
                2,
                networks.mlp_encoder((6,), (4,), 2),
                networks.mlp_decoder((5,), (4,), 2),
            ),
            r"shape \(6,\) for this data. Received: output shape \(5,\)",
        ),
        (
            lambda: DEC(
                2,
                keras.Sequential(
                    [keras.Input((6,)), keras.layers.Reshape((3, 2))]
                ),
            ),
            r"Received: output shape \(3, 2\)",
        ),
        (
            lambda: DEC(
                2,
                networks.mlp_encoder((6,), (4,), 2),
                augmentation=RandomShiftRotation(),
            ),
            r"Received: input_shape=\(None, 6\)",
        ),
    ],
)
def test_parts_that_do_not_fit(make, message, blobs):
    model = make()
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(blobs[0])
    assert not model.built


@pytest.mark.parametrize("augmentation", ["vat", np.flip])
def test_augmentation_must_be_a_layer(augmentation):
    with pytest.raises(ValueError, match="must be a layer.*Received: augment"):
        DEC(2, augmentation=augmentation)


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        # It would take (height, width) for (width, channels) of one image.
        (keras.layers.RandomTranslation(0.5, 0.0), r"channels.*\(6, 6\)$"),
        (keras.layers.Cropping1D(1), "which makes .*4, 6"),
    ],
)
def test_augmentation_that_does_not_fit(augmentation, message, make_dec):
    model = make_dec(2, shape=(6, 6), augmentation=augmentation)
    images = np.random.default_rng(0).random((20, 6, 6))
    with pytest.raises(ValueError, match=message):
        model.pretrain(images, epochs=1, verbose=0)
    assert not model.pretrained


class Subclassed(keras.Model):
    def call(self, x):
        return x


def test_encoder_must_tell_its_shapes(blobs):
    model = DEC(3, Subclassed())
    with pytest.raises(ValueError, match="keras.Input.*Received: encoder="):
        model.adapt(blobs[0])


def test_sequential_networks_take_the_shapes_of_the_data(blobs, tmp_path):
    dense = keras.layers.Dense
    encoder = keras.Sequential([dense(4, "relu"), dense(2)])
    decoder = keras.Sequential([dense(4, "relu"), dense(6)])
    model = DEC(3, encoder, decoder, seed=0)
    model.compile()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.fit(blobs[0], epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert_same([model.assign(blobs[0])], [again.assign(blobs[0])])
