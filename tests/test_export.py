import json
import os
import resource
import sys
import warnings

import keras
import numpy as np
import pytest

import kerasdc
from kerasdc import layers
from kerasdc import networks
from kerasdc.exports import saved_model as export

TEXTS = np.array(["a cat sat", "a dog ran", "cat cat", "dog the dog"])
SIGNATURES = ["serving_default", "embed", "reconstruct"]
BYTES = "serving_uint8"


def make_model():
    keras.utils.set_random_seed(0)
    x = np.random.randint(0, 256, (40, 8, 8)).astype("uint8")
    model = kerasdc.models.DEC(
        3,
        encoder=networks.mlp_encoder((8, 8), (16,), 4),
        decoder=networks.mlp_decoder((8, 8), (16,), 4),
        augmentation=layers.RandomShiftRotation(seed=1),
        seed=0,
    )
    model.compile()
    model.pretrain(x, epochs=1, verbose=0)
    model.fit(x, epochs=1, verbose=0)
    return model, x


def make_text_model():
    preprocessor = layers.TfIdf(max_words=5)
    preprocessor.adapt(TEXTS)
    size = len(preprocessor.vocabulary)
    model = kerasdc.models.DEC(
        2,
        encoder=networks.mlp_encoder((size,), (8,), 2),
        decoder=networks.mlp_decoder((size,), (8,), 2),
        preprocessor=preprocessor,
        seed=0,
    )
    model.adapt(TEXTS)
    return model


def assert_close(actual, expected):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-5)


@pytest.fixture(scope="module")
def fitted():
    return make_model()


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("serving") / "deep" / "dec"
    return kerasdc.export_saved_model(fitted[0], path)


def test_served_outputs_are_the_models(fitted, exported, tmp_path):
    """Of any number of images or texts; `contract_saving` has the server."""
    import tensorflow as tf

    text_model = make_text_model()
    texts = kerasdc.export_saved_model(text_model, tmp_path / "texts")
    images = fitted[1].astype("float32")
    for model, path, samples, sizes in (
        (fitted[0], exported, images, (1, 3, 7)),
        (text_model, texts, TEXTS, (1, 4)),
    ):
        served = tf.saved_model.load(str(path)).signatures
        for size in sizes:
            check_served(served, model, samples[:size])


def check_served(served, model, batch):
    found = {}
    for key, signature in served.items():
        if key == BYTES:
            continue
        for name, value in signature(inputs=keras.ops.array(batch)).items():
            found[name] = value.numpy()
    soft_assignment = model.predict(batch, verbose=0)
    assert_close(found["soft_assignment"], soft_assignment)
    assert found["cluster"].dtype.kind == "i"
    np.testing.assert_array_equal(found["cluster"], soft_assignment.argmax(1))
    assert_close(found["embedding"], model.embed(batch))
    assert_close(found["reconstruction"], model.reconstruct(batch))


def test_pixels_may_be_sent_as_bytes(exported, fitted):
    import tensorflow as tf

    model, x = fitted
    served = tf.saved_model.load(str(exported)).signatures
    of_bytes = served[BYTES](inputs=tf.constant(x))
    expected = served["serving_default"](inputs=tf.constant(x, "float32"))
    assert of_bytes.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(of_bytes[key], value)


def test_saved_model_cli_shows_signatures_and_runs(
    fitted, exported, tmp_path, monkeypatch, capsys
):
    """TensorFlow's command, in this process: its start takes seconds."""
    from absl import app
    from absl import flags
    from tensorflow.python.tools import saved_model_cli

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["saved_model_cli", *arguments])
        flags.FLAGS(sys.argv, known_only=True)
        saved_model_cli.main()
        return capsys.readouterr().out

    # It would end the process.
    monkeypatch.setattr(app, "run", lambda main: main(sys.argv))
    model, x = fitted
    np.save(tmp_path / "x.npy", x[:2].astype("float32"))
    folder = ["--dir", str(exported), "--tag_set", "serve"]
    shown = run("show", *folder, "--all")
    for name in SIGNATURES:
        assert f"signature_def['{name}']" in shown
    assert shown.count("inputs['inputs'] tensor_info") == 4
    assert "shape: (-1, 8, 8)" in shown
    signature = ["--signature_def", "serving_default"]
    inputs = ["--inputs", f"inputs={tmp_path / 'x.npy'}"]
    run("run", *folder, *signature, *inputs, "--outdir", str(tmp_path))
    soft_assignment = np.load(tmp_path / "soft_assignment.npy")
    assert_close(soft_assignment, model.predict(x[:2], verbose=0))


def test_graph_holds_no_augmentation_and_no_training(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((exported / "saved_model.pb").read_bytes())
    graph = saved_model.meta_graphs[0].graph_def
    nodes = [n for f in graph.library.function for n in f.node_def]
    operations = {node.op for node in [*nodes, *graph.node]}
    assert "MatMul" in operations
    operations -= {"StopGradient"}
    unwanted = ("random", "transform", "dropout", "grad")
    assert not [o for o in operations if any(u in o.lower() for u in unwanted)]


def test_checkpoint_holds_every_variable_once_in_order(fitted, exported):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(exported / "variables" / "variables"))
    keys = [k for k in reader.get_variable_to_shape_map() if "/" in k]
    variables = fitted[0].variables
    assert len(keys) == len(variables)
    for i, variable in enumerate(variables):
        value = reader.get_tensor(f"variables/{i}/.ATTRIBUTES/VARIABLE_VALUE")
        np.testing.assert_array_equal(value, variable.numpy())


def test_versions_count_up(fitted, exported):
    path = exported.parent
    (path / "notes").mkdir()
    assert exported.name == "1"
    assert kerasdc.export_saved_model(fitted[0], path).name == "2"
    assert kerasdc.export_saved_model(fitted[0], path, version=9).name == "9"
    with pytest.raises(FileExistsError, match="exists. Received: '.*9'"):
        kerasdc.export_saved_model(fitted[0], path, version=9)
    for version in (0, True, 1.0):
        match = f"at least 1.*Received: version={version}"
        with pytest.raises(ValueError, match=match):
            kerasdc.export_saved_model(fitted[0], path, version=version)
    number = np.int64(11)
    target = kerasdc.export_saved_model(fitted[0], path, version=number)
    assert target.name == "11"
    assert sorted(os.listdir(path)) == ["1", "11", "2", "9", "notes"]


def test_model_without_decoder_has_no_reconstruction(tmp_path):
    import tensorflow as tf

    encoder = networks.mlp_encoder((4,), (), 2)
    model = kerasdc.models.DEC(2, encoder, preprocessor=None, seed=0)
    model.adapt(np.eye(4))
    folder = kerasdc.export_saved_model(model, tmp_path)
    names = set(tf.saved_model.load(str(folder)).signatures)
    assert names == {"serving_default", "embed"}


def test_model_adds_signatures(fitted, tmp_path, monkeypatch):
    import tensorflow as tf

    model, x = fitted

    def double(inputs):
        return {"double": 2.0 * inputs}

    def decode(embedding):
        return {"sample": model.decoder(embedding)}

    spec = keras.InputSpec(shape=(None, 4), dtype="float32", name="embedding")
    extra = {"double": double, "decode": (decode, [spec])}
    monkeypatch.setattr(
        type(model), "export_signatures", lambda self: extra, raising=False
    )
    folder = kerasdc.export_saved_model(model, tmp_path)
    served = tf.saved_model.load(str(folder)).signatures
    assert set(served) == {*SIGNATURES, "double", "decode", BYTES}
    doubled = served["double"](inputs=tf.ones((1, 8, 8)))["double"]
    np.testing.assert_array_equal(doubled, np.full((1, 8, 8), 2.0))
    sample = served["decode"](embedding=tf.zeros((2, 4)))["sample"]
    assert sample.shape == (2, 8, 8)


def test_mixed_precision_serves_float32(tmp_path):
    import tensorflow as tf

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        encoder = networks.mlp_encoder((4,), (), 2)
        decoder = networks.mlp_decoder((4,), (), 2)
        model = kerasdc.models.DEC(2, encoder, decoder, seed=0)
        model.adapt(np.eye(4))
        folder = kerasdc.export_saved_model(model, tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    for signature in tf.saved_model.load(str(folder)).signatures.values():
        for output in signature(inputs=tf.zeros((2, 4))).values():
            assert output.dtype in (tf.float32, tf.int32)


def test_unfinished_models_are_refused(tmp_path):
    path = tmp_path / "serving"
    model = kerasdc.models.DEC(2)
    with pytest.raises(ValueError, match="Received: built=False"):
        kerasdc.export_saved_model(model, path)
    model.build((None, 4))
    with pytest.raises(ValueError, match="Received: adapted=False"):
        kerasdc.export_saved_model(model, path)
    assert not path.exists()


def test_other_models_are_refused(tmp_path):
    path = tmp_path / "serving"
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    for model in ({}, other):
        kind = type(model).__name__
        with pytest.raises(ValueError, match=f"Received: model of type {kind}"):
            kerasdc.export_saved_model(model, path)
    assert not path.exists()


def test_other_backend_is_refused(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
        kerasdc.export_saved_model(fitted[0], tmp_path)


def test_unwritable_folder_is_an_os_error(fitted, tmp_path):
    path = tmp_path / "file"
    path.write_text("not a folder")
    with pytest.raises(OSError, match="could not be written.*Received: '"):
        kerasdc.export_saved_model(fitted[0], path)
    assert path.read_text() == "not a folder"


def limit_file_size(size):
    """Makes longer files fail, as a full disk does; returns the old limit."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    return old


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_full_disk_leaves_nothing(fitted, tmp_path, size):
    old = limit_file_size(size)
    try:
        with pytest.raises(OSError, match="could not be written.*too large"):
            kerasdc.export_saved_model(fitted[0], tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert os.listdir(tmp_path) == []
    assert kerasdc.export_saved_model(fitted[0], tmp_path).name == "1"


def test_warmup_needs_its_package(fitted, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(ImportError, match=r'install -e "\.\[serving\]"'):
        kerasdc.export_saved_model(fitted[0], tmp_path, warmup=fitted[1][:1])
    assert os.listdir(tmp_path) == []


def test_warmup_requests_are_the_samples(fitted, tmp_path):
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    model, x = fitted
    folder = kerasdc.export_saved_model(model, tmp_path, warmup=x[:2])
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    names = []
    for record in tf.compat.v1.io.tf_record_iterator(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        names.append(request.model_spec.signature_name)
        inputs = tf.make_ndarray(request.inputs["inputs"])
        np.testing.assert_array_equal(inputs, x[:2].astype("float32"))
    assert names == SIGNATURES


@pytest.mark.parametrize(
    "warmup", [np.zeros((3, 5)), np.full((2, 8, 8), np.nan), ["text"]]
)
def test_a_warmup_that_would_fail_is_refused(warmup, fitted, tmp_path):
    model, x = fitted
    warmup = (
        np.full((2, *x.shape[1:]), np.nan) if np.ndim(warmup) == 3 else warmup
    )
    with pytest.raises(ValueError, match="Received"):
        kerasdc.export_saved_model(model, tmp_path / "m", warmup=warmup)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("path", ["gs://bucket/model", "s3://b/m", "", 3])
def test_addresses_are_no_folders(path, fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="`path` must be a path"):
        kerasdc.export_saved_model(fitted[0], path)
    assert list(tmp_path.iterdir()) == []


def test_the_home_folder_is_meant_by_its_sign(fitted, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = kerasdc.export_saved_model(fitted[0], "~/served")
    assert folder == tmp_path / "served" / "1"
    assert folder.is_dir()


def test_outputs_are_plain_json(fitted):
    """What a REST client gets, without a server."""
    model, x = fitted
    inputs = np.asarray(json.loads(json.dumps(x[:1].tolist())), "float32")
    outputs = export.signatures(model)["serving_default"](inputs)
    for value in outputs.values():
        json.dumps(keras.ops.convert_to_numpy(value).tolist())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_with_nan_get_no_cluster(bad, fitted):
    model, x = fitted
    samples = x[:3].astype("float32")
    samples[1, 2, 2] = bad
    for name in SIGNATURES:
        signature = export.signatures(model)[name]
        outputs = signature(samples)
        good = signature(x[:3].astype("float32"))
        for key, value in outputs.items():
            value = keras.ops.convert_to_numpy(value)
            is_int = value.dtype.kind == "i"
            assert np.all(value[1] == -1 if is_int else np.isnan(value[1]))
            np.testing.assert_array_equal(
                value[[0, 2]], keras.ops.convert_to_numpy(good[key])[[0, 2]]
            )


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_become_litert_models(name, exported, fitted):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(exported), signature_keys=[name]
    )
    content = converter.convert()
    with warnings.catch_warnings():
        # TensorFlow's, of the package that will hold it.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_content=content)
    run = interpreter.get_signature_runner(name)
    sample = fitted[1][:1].astype("float32")
    expected = export.signatures(fitted[0])[name](sample)
    for key, value in run(inputs=sample).items():
        np.testing.assert_allclose(value, expected[key], 1e-4, 1e-5)
