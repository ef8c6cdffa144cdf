import keras
import numpy as np
import pytest

from kerasdc import networks
from kerasdc.models import DEC

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="compiled by TensorFlow"
)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(21, 4)).astype("float32")


@pytest.fixture
def model(x):
    keras.utils.set_random_seed(0)
    model = DEC(3, networks.mlp_encoder((4,), (8,), 2), seed=0)
    model.compile()
    model.adapt(x)
    return model


@pytest.mark.parametrize("batch_size", [1, 4, 7, 21, 100])
def test_equal_to_the_outputs_of_one_call(model, x, batch_size):
    expected = np.array(model(x))
    outputs = model.predict(x, batch_size, verbose=0)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    assert outputs.dtype == "float32" and outputs.flags.writeable
    z = np.array(model.encoder(model.features(x)))
    # Entries near 0 are differences of numbers that are rounded.
    np.testing.assert_allclose(model.embed(x, batch_size), z, 1e-5, 1e-7)


def test_equal_to_keras_with_a_bar(model, x, capsys):
    silent = model.predict(x, 4, verbose=0)
    assert capsys.readouterr().out == ""
    np.testing.assert_allclose(model.predict(x, 4, verbose=2), silent)
    assert capsys.readouterr().out


def count_traces(model):
    """Replaces the model's head by one that counts how often it is traced."""
    traces, call = [], model.clustering.call

    def counted(inputs):
        traces.append(inputs.shape)
        return call(inputs)

    model.clustering.call = counted
    return traces


def test_compiled_once(model, x):
    traces = count_traces(model)
    for _ in range(3):
        model.predict(x, 4, verbose=0)
        model.predict(x[:5], 8, verbose=0)
    assert len(traces) == 1
    model.predict(x.astype("int8"), verbose=0)  # another type of inputs
    assert len(traces) == 2


def test_weights_that_change_are_seen(model, x):
    before = model.predict(x, verbose=0)
    traces = count_traces(model)
    model.clustering.centers.assign(model.clustering.centers[::-1])
    np.testing.assert_allclose(
        model.predict(x, verbose=0), before[:, ::-1], rtol=1e-5
    )
    assert not traces


def test_compiled_again_for_other_weights(model, x):
    model.predict(x, verbose=0), model.embed(x)
    model.encoder.layers[-1].quantize("int8")
    quantized = np.array(model(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), quantized, 1e-5)
    z = np.array(model.encoder(model.features(x)))
    np.testing.assert_allclose(model.embed(x), z, rtol=1e-5)


def test_compiled_again_after_compile(model, x):
    model.predict(x, verbose=0)
    model.clustering.alpha = 5.0  # a constant of what was compiled
    model.compile()
    np.testing.assert_allclose(
        model.predict(x, verbose=0), np.array(model(x)), rtol=1e-5
    )


def test_nothing_of_it_is_exported(model, x, tmp_path):
    model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


def test_eager_models_stay_eager(model, x):
    expected = model.predict(x, verbose=0)
    model.compile(run_eagerly=True)
    traces = count_traces(model)
    np.testing.assert_allclose(
        model.predict(x, 7, verbose=0), expected, rtol=1e-5
    )
    assert len(traces) == 3


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "4"])
def test_wrong_batch_sizes(model, x, batch_size):
    with pytest.raises(ValueError, match="batch_size"):
        model.embed(x, batch_size)
