import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.losses.gradients import input_gradient

# Prints gradients of a fixed network, then weights after compiled training
# with a loss that has a gradient inside. `test_backends` runs it elsewhere.
PROGRAM = """
import json
import keras
import numpy as np
from keras import ops
from kerasdc.losses.gradients import input_gradient


def network():
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(2)]
    )
    for i, weight in enumerate(model.weights):
        size = int(np.prod(weight.shape))
        values = np.sin(np.arange(size) * 1.7 + i)
        weight.assign(values.reshape(weight.shape))
    return model


class SlopeModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(
            1, use_bias=False, kernel_initializer="ones"
        )
        self.normalization = keras.layers.BatchNormalization(
            center=False, scale=False, momentum=0.5
        )

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.normalization.build((None, 1))

    def call(self, x):
        return self.normalization(self.dense(x), training=False)

    def compute_loss(self, x=None, *arguments, **kwargs):
        def total(x):
            self.normalization(self.dense(x), training=True)
            return ops.sum(self.dense(x))

        slopes = input_gradient(total, x)
        weights = ops.transpose(self.dense.kernel)
        return ops.mean(ops.sum(slopes * weights, axis=1))


x = np.cos(np.arange(15, dtype="float32")).reshape(5, 3)
model = network()
gradient = input_gradient(
    lambda x: ops.sum(ops.square(model(x)) * ops.softmax(model(x))), x
)
trained = SlopeModel()
trained.compile(optimizer=keras.optimizers.SGD(0.1))
trained.fit(np.ones((8, 2), "float32"), batch_size=4, epochs=1, verbose=0)
result = {
    "backend": keras.backend.backend(),
    "gradient": ops.convert_to_numpy(gradient).tolist(),
    "kernel": trained.dense.get_weights()[0].tolist(),
    "mean": trained.normalization.get_weights()[0].tolist(),
}
print(json.dumps(result))
"""


def test_value_by_hand():
    x = np.float32([[1, 2], [-3, 0.5]])
    gradient = input_gradient(lambda x: ops.sum(x**3), x)
    np.testing.assert_allclose(gradient, 3 * x**2, 1e-6)


def test_a_function_of_something_else():
    gradient = input_gradient(lambda x: ops.sum(ops.ones((2,))), ops.ones(3))
    assert ops.convert_to_numpy(gradient).tolist() == [0, 0, 0]


def test_result_is_a_constant():
    tf = pytest.importorskip("tensorflow")
    x, weight = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        gradient = input_gradient(lambda x: weight * ops.sum(x**2), x)
        value = ops.sum(gradient) + weight
    assert gradient.numpy().tolist() == [6, 12]
    assert tape.gradient(value, [x, weight])[0] is None


def test_only_the_constant_part_trains():
    tf = pytest.importorskip("tensorflow")
    weight = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        slope = input_gradient(lambda x: weight * ops.sum(x), ops.ones(2))
        value = ops.sum(slope * weight)
    # 2 weight^2, but half of it is constant.
    assert float(value) == 18
    assert float(tape.gradient(value, weight)) == 6


def test_a_vector_is_refused():
    with pytest.raises(ValueError, match=r"Received: a value of shape \(3,\)"):
        input_gradient(lambda x: x, ops.ones(3))


def test_integers_are_refused():
    with pytest.raises(ValueError, match="Received: x of dtype int32"):
        input_gradient(ops.sum, ops.ones(3, dtype="int32"))


def test_an_unknown_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(RuntimeError, match="Received: backend='numpy'"):
        input_gradient(ops.sum, ops.ones(3))


def printed_here():
    """What the program finds on this process' backend."""
    names = {}
    exec(PROGRAM, names)
    return names["result"]


def check_training(result):
    # Two steps; the slope is the kernel itself: w <- w - 0.1 w each time.
    np.testing.assert_allclose(result["kernel"], [[0.81], [0.81]], 1e-6)
    # What the inner function assigns is kept: means of 2 and of 1.8.
    np.testing.assert_allclose(result["mean"], [(2 / 2 + 1.8) / 2], 1e-6)


def test_inside_a_compiled_fit():
    check_training(printed_here())
