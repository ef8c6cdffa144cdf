"""The client of docs/serving.md, asked of servers that run a SavedModel."""

import concurrent.futures
import contextlib
import http.server
import importlib.util
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import kerasdc

tf = pytest.importorskip("tensorflow")

ROOT = Path(kerasdc.__file__).parents[1]
SERVER = shutil.which("tensorflow_model_server")
GUIDE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client():
    path = ROOT / "examples" / "serving_client.py"
    spec = importlib.util.spec_from_file_location("serving_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Addresses over REST and gRPC, the model, and samples."""
    model = kerasdc.load("dec_digits")
    x = kerasdc.datasets.load("digits").x.astype("uint8")
    folder = tmp_path_factory.mktemp("serving") / "dec_digits"
    version = kerasdc.export(model, folder, warmup=x[:4])
    start = _real_server if SERVER else _stand_in
    with start(folder, version) as (rest, grpc):
        yield rest, grpc, model, x


@contextlib.contextmanager
def _real_server(folder, version):
    rest, grpc = _free_port(), _free_port()
    command = [SERVER, f"--port={grpc}", f"--rest_api_port={rest}"]
    names = [f"--model_name={folder.name}", f"--model_base_path={folder}"]
    with subprocess.Popen(command + names) as process:
        try:
            _wait_for(f"http://localhost:{rest}/v1/models/{folder.name}")
            yield f"localhost:{rest}", f"localhost:{grpc}"
        finally:
            process.terminate()


def _free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


def _wait_for(url):
    for _ in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.5)
    pytest.fail(f"{url} does not answer")


@contextlib.contextmanager
def _stand_in(folder, version):
    """TensorFlow runs the SavedModel; JSON and messages as a server's."""
    signatures = tf.saved_model.load(str(version)).signatures
    with _rest_server(signatures) as rest, _grpc_server(signatures) as grpc:
        yield rest, grpc


@contextlib.contextmanager
def _rest_server(signatures):
    """Rows of a request as tensors of the signature, rows of its answer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(size))
            name = request.get("signature_name", "serving_default")
            (spec,) = signatures[name].structured_input_signature[1].values()
            inputs = tf.constant(request["instances"], spec.dtype)
            found = signatures[name](inputs=inputs)
            values = {k: v.numpy().tolist() for k, v in found.items()}
            rows = [
                dict(zip(values, row, strict=True))
                for row in zip(*values.values(), strict=True)
            ]
            if len(values) == 1:
                rows = list(*values.values())
            body = json.dumps({"predictions": rows}).encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("localhost", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _grpc_server(signatures):
    import grpc
    from tensorflow_serving.apis import predict_pb2
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            signature = signatures[request.model_spec.signature_name]
            (proto,) = request.inputs.values()
            found = signature(inputs=tf.constant(tf.make_ndarray(proto)))
            answer = predict_pb2.PredictResponse()
            for name, value in found.items():
                answer.outputs[name].CopyFrom(
                    tf.make_tensor_proto(value.numpy())
                )
            return answer

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add = (
            prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server
        )
        add(Service(), server)
        port = server.add_insecure_port("localhost:0")
        server.start()
        try:
            yield f"localhost:{port}"
        finally:
            server.stop(None).wait()


def test_over_rest(served, client):
    address, _, model, x = served
    found = client.over_rest(x[:5], "dec_digits", address)
    np.testing.assert_array_equal(found["cluster"], model.assign(x[:5]))
    expected = model.predict(x[:5], verbose=0)
    np.testing.assert_allclose(found["soft_assignment"], expected, 1e-4, 1e-5)
    embedded = client.over_rest(x[:5], "dec_digits", address, "embed")
    (values,) = embedded.values()
    np.testing.assert_allclose(values, model.embed(x[:5]), 1e-4, 1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "float64", "int64"])
def test_over_grpc(dtype, served, client):
    _, address, model, x = served
    found = client.over_grpc(x[:5].astype(dtype), "dec_digits", address)
    np.testing.assert_array_equal(found["cluster"], model.assign(x[:5]))
    expected = model.predict(x[:5], verbose=0)
    np.testing.assert_allclose(found["soft_assignment"], expected, 1e-4, 1e-5)


def test_the_command_prints_what_the_guide_says(
    served, client, monkeypatch, capsys
):
    for address, flags in ((served[0], []), (served[1], ["--grpc"])):
        command = ["serving_client.py", "--address", address, *flags]
        monkeypatch.setattr("sys.argv", command)
        client.main()
        assert capsys.readouterr().out in GUIDE


def test_the_guides_request_gives_its_answer(served):
    body = re.search(r"curl -d '(.*?)'", GUIDE, re.S)[1]
    address = served[0]
    url = f"http://{address}/v1/models/dec_digits:predict"
    with urllib.request.urlopen(url, body.encode("utf-8")) as answer:
        (found,) = json.load(answer)["predictions"]
    text = re.search(r'^(\{"predictions".*?\})\n```', GUIDE, re.M | re.S)[1]
    (expected,) = json.loads(text)["predictions"]
    assert found["cluster"] == expected["cluster"]
    np.testing.assert_allclose(
        found["soft_assignment"], expected["soft_assignment"], atol=1e-4
    )


def test_texts_are_strings(client, tmp_path):
    texts = ["red apple", "green pear", "blue sky", "grey sky"] * 8
    layer = kerasdc.layers.TfIdf(10)
    model = kerasdc.models.IMSAT(2, preprocessor=layer, seed=0)
    model.compile()
    model.fit(texts, epochs=1, verbose=0)
    folder = kerasdc.export(model, tmp_path)
    signatures = tf.saved_model.load(str(folder)).signatures
    with _rest_server(signatures) as address:
        found = client.over_rest(texts[:4], "texts", address)
    np.testing.assert_array_equal(found["cluster"], model.assign(texts[:4]))
