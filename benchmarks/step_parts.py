"""Parts of a training step as functions of their own: see profile_step.py."""

import dataclasses
import itertools
import math

import keras
import tensorflow as tf

from kerasdc.models.bases.fused_updates import fuse_updates


@dataclasses.dataclass
class Product:
    """One operation of a graph that multiplies matrices.

    Attributes:
        kind: String, the operation's type.
        shapes: List of tuples, of its inputs.
        options: Dictionary, its attributes.
        flops: Integer, multiplications and additions.
    """

    kind: str
    shapes: list
    options: dict
    flops: int


def gradients_alone(network, batch):
    """A function that takes gradients of the loss, and leaves the weights."""

    @tf.function(autograph=False)
    def gradients():
        values = _gradients(network, batch)
        # One number of each: none is left out as unused.
        return tf.add_n([tf.reshape(value, [-1])[0] for value in values])

    return gradients


def bare_step(network, batches):
    """A function that takes one step, on rows of a tensor."""
    optimizer = keras.optimizers.Adam(1e-6)
    optimizer.build(network.trainable_variables)
    fuse_updates(optimizer)
    x = tf.constant(batches.x)
    target = batches.target
    target = None if target is None or target is batches.x else target
    target = None if target is None else tf.constant(target, "float32")
    rows = itertools.cycle([tf.constant(batches.rows(i)) for i in range(4)])

    @tf.function(autograph=False)
    def step(rows):
        batch = [tf.gather(x, rows)]
        if target is not None:
            batch.append(tf.gather(target, rows))
        values = _gradients(network, batch)
        optimizer.apply(values, network.trainable_variables)
        return optimizer.iterations.value

    return lambda: step(next(rows))


def _gradients(network, batch):
    x, y = (batch[0], batch[1] if len(batch) > 1 else None)
    with tf.GradientTape() as tape:
        outputs = network(x, training=True)
        loss = network.compute_loss(x, y, outputs, training=True)
    weights = [each.value for each in network.trainable_variables]
    return tape.gradient(
        loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


# === Products ===


def count_products(function):
    """The products of matrices in a compiled function, as `Product`s."""
    graph = function.get_concrete_function().graph
    return [
        _product(each)
        for each in graph.get_operations()
        if each.type in ("MatMul", "BatchMatMulV2") or "Conv2D" in each.type
    ]


def _product(operation):
    shapes = [tuple(each.shape) for each in operation.inputs]
    options = {
        name: operation.get_attr(name)
        for name in ("transpose_a", "transpose_b")
        if operation.type == "MatMul"
    }
    return Product(operation.type, shapes, options, _flops(operation, shapes))


def _flops(operation, shapes):
    output = tuple(operation.outputs[0].shape)
    if operation.type == "MatMul":
        inner = shapes[0][0 if operation.get_attr("transpose_a") else 1]
        return 2 * math.prod(output) * inner
    if operation.type == "BatchMatMulV2":
        inner = shapes[0][-2 if operation.get_attr("adj_x") else -1]
        return 2 * math.prod(output) * inner
    # Kernel (height, width, in, out) at every place of the smaller side.
    kernel, places = _convolution(operation, shapes, output)
    return 2 * math.prod(kernel) * places


def _convolution(operation, shapes, output):
    if operation.type == "Conv2D":
        return shapes[1], math.prod(output[:3])
    if operation.type == "Conv2DBackpropFilter":
        return output, math.prod(shapes[2][:3])
    return shapes[1], math.prod(shapes[2][:3])


def products_alone(products):
    """A function of the matrix products only, each with its own inputs."""
    chosen = [each for each in products if each.kind == "MatMul"]
    inputs = [
        [tf.Variable(tf.random.normal(shape)) for shape in each.shapes]
        for each in chosen
    ]

    @tf.function(autograph=False)
    def multiply():
        results = [
            tf.matmul(*pair, **each.options)[0, 0]
            for each, pair in zip(chosen, inputs, strict=True)
        ]
        return tf.add_n(results) if results else tf.zeros(())

    return multiply
