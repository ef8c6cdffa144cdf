import keras
import numpy as np
import pytest
from states import assert_same
from states import state
from vade_samples import UNITS
from vade_samples import make_vade

import kerasdc
from kerasdc.models import VaDE
from kerasdc.models.bases.parts import check_range

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def fitted(fitted_vade):
    return fitted_vade


# === Inputs ===


def test_one_sample_and_a_short_last_batch(fitted, blobs):
    x = blobs[0]
    scores = fitted.log_prob(x)
    for few in (x[:1], x[:2].tolist()):
        np.testing.assert_allclose(
            fitted.log_prob(few), scores[: len(few)], 1e-4, 1e-3
        )
    found = fitted.log_prob(x, batch_size=40)
    np.testing.assert_allclose(found, scores, 1e-4, 1e-3)
    assert fitted.assign(x[:1]).shape == (1,)
    assert fitted.generate(1, seed=0).shape == (1, 6)
    assert fitted.interpolate(x[:1], x[1:2], steps=2).shape == (1, 2, 6)
    assert np.isfinite(fitted.objective(x[:1]))
    assert np.isfinite(fitted.evaluate(x[:1], verbose=0)).all()


# === Errors ===


@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_features_out_of_range_change_nothing(verb, blobs):
    model = make_vade()
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match="features from -"):
        getattr(model, verb)(blobs[0].astype("float32") - 100)
    assert not model.built and not model.preprocessor.adapted
    assert_same(before, model.encoder.get_weights())


@pytest.mark.filterwarnings("ignore:These samples")
@pytest.mark.parametrize(
    "call",
    [
        lambda model, x: model.log_prob(x),
        lambda model, x: model.objective(x),
        lambda model, x: model.evaluate(x, verbose=0),
        lambda model, x: model.fit(x / 10, validation_data=x, verbose=0),
        lambda model, x: model.pretrain(x / 10, validation_data=x, verbose=0),
    ],
)
@pytest.mark.parametrize("factor", [10, -1])
def test_features_out_of_range_outside_training(call, factor, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match="from 0 to 1.*Received: features"):
        call(fitted, factor * blobs[0].astype("float32"))
    assert_same(before, state(fitted))


def negated():
    return kerasdc.layers.Scaling(-1 / 255)


@pytest.mark.parametrize(
    ("make_preprocessor", "message"),
    [
        (lambda: keras.layers.Rescaling(1 / 100), "from 0.*to 2"),
        (lambda: keras.layers.Rescaling(1 / 127.5, offset=-1), "from -"),
        (keras.layers.Normalization, "from -"),
        (negated, "from -0.* to -?0"),
    ],
)
def test_preprocessors_that_leave_the_range(make_preprocessor, message, blobs):
    model = make_vade(preprocessor=make_preprocessor())
    before = [variable.numpy() for variable in model.preprocessor.variables]
    with pytest.raises(ValueError, match=f"Received: features {message}"):
        model.fit(blobs[0])
    assert not model.built
    built = isinstance(model.preprocessor, keras.layers.Rescaling)
    assert built or not model.preprocessor.built
    assert_same(before, [v.numpy() for v in model.preprocessor.variables])


def test_preprocessors_that_keep_the_range(blobs):
    x = blobs[0].astype("float32")
    for layer, data in (
        (keras.layers.Rescaling(1 / 255), blobs[0]),
        (negated(), -x),
        (kerasdc.layers.Scaling(target="maximum", dtype="bfloat16"), x),
        (keras.layers.Rescaling(1 / 255, dtype="bfloat16"), x),
        (None, x / 255),
    ):
        check_range(data, layer)


def test_texts_are_no_probabilities():
    texts = ["cat dog", "dog cat cat", "bond price", "price of bond"]
    model = VaDE(2, preprocessor=kerasdc.layers.TfIdf(9))
    model.compile()
    with pytest.raises(ValueError, match="Received: features from 0 to "):
        model.fit(texts)
    assert not model.built and not model.preprocessor.adapted


def test_pixels_above_one(blobs):
    model = make_vade(preprocessor=None)
    with pytest.raises(ValueError, match=r"from 0 to 1.*Received: .* 2\d\d$"):
        model.fit(blobs[0])
    model = make_vade(preprocessor=kerasdc.layers.Scaling(1 / 100))
    with pytest.raises(ValueError, match="Received: features from"):
        model.fit(blobs[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"likelihood": "poisson"}, "Received: likelihood='poisson'"),
        ({"decoder": None}, "`encoder` needs its `decoder`"),
        ({"encoder": None}, "`decoder` needs its `encoder`"),
    ],
)
def test_bad_constructors(arguments, message):
    networks = {
        "encoder": kerasdc.networks.mlp_encoder((6,), UNITS, 2),
        "decoder": kerasdc.networks.mlp_decoder((6,), UNITS, 2),
    }
    with pytest.raises(ValueError, match=message):
        VaDE(3, **{**networks, **arguments})


@pytest.mark.parametrize(
    "arguments",
    [
        {"decay": 5},
        {"decay": 0.0},
        {"decay": "0.9"},
        {"decay": float("nan")},
        {"decay_interval": 0},
        {"decay_interval": 2.5},
        {"decay_minimum": -1e-4},
        {"decay_minimum": None},
        {"log_weight_factor": "x"},
        {"log_weight_factor": float("nan")},
        {"log_weight_factor": -1.0},
        {"log_weight_factor": True},
        {"fixed_weights": "no"},
        {"augmented": None},
    ],
)
def test_bad_compile_arguments(arguments):
    ((name, value),) = arguments.items()
    model = make_vade(compiled=False)
    with pytest.raises(ValueError, match=f"Received: {name}={value!r}$"):
        model.compile(**arguments)
    assert not model.compiled
