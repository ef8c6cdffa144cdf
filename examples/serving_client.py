"""Asks a served model for clusters, over REST or gRPC.

    python examples/serving_client.py --model dec_digits
    python examples/serving_client.py --model dec_digits --grpc

The server is TensorFlow Serving, as `docs/serving.md` starts it. REST needs
nothing but Python; gRPC needs `pip install -e ".[serving]"`.
"""

import argparse
import json
import urllib.request

import numpy as np


def over_rest(samples, model, address="localhost:8501", signature=None):
    """The outputs of a served model, over REST.

    Args:
        samples: Array `(n, ...)` of raw samples, or strings `(n,)`.
        model: String, the name that the server knows.
        address: String, host and port.
        signature: Optional string; `None` is `serving_default`.

    Returns:
        Dict of arrays: `cluster` `(n,)`, `soft_assignment` `(n, k)`.
    """
    request = {"instances": np.asarray(samples).tolist()}
    if signature is not None:
        request["signature_name"] = signature
    url = f"http://{address}/v1/models/{model}:predict"
    body = json.dumps(request).encode("utf-8")
    with urllib.request.urlopen(url, body, timeout=60) as answer:
        predictions = json.load(answer)["predictions"]
    if predictions and not isinstance(predictions[0], dict):
        return {"outputs": np.array(predictions)}  # there is only one
    names = predictions[0] if predictions else ()
    return {name: np.array([p[name] for p in predictions]) for name in names}


def over_grpc(samples, model, address="localhost:8500", signature=None):
    """The outputs of a served model, over gRPC; see `over_rest`.

    Pixels that are bytes are sent as such to the signature `serving_uint8`:
    a quarter of the traffic.
    """
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    samples = np.asarray(samples)
    is_bytes = samples.dtype == np.uint8 and samples.ndim > 2
    if signature is None:
        signature = "serving_uint8" if is_bytes else "serving_default"
    if signature != "serving_uint8" and samples.dtype.kind in "iuf":
        samples = samples.astype("float32")
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    request.inputs["inputs"].CopyFrom(tf.make_tensor_proto(samples))
    with grpc.insecure_channel(address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, timeout=60)
    return {k: tf.make_ndarray(v) for k, v in answer.outputs.items()}


def main():
    """Prints clusters and certainties of a few digits."""
    import kerasdc

    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="dec_digits")
    parser.add_argument("--address", help="host and port")
    parser.add_argument("--grpc", action="store_true")
    options = parser.parse_args()
    ask = over_grpc if options.grpc else over_rest
    address = {} if options.address is None else {"address": options.address}
    samples = kerasdc.datasets.load("digits").x[:5]
    found = ask(samples, options.model, **address)
    print("cluster  ", found["cluster"])
    print("certainty", found["soft_assignment"].max(axis=1).round(3))


if __name__ == "__main__":
    main()
