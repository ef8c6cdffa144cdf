"""Models as ONNX files, by tf2onnx."""

import numpy as np

from kerasdc.exports.converters import quiet_converter
from kerasdc.exports.served_signatures import MAIN
from kerasdc.exports.served_signatures import input_spec
from kerasdc.exports.served_signatures import signatures

_OPERATOR_SET = 18


def onnx_bytes(model):
    """Clusters, soft assignments and embedding as one ONNX graph.

    Args:
        model: A model that can be exported.

    Returns:
        Bytes, the file.

    Raises:
        ImportError: If tf2onnx is missing.
    """
    offered = signatures(model)
    parts = [offered[name] for name in MAIN if name in offered]

    def merged(inputs):
        return {k: v for part in parts for k, v in part(inputs).items()}

    spec = input_spec(model)
    return graph_bytes(merged, [(spec.shape, spec.dtype, "inputs")])


def graph_bytes(function, inputs):
    """A function of tensors as an ONNX graph.

    Args:
        function: Function of tensors that returns a dictionary of tensors;
            its keys name the outputs.
        inputs: List of tuples `(shape, dtype, name)`, one for each argument.

    Returns:
        Bytes, the file.

    Raises:
        ImportError: If tf2onnx is missing.
    """
    import tensorflow as tf

    convert = _tf2onnx().convert
    specs = [tf.TensorSpec(shape, dtype, name) for shape, dtype, name in inputs]
    traced = tf.function(function, input_signature=specs)
    with quiet_converter():
        graph, _ = convert.from_function(
            traced,
            input_signature=specs,
            opset=_OPERATOR_SET,
            custom_op_handlers={"Log1p": (_log1p, [])},
        )
    return graph.SerializeToString()


def _tf2onnx():
    try:
        with quiet_converter():
            import tf2onnx
    except ImportError as error:
        raise ImportError(
            "format='onnx' needs the packages tf2onnx and onnx: "
            'pip install -e ".[onnx]"'
        ) from error
    return tf2onnx


def _log1p(graph, node, name, _):
    """Log(1 + x): ONNX has no such operation."""
    one = graph.make_const(f"{name}_one", np.array(1, "float32")).output[0]
    total = graph.make_node("Add", [node.input[0], one]).output[0]
    graph.replace_input(node, node.input[0], total, 0)
    node.type = "Log"
    return node
