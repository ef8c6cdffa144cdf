import keras
import numpy as np
import pytest

from kerasdc.models.bases.fused_updates import fuse_updates

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow's kernels"
)
SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.1, beta_1=0.8, epsilon=1e-3),
    "adam_of_schedule": lambda: keras.optimizers.Adam(SCHEDULE, clipnorm=1.0),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "amsgrad": lambda: keras.optimizers.Adam(0.1, amsgrad=True),
    "ema": lambda: keras.optimizers.Adam(0.1, use_ema=True),
    "accumulated": lambda: keras.optimizers.Adam(
        0.1, gradient_accumulation_steps=2
    ),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.1), initial_scale=2.0
    ),
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(SCHEDULE, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.1),
}


def updated(optimizer, num_steps=7):
    """A weight and the optimizer's state after steps of fixed gradients."""
    import tensorflow as tf

    variable = keras.Variable([[1.0, -2.0], [0.5, 3.0]])
    optimizer.build([variable])
    generator = np.random.default_rng(0)

    @tf.function
    def step(gradient):
        optimizer.apply([gradient], [variable])

    for _ in range(num_steps):
        step(tf.constant(generator.normal(size=(2, 2)), "float32"))
    return [np.array(each) for each in (variable, *optimizer.variables)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_equal_to_keras(name):
    fused = OPTIMIZERS[name]()
    fuse_updates(fused)
    received, expected = updated(fused), updated(OPTIMIZERS[name]())
    assert len(received) == len(expected)
    for ours, its in zip(received, expected, strict=True):
        np.testing.assert_allclose(ours, its, rtol=1e-5, atol=1e-7)


def test_first_steps_by_hand():
    """Adam's first update is the rate times the sign of the gradient."""
    optimizer = keras.optimizers.Adam(0.1, epsilon=0.0)
    fuse_updates(optimizer)
    variable = keras.Variable([1.0, 2.0])
    optimizer.build([variable])
    optimizer.apply([keras.ops.array([3.0, -0.01])], [variable])
    np.testing.assert_allclose(variable, [0.9, 2.1], rtol=1e-6)
    optimizer = keras.optimizers.SGD(0.5, momentum=0.5)
    fuse_updates(optimizer)
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    for expected in (0.5, -0.25):  # steps of 0.5, then of 0.5 + 0.25
        optimizer.apply([keras.ops.array([1.0])], [variable])
        np.testing.assert_allclose(variable, [expected])


def kernels(optimizer, gradient=None):
    """Names of the operations of one update."""
    import tensorflow as tf

    variable = keras.Variable([[1.0], [2.0]])
    optimizer.build([variable])

    def step():
        given = tf.ones((2, 1)) if gradient is None else gradient()
        optimizer.apply([given], [variable])

    graph = tf.function(step).get_concrete_function().graph
    return {each.type for each in graph.get_operations()}


def test_one_kernel_for_each_weight():
    for name, kernel in (
        ("adam", "ResourceApplyAdam"),
        ("adamw", "ResourceApplyAdam"),
        ("sgd", "ResourceApplyGradientDescent"),
        ("momentum", "ResourceApplyKerasMomentum"),
    ):
        optimizer = OPTIMIZERS[name]()
        fuse_updates(optimizer)
        found = kernels(optimizer)
        assert kernel in found, name


@pytest.mark.parametrize("name", ["amsgrad", "rmsprop"])
def test_others_are_left_to_keras(name):
    optimizer = OPTIMIZERS[name]()
    fuse_updates(optimizer)
    assert "update_step" not in vars(optimizer)
    assert "AssignSubVariableOp" in kernels(optimizer)


def test_sparse_gradients_are_left_to_keras():
    import tensorflow as tf

    optimizer = keras.optimizers.SGD(0.5)
    fuse_updates(optimizer)
    variable = keras.Variable([[1.0], [2.0]])
    optimizer.build([variable])
    gradient = tf.IndexedSlices(tf.ones((1, 1)), tf.constant([1]), (2, 1))
    optimizer.apply([gradient], [variable])
    np.testing.assert_allclose(variable, [[1.0], [1.5]])


def test_config_and_copies_are_those_of_keras():
    optimizer = keras.optimizers.Adam(0.1)
    config = optimizer.get_config()
    fuse_updates(optimizer)
    assert optimizer.get_config() == config
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(optimizer)
    )
    assert type(copy) is keras.optimizers.Adam
    assert "update_step" not in vars(copy)


def test_not_under_a_strategy():
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(0.1)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        fuse_updates(optimizer)
    assert "update_step" not in vars(optimizer)
