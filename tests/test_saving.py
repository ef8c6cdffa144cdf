import keras
import numpy as np
import pytest
import systems

from kerasdc.layers import TfIdf
from kerasdc.models import DEC

pytestmark = pytest.mark.usefixtures("eagerly")

TEXTS = [
    f"{noun} {verb} the {noun} {place}"
    for place in ("today", "at home", "in town")
    for nouns, verb in (
        (("cat", "dog", "horse", "mouse", "bird"), "feeds on"),
        (("stock", "bond", "price", "market", "bank"), "rises above"),
    )
    for noun in nouns
]


@pytest.fixture(scope="module")
def text_model():
    keras.utils.set_random_seed(0)
    model = DEC(2, preprocessor=TfIdf(50), seed=0)
    model.compile()
    with systems.eager():
        model.pretrain(TEXTS, epochs=1, verbose=0)
        model.fit(TEXTS, epochs=1, verbose=0)
    return model


def test_a_loaded_text_model_says_the_same(text_model, tmp_path):
    text_model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    expected = text_model.predict(TEXTS, verbose=0)
    assert expected.shape == (30, 2)
    for texts in (TEXTS, np.array(TEXTS)):
        found = again.predict(texts, verbose=0)
        np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


def test_a_loaded_pretrained_model_goes_on_with_adapt(
    make_dec, blobs, tmp_path
):
    model = make_dec(seed=1)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert (again.pretrained, again.adapted) == (True, False)
    again.fit(blobs[0], epochs=0, verbose=0)
    assert again.adapted
    for old, new in zip(
        model.encoder.get_weights(), again.encoder.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)


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
    with pytest.raises(ValueError, match="no clusters yet"):
        model.predict(["a b"])
    with pytest.raises(ValueError, match="no weights yet"):
        model.embed(["a b", "c d"])
    assert not model.preprocessor.adapted
    assert not model.built


def test_custom_compilation_is_kept(make_dec, blobs, tmp_path):
    model = make_dec(decoder=False)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.9),
        loss="mean_squared_error",
        pretrain_optimizer=keras.optimizers.RMSprop(0.02),
        reconstruction_loss="mean_absolute_error",
        update_interval=7,
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
    assert set(history) == {"loss"}
