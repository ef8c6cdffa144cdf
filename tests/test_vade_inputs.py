import keras
import numpy as np
import pytest
import vade_samples
from states import assert_same
from states import state
from test_dec_inputs import FORMS
from vade_samples import UNITS
from vade_samples import make_vade

import kerasdc
from kerasdc.models import VaDE
from kerasdc.models.bases.parts import check_range

fitted = vade_samples.fitted


# === Inputs ===


def train_briefly(x):
    """In batches of 32, the last one of which is short."""
    model = make_vade(run_eagerly=True)
    model.pretrain(x, epochs=0, verbose=0)
    model.fit(x, epochs=1, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="module")
def trained_on_array(blobs):
    return train_briefly(blobs[0])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_gives_the_same(form, blobs, trained_on_array):
    x = FORMS[form](blobs[0])
    model = train_briefly(x)
    assert_same(state(trained_on_array), state(model))
    assert_same([model.log_prob(blobs[0])], [model.log_prob(x)])


def test_one_sample_and_a_short_last_batch(fitted, blobs):
    x = blobs[0]
    scores = fitted.log_prob(x)
    for few in (x[:1], x[:2].tolist()):
        np.testing.assert_allclose(
            fitted.log_prob(few), scores[: len(few)], 1e-4
        )
    np.testing.assert_allclose(fitted.log_prob(x, batch_size=40), scores, 1e-4)
    assert fitted.assign(x[:1]).shape == (1,)
    assert fitted.generate(1, seed=0).shape == (1, 6)
    assert fitted.interpolate(x[:1], x[1:2], steps=2).shape == (1, 2, 6)
    assert np.isfinite(fitted.objective(x[:1]))
    assert np.isfinite(fitted.evaluate(x[:1], verbose=0)).all()


# === Errors ===


def with_nan(x, value=np.nan):
    x = x.astype("float32")
    x[3, 2] = value
    return x


@pytest.mark.parametrize(
    ("make_x", "message"),
    [
        (lambda x: x.astype("float32") - 100, "features from -"),
        (lambda x: x[:2], "Received: 2 samples"),
        (lambda x: x[[0, 1] * 9], "Received: 18 samples, 2 of them distinct"),
        (lambda x: x[:0], r"Received: a ndarray of shape \(0, 6\)"),
        (with_nan, "Received: nan in row 3"),
        (lambda x: with_nan(x, np.inf), "Received: inf in row 3"),
        (lambda x: x[..., None], "Received: input shape"),
        (lambda x: x[0], r"Received: x of shape \(6,\)"),
        (lambda x: x.astype(str), "Received: x of dtype <U3"),
        (lambda x: x.astype(object), "Received: x of dtype object"),
        (lambda x: None, "Received: a NoneType"),
        (lambda x: x[:, :5], "Received: "),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_bad_data_changes_nothing(verb, make_x, message, blobs):
    model = make_vade()
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(make_x(blobs[0]))
    assert not model.built and not model.preprocessor.adapted
    assert_same(before, model.encoder.get_weights())


@pytest.mark.parametrize("value", [0, 1.5, True, -3])
def test_num_clusters_is_checked(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value!r}$"):
        VaDE(value)


def test_wrong_width_after_build(fitted, blobs):
    before = state(fitted)
    for verb in ("pretrain", "adapt", "fit", "predict", "log_prob", "evaluate"):
        with pytest.raises(ValueError, match=r"shape \(n, 6\).*\(90, 5\)$"):
            getattr(fitted, verb)(blobs[0][:, :5])
    assert_same(before, state(fitted))


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
        ({"decoder": None}, "Received: decoder=None"),
        ({"encoder": None}, "Received: encoder=None"),
        ({"preprocessor": "none"}, "Received: preprocessor='none'"),
        ({"seed": -1}, "Received: seed=-1"),
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


def test_labels_are_refused(fitted, blobs):
    before = state(fitted)
    for call in (fitted.fit, fitted.evaluate):
        with pytest.raises(ValueError, match="never trains on labels.*Receiv"):
            call(*blobs)
    assert_same(before, state(fitted))
