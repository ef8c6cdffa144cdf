import warnings

import numpy as np
import pytest
import systems
from keras import ops

import kerasdc
from kerasdc.exports.onnx_file import graph_bytes
from kerasdc.zoo.location import entry_folder

ALWAYS = ("dec_digits", "vade_digits")


def _published():
    for name in kerasdc.list_models():
        is_slow = name not in ALWAYS
        yield pytest.param(name, marks=pytest.mark.slow if is_slow else ())


@pytest.fixture(scope="module", params=list(_published()))
def published(request):
    """A published model, raw samples of which one has NaN, its outputs."""
    with np.load(entry_folder(request.param) / "golden.npz") as golden:
        x = golden["inputs"].astype("float32")
    x = np.concatenate([x, np.full_like(x[:1], np.nan)])
    model = kerasdc.load(request.param)
    signatures = kerasdc.exports.signatures(model)
    expected = {}
    for name in ("serving_default", "embed"):
        found = signatures[name](x)
        expected[name] = {
            key: ops.convert_to_numpy(value) for key, value in found.items()
        }
    return model, x, expected


def _assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], 1e-4, 1e-4)


def test_onnx_says_what_keras_says(published, tmp_path):
    import onnxruntime

    model, x, expected = published
    path = kerasdc.export(model, tmp_path / "new" / "m.onnx", format="onnx")
    session = onnxruntime.InferenceSession(path)
    (given,) = session.get_inputs()
    assert given.name == "inputs" and not isinstance(given.shape[0], int)
    names = [output.name for output in session.get_outputs()]
    for rows in (x, x[-2:]):
        found = session.run(names, {"inputs": rows})
        wanted = {**expected["serving_default"], **expected["embed"]}
        wanted = {key: value[-len(rows) :] for key, value in wanted.items()}
        _assert_equal(dict(zip(names, found, strict=True)), wanted)


def test_litert_says_what_keras_says(published, tmp_path):
    model, x, expected = published
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        path = kerasdc.export(model, tmp_path / "m.tflite", format="litert")
    # Two decoders were published before they told LiteRT their sizes.
    for warning in said:
        assert "lacks operations of reconstruct" in str(warning.message)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, of NumPy
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(path))
        for name, wanted in expected.items():
            run = interpreter.get_signature_runner(name)
            _assert_equal(run(inputs=x), wanted)


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_file_is_replaced(format, tmp_path):
    model = kerasdc.load("dec_digits")
    path = tmp_path / "m"
    path.write_bytes(b"old")
    assert kerasdc.export(model, path, format=format) == path
    assert len(path.read_bytes()) > 10_000
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_pooled_decoder_is_in_the_file(tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    x = np.random.default_rng(0).random((40, 9, 10)).astype("float32")
    networks = kerasdc.networks
    model = kerasdc.models.IDEC(
        2,
        encoder=networks.pooled_encoder((9, 10), (4, 5), (3, 3), 3),
        decoder=networks.pooled_decoder((9, 10), (4, 5), (3, 3), 3),
        seed=0,
    )
    model.compile()
    model.fit(x, epochs=1, verbose=0)
    path = kerasdc.export(model, tmp_path / "m.tflite", format="litert")
    run = Interpreter(str(path)).get_signature_runner("reconstruct")
    found = run(inputs=x[:5])["reconstruction"]
    np.testing.assert_allclose(found, model.reconstruct(x[:5]), 1e-4, 1e-4)


def test_what_litert_lacks_is_left_out(tmp_path, monkeypatch):
    model = kerasdc.load("dec_digits")

    def inverse(inputs):
        return {"inverse": ops.linalg.inv(inputs + ops.eye(8))}

    monkeypatch.setattr(
        model, "export_signatures", lambda: {"inverse": inverse}, raising=False
    )
    with pytest.warns(UserWarning, match="lacks operations of inverse"):
        kerasdc.export(model, tmp_path / "m.tflite", format="litert")


def test_log1p_of_onnx():
    import onnxruntime

    content = graph_bytes(
        lambda x: {"y": ops.log1p(x)}, [((None, 2), "float32", "x")]
    )
    x = np.array([[0.0, 1.0], [1e-3, 100.0]], "float32")
    (found,) = onnxruntime.InferenceSession(content).run(["y"], {"x": x})
    np.testing.assert_allclose(found, np.log1p(x), 1e-5, 1e-6)


def test_saved_models_take_their_own_arguments(tmp_path):
    model = kerasdc.load("dec_digits")
    path = kerasdc.export(model, tmp_path, version=7)
    assert path.name == "7" and (path / "saved_model.pb").is_file()
    with pytest.raises(TypeError, match="version"):
        kerasdc.export(model, tmp_path / "m.onnx", format="onnx", version=7)


@pytest.mark.parametrize(
    "make, format, match",
    [
        (lambda: kerasdc.load("dec_digits"), "pickle", "litert, onnx"),
        (lambda: systems.make("dec"), "onnx", "fit"),
        (lambda: "dec", "litert", "kerasdc.models"),
        (lambda: _of_texts(), "onnx", "tf_saved_model"),
        (lambda: _of_texts(), "litert", "tf_saved_model"),
    ],
)
def test_what_cannot_be_exported(make, format, match, tmp_path):
    with pytest.raises(ValueError, match=match):
        kerasdc.export(make(), tmp_path / "m", format=format)
    assert not list(tmp_path.iterdir())


def _of_texts():
    texts = ["red apple", "green pear", "blue sky", "grey sky"] * 8
    model = kerasdc.models.IMSAT(
        2, preprocessor=kerasdc.layers.TfIdf(10), seed=0
    )
    model.compile()
    model.fit(texts, epochs=1, verbose=0)
    return model
