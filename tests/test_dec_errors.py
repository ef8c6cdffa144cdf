import keras
import numpy as np
import pytest
from states import assert_same
from states import state

from kerasdc import ClusteringMetrics
from kerasdc import networks
from kerasdc.layers import RandomShiftRotation
from kerasdc.models import DEC

# === Errors: clear, and nothing is lost ===


def with_nan(x):
    x = x.astype("float32")
    x[3, 2] = np.nan
    return x


def with_infinity(x):
    x = x.astype("float32")
    x[3, 2] = -np.inf
    return x


@pytest.mark.parametrize(
    ("make_x", "message"),
    [
        (lambda x: x[:2], "Received: 2 samples, 2 of them distinct"),
        (lambda x: x[[0, 1] * 9], "Received: 18 samples, 2 of them distinct"),
        (lambda x: x[:0], r"Received: a ndarray of shape \(0, 6\)"),
        (with_nan, "Received: nan in row 3"),
        (with_infinity, "Received: -inf in row 3"),
        (lambda x: x[:, :5], r"Received: .*shape \((5|30),"),
        (lambda x: x[..., None], "Received: "),
        (lambda x: x[0], r"Received: x of shape \(6,\)"),
        (lambda x: x.astype(str), "Received: x of dtype <U3"),
        (lambda x: x.astype(object), "Received: x of dtype object"),
        (lambda x: None, "Received: a NoneType"),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_bad_data_changes_nothing(verb, make_x, message, make_dec, blobs):
    x = blobs[0]
    model = make_dec()
    networks_before = model.encoder.get_weights(), model.decoder.get_weights()
    if "shape" in message and "6" not in message:
        message = "Received: "  # the encoder's shape
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(make_x(x))
    assert not model.built
    assert not model.preprocessor.adapted
    assert_same(networks_before[0], model.encoder.get_weights())
    assert_same(networks_before[1], model.decoder.get_weights())


@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit", "predict"])
def test_wrong_width_after_build(verb, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match=r"shape \(n, 6\).*\(90, 5\)$"):
        getattr(fitted, verb)(blobs[0][:, :5])
    assert_same(before, state(fitted))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": -1}, "Received: epochs=-1"),
        ({"epochs": 1.5}, "Received: epochs=1.5"),
        ({"batch_size": 0}, "Received: batch_size=0"),
        ({"batch_size": "32"}, "Received: batch_size='32'"),
        ({"validation_data": np.ones((3, 5))}, r"Received: .* \(3, 5\)"),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "fit"])
def test_bad_arguments_are_met_early(verb, arguments, message, make_dec, blobs):
    model = make_dec()
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(blobs[0], **arguments)
    assert not model.pretrained


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial_epoch": "a"}, "Received: initial_epoch='a'"),
        ({"validation_freq": 0}, "Received: validation_freq=0"),
        ({"validation_data": ()}, "Received: a tuple of shape"),
        ({"callbacks": [3]}, "Received: 3 among them"),
        (
            {"callbacks": [ClusteringMetrics(None, [0, 1])]},
            "Received: 90 samples, 2 labels",
        ),
        (
            {"callbacks": [ClusteringMetrics(np.ones((2, 5)), [0, 1])]},
            r"Received: x of shape \(2, 5\)",
        ),
    ],
)
def test_fit_checks_before_it_pretrains(arguments, message, make_dec, blobs):
    model = make_dec()
    with pytest.raises(ValueError, match=message):
        model.fit(blobs[0], **arguments)
    assert not model.pretrained


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "3", True])
@pytest.mark.parametrize("verb", ["predict", "assign", "embed"])
def test_batch_size_of_predictions(verb, batch_size, fitted, blobs):
    with pytest.raises(
        ValueError, match=f"Received: batch_size={batch_size!r}"
    ):
        getattr(fitted, verb)(blobs[0], batch_size=batch_size)


def test_steps_per_epoch_is_no_argument(fitted, blobs):
    # It would train on targets of the epoch before: see `update_interval`.
    with pytest.raises(TypeError, match="steps_per_epoch"):
        fitted.fit(blobs[0], steps_per_epoch=2)


def test_before_compile(make_dec, blobs):
    model = make_dec(compiled=False)
    for verb in ("fit", "pretrain"):
        with pytest.raises(ValueError, match=f"before `{verb}`. Received: com"):
            getattr(model, verb)(blobs[0])
    assert not model.built


def test_before_adapt(make_dec, blobs):
    model = make_dec()
    for verb in ("predict", "assign", "evaluate"):
        with pytest.raises(ValueError, match="Received: adapted=False"):
            getattr(model, verb)(blobs[0])
    for verb in ("embed", "reconstruct"):
        with pytest.raises(ValueError, match="Received: built=False"):
            getattr(model, verb)(blobs[0])
    model.pretrain(blobs[0], epochs=1, verbose=0)
    assert model.embed(blobs[0]).shape == (90, 2)
    with pytest.raises(ValueError, match="Received: adapted=False"):
        model.predict(blobs[0])


def test_encoder_alone(make_dec, blobs):
    model = make_dec(decoder=False)
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match="Received: decoder=None"):
        model.pretrain(blobs[0])
    with pytest.raises(ValueError, match="Received: decoder=None"):
        model.reconstruct(blobs[0])
    assert model.pretrained
    model.adapt(blobs[0])
    assert_same(before, model.encoder.get_weights())
    assert model.assign(blobs[0]).shape == (90,)


@pytest.mark.parametrize("value", [0, 1.5, True, -3])
def test_num_clusters_is_checked(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value!r}$"):
        DEC(value)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="Received: encoder=None"):
        DEC(2, decoder=networks.mlp_decoder((3,), (4,), 2))
    with pytest.raises(ValueError, match="Received: preprocessor='tfidf'"):
        DEC(2, preprocessor="tfidf")
    with pytest.raises(ValueError, match="Received: preprocessor=3$"):
        DEC(2, preprocessor=3)
    for seed in (-1, 2**32):
        with pytest.raises(ValueError, match=f"Received: seed={seed}$"):
            DEC(2, seed=seed)
    for name in ("optimizer", "pretrain_optimizer", "reconstruction_loss"):
        with pytest.raises(ValueError, match=f"Received: {name}=None$"):
            DEC(2).compile(**{name: None})
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


@pytest.mark.parametrize("encoder", ["mlp", 3, keras.layers.Dense(2)], ids=type)
def test_encoder_must_be_a_model(encoder):
    with pytest.raises(ValueError, match="keras.Model.* Received: encoder="):
        DEC(3, encoder)


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
