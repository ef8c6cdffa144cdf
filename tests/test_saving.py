import json

import keras
import numpy as np
import pytest

from kerasdc.layers import TfIdf
from kerasdc.models import DEC

TEXTS = [
    f"{noun} {verb} the {noun} {place}"
    for place in ("today", "at home", "in town")
    for nouns, verb in (
        (("cat", "dog", "horse", "mouse", "bird"), "feeds on"),
        (("stock", "bond", "price", "market", "bank"), "rises above"),
    )
    for noun in nouns
]

# Nothing but the two imports that a user of a saved model needs.
PROGRAM = """
import json
import sys
import keras
import kerasdc
import numpy as np

folder = sys.argv[1]
x = np.load(folder + "/x.npy")
texts = json.load(open(folder + "/texts.json"))
results = {}


def load(name):
    return keras.models.load_model(f"{folder}/{name}.keras")


model = load("fitted")
results["fitted"] = model.predict(x, verbose=0)
results["reconstructed"] = model.reconstruct(x)
results["flags"] = [model.pretrained, model.adapted, model.compiled]
optimizer = model.optimizer
results["optimizer"] = [
    int(optimizer.iterations),
    float(optimizer.learning_rate),
    model.get_compile_config()["update_interval"],
]
decoder = model.decoder.get_weights()
history = model.fit(x, batch_size=32, epochs=5, initial_epoch=3, verbose=0)
results["iterations"] = int(model.optimizer.iterations)
results["continued"] = model.predict(x, verbose=0)
results["decoder_kept"] = all(
    (a == b).all() for a, b in zip(decoder, model.decoder.get_weights())
)

model = load("pretrained")
results["pretrained_flags"] = [model.pretrained, model.adapted]
encoder = model.encoder.get_weights()
model.fit(x, epochs=0, verbose=0)
results["encoder_kept"] = all(
    (a == b).all() for a, b in zip(encoder, model.encoder.get_weights())
)
results["adapted_later"] = model.adapted

config = json.load(open(folder + "/config.json"))
model = keras.saving.deserialize_keras_object(config)
model.build((None, 6))
model.load_weights(folder + "/model.weights.h5")
results["weights"] = model.predict(x, verbose=0)

model = load("texts")
results["texts"] = model.predict(texts, verbose=0)
results["texts_as_array"] = model.predict(np.array(texts), verbose=0)
np.savez(folder + "/results.npz", **results)
"""


@pytest.fixture(scope="module")
def text_model():
    keras.utils.set_random_seed(0)
    model = DEC(2, preprocessor=TfIdf(50), seed=0)
    model.compile()
    model.pretrain(TEXTS, epochs=3, verbose=0)
    model.fit(TEXTS, epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def pretrained(make_dec, blobs):
    model = make_dec(seed=1)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def fresh(fitted, pretrained, text_model, blobs, run_python, tmp_path_factory):
    """What a new process makes of the saved models."""
    folder = tmp_path_factory.mktemp("saved")
    fitted.save(folder / "fitted.keras")
    pretrained.save(folder / "pretrained.keras")
    text_model.save(folder / "texts.keras")
    fitted.save_weights(folder / "model.weights.h5")
    np.save(folder / "x.npy", blobs[0])
    (folder / "texts.json").write_text(json.dumps(TEXTS))
    config = keras.saving.serialize_keras_object(fitted)
    # Without what `build` and `compile` add: the class and its arguments.
    config = {k: config[k] for k in ("module", "class_name", "config")} | {
        "registered_name": config["registered_name"]
    }
    (folder / "config.json").write_text(json.dumps(config))
    run_python(PROGRAM, str(folder))
    with np.load(folder / "results.npz") as results:
        return dict(results)


def test_outputs_are_equal(fresh, fitted, blobs):
    expected = fitted.predict(blobs[0], verbose=0)
    np.testing.assert_allclose(fresh["fitted"], expected, 1e-5, 1e-6)
    np.testing.assert_allclose(
        fresh["reconstructed"], fitted.reconstruct(blobs[0]), 1e-4, 1e-3
    )


def test_stages_and_compilation_are_kept(fresh):
    assert fresh["flags"].tolist() == [1, 1, 1]
    # 3 epochs of 2 steps; SGD and the interval of `fitted`.
    np.testing.assert_allclose(fresh["optimizer"], [6, 0.05, 2])


def test_fit_continues(fresh):
    assert fresh["iterations"] == 10
    assert fresh["decoder_kept"]


def test_resumed_equals_uninterrupted(fresh, fitted_path, make_dec, blobs):
    model = make_dec(
        seed=1, optimizer=keras.optimizers.SGD(0.05), update_interval=2
    )
    model.pretrain(blobs[0], epochs=5, batch_size=8, verbose=0)
    model.fit(blobs[0], batch_size=32, epochs=5, verbose=0)
    np.testing.assert_allclose(
        fresh["continued"], model.predict(blobs[0], verbose=0), 1e-4, 1e-5
    )


def test_pretrained_model_goes_on_with_adapt(fresh):
    assert fresh["pretrained_flags"].tolist() == [True, False]
    assert fresh["encoder_kept"]
    assert fresh["adapted_later"]


def test_weights_round_trip(fresh, fitted, blobs):
    expected = fitted.predict(blobs[0], verbose=0)
    np.testing.assert_allclose(fresh["weights"], expected, 1e-5, 1e-6)


def test_texts(fresh, text_model):
    expected = text_model.predict(TEXTS, verbose=0)
    assert expected.shape == (30, 2)
    np.testing.assert_allclose(fresh["texts"], expected, 1e-5, 1e-6)
    np.testing.assert_allclose(fresh["texts_as_array"], expected, 1e-5, 1e-6)


def test_text_model_takes_features_too(text_model):
    features = text_model.preprocessor.transform(TEXTS)
    assert np.mean(features**2) == pytest.approx(1)
    np.testing.assert_allclose(
        text_model.predict(features, verbose=0),
        text_model.predict(TEXTS, verbose=0),
        1e-5,
        1e-6,
    )
    assert text_model.reconstruct(TEXTS).shape == features.shape


def test_text_model_refuses_before_it_changes():
    model = DEC(3, preprocessor=TfIdf(50))
    model.compile()
    with pytest.raises(ValueError, match="2 of them distinct"):
        model.fit(["a b", "c d", "a b"])
    with pytest.raises(ValueError, match="adapted=False"):
        model.predict(["a b"])
    with pytest.raises(ValueError, match="built=False"):
        model.embed(["a b", "c d"])
    assert not model.preprocessor.adapted
    assert not model.built


def test_uncompiled_model_is_saved_uncompiled(make_dec, tmp_path):
    model = make_dec(compiled=False)
    model.build((None, 6))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert not again.compiled
    assert (again.pretrained, again.adapted) == (False, False)


def test_custom_compilation_is_kept(make_dec, blobs, tmp_path):
    model = make_dec(decoder=False, metrics=[keras.metrics.KLDivergence()])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.9),
        loss="mean_squared_error",
        pretrain_optimizer=keras.optimizers.RMSprop(0.02),
        reconstruction_loss="mean_absolute_error",
        update_interval=7,
        metrics=[keras.metrics.KLDivergence(name="kl")],
    )
    model.fit(blobs[0], epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.get_compile_config()["update_interval"] == 7
    assert again.optimizer.momentum == 0.9
    assert int(again.optimizer.iterations) == 7
    assert isinstance(again.pretrain_optimizer, keras.optimizers.RMSprop)
    assert again.reconstruction_loss is keras.losses.mean_absolute_error
    assert again.loss == "mean_squared_error"
    history = again.fit(blobs[0], epochs=1, verbose=0).history
    assert set(history) == {"loss", "kl"}
