import re

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.datasets import make_blobs

from kerasdc import losses
from kerasdc.losses.gradients import input_gradient

# Trains with only this loss, in a compiled step. `test_backends` runs it on
# other backends.
PROGRAM = """
import keras
import numpy as np
from keras import ops
from kerasdc import losses


class Smooth(keras.Model):
    def __init__(self):
        super().__init__()
        layers = keras.layers
        self.network = keras.Sequential(
            [
                layers.Dense(8, kernel_initializer="orthogonal"),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Dense(3, kernel_initializer="orthogonal"),
            ]
        )
        self.generator = keras.random.SeedGenerator(0)

    def build(self, input_shape):
        self.network.build(input_shape)

    def call(self, x, training=False):
        return self.network(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return ops.mean(
            losses.virtual_adversarial(
                lambda x: self.network(x, training=True),
                x,
                radius=ops.norm(x, axis=1),
                num_iterations=2,
                seed=self.generator,
                clean_logits=y_pred,
            )
        )


keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
model = Smooth()
model.compile(optimizer=keras.optimizers.Adam(0.01))
history = model.fit(x, batch_size=16, epochs=10, verbose=0)
print(*history.history["loss"], keras.backend.backend())
assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
assert all(np.isfinite(weight).all() for weight in model.get_weights())
"""


@pytest.fixture(scope="module")
def blobs():
    centers = np.repeat([[0, 0], [2, 0], [0, 2]], 20, axis=1)
    return make_blobs(60, centers=centers, cluster_std=0.7, random_state=0)


@pytest.fixture(scope="module")
def x(blobs):
    return blobs[0].astype("float32")


@pytest.fixture(scope="module")
def network(x, blobs):
    """Classifies three blobs in 40 dimensions; a good test of attacks."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    model.fit(x, blobs[1], batch_size=20, epochs=15, verbose=0)
    return model


def sample_norms(x):
    x = ops.convert_to_numpy(x)
    return np.sqrt(np.square(x.reshape(len(x), -1)).sum(axis=1))


def divergence(logits, other):
    """KL divergence of softmaxes, in float64."""
    logits, other = (
        ops.convert_to_numpy(z).astype("float64") for z in (logits, other)
    )

    def log_softmax(z):
        z = z - z.max(axis=1, keepdims=True)
        rest = np.exp(np.sort(z, axis=1)[:, :-1]).sum(axis=1, keepdims=True)
        return z - np.log1p(rest)

    p, q = log_softmax(logits), log_softmax(other)
    return (np.exp(p) * (p - q)).sum(axis=1)


# === The direction ===


@pytest.fixture(scope="module")
def certain(network, x):
    """A factor of the logits by which a third of the samples is certain."""
    first, second = np.sort(network(x), axis=1)[:, :-3:-1].T
    return float(40 / np.quantile(first - second, 0.7))


@pytest.mark.parametrize("kind", ["trained", "certain"])
def test_direction_is_far_worse_than_a_random_one(network, x, kind, certain):
    scale = 1.0 if kind == "trained" else certain

    def predict(x):
        return scale * network(x)

    direction = losses.adversarial_direction(predict, x, xi=1.0, seed=0)
    np.testing.assert_allclose(sample_norms(direction), 1, 1e-5)
    clean = predict(x)
    attacked = divergence(clean, predict(x + 0.5 * direction))
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(size=x.shape)
        noise /= sample_norms(noise)[:, None]
        random = divergence(clean, predict(x + np.float32(0.5 * noise)))
        assert attacked.mean() > 10 * random.mean()
        assert np.median(attacked / random) > 10


@pytest.mark.parametrize("gap", [0, 10, 30, 50, 70])
def test_direction_of_a_linear_network_by_hand(gap):
    # Two classes: the gradient is a multiple of the difference of weights,
    # here from about 0.1 down to exp(-70), about 1e-31.
    weights = np.float32([[3, 1], [0, 2], [1, 1], [-1, 1]])

    def predict(x):
        return ops.matmul(x, weights) + ops.array([float(gap), 0.0])

    x = ops.zeros((6, 4))
    direction = losses.adversarial_direction(predict, x, xi=0.1, seed=0)
    expected = np.array([2, -2, 0, -2]) / np.sqrt(12)
    cosines = ops.convert_to_numpy(direction) @ expected
    np.testing.assert_allclose(np.abs(cosines), 1, 1e-3)


def test_gradients_are_as_tiny_as_meant(network, x, certain):
    def loss(noise):
        logits = certain * network(x + noise)
        # Of logits: probabilities near 1 are rounded on some processors.
        return ops.sum(losses.prediction_divergence(clean, logits))

    clean = certain * network(x)
    noise = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    gradient = input_gradient(loss, noise / sample_norms(noise)[:, None])
    assert np.quantile(sample_norms(gradient), 0.3) < 1e-12


def test_iterations_approach_the_hessians_first_eigenvector():
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(5, 3)).astype("float32")
    x = generator.normal(size=(4, 5)).astype("float32")
    direction = losses.adversarial_direction(
        lambda x: ops.matmul(x, weights), x, 1e-2, num_iterations=20, seed=0
    )
    for row, logits in zip(ops.convert_to_numpy(direction), x @ weights):
        p = np.exp(logits) / np.exp(logits).sum()
        hessian = weights @ (np.diag(p) - np.outer(p, p)) @ weights.T
        first = np.linalg.eigh(hessian)[1][:, -1]
        assert abs(row @ first) > 0.99


@pytest.mark.parametrize("gap", [0, 200])
def test_zero_gradient_keeps_the_random_direction(gap):
    def predict(x):
        # Constant, or certain beyond what float32 holds.
        return ops.stack([x[:, 0] * (gap > 0) + gap, 0 * x[:, 0]], axis=1)

    x = ops.zeros((3, 7))
    noise = keras.random.normal((3, 7), seed=4)
    direction = losses.adversarial_direction(predict, x, seed=4)
    expected = noise / sample_norms(noise)[:, None]
    np.testing.assert_allclose(direction, expected, 1e-5, 1e-6)
    loss = losses.virtual_adversarial(predict, x, radius=2.0, seed=4)
    assert ops.convert_to_numpy(loss).tolist() == [0, 0, 0]


# === The loss ===


@pytest.mark.parametrize("radius", [0.0, 0.5, 2])
def test_loss_by_hand(radius):
    # At p = 1/2 and distance r from it, whichever side:
    # KL = -ln 2 - 1/2 ln q (1 - q), q = 1 / (1 + exp(5 r)).
    def predict(x):
        logit = 3 * x[:, 0] + 4 * x[:, 1]
        return ops.stack([logit, 0 * logit], axis=1)

    loss = losses.virtual_adversarial(
        predict, ops.zeros((4, 2)), radius, xi=0.1, seed=0
    )
    q = 1 / (1 + np.exp(5 * radius))
    expected = -np.log(2) - np.log(q * (1 - q)) / 2
    assert loss.dtype == "float32"
    np.testing.assert_allclose(loss, [expected] * 4, 1e-4, 1e-6)


@pytest.mark.parametrize("shape", [(3, 8), (3, 2, 4), (3, 2, 2, 2)])
@pytest.mark.parametrize("radius", [0.7, [0.1, 1, 10]])
def test_perturbation_is_as_long_as_the_radius(shape, radius):
    seen = []

    def predict(x):
        seen.append(x)
        return ops.matmul(ops.reshape(x, (3, 8)), weights)

    weights = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    x = np.random.default_rng(1).normal(size=shape).astype("float32")
    loss = losses.virtual_adversarial(predict, x, radius, seed=0)
    perturbed = seen[-1]
    np.testing.assert_allclose(
        sample_norms(perturbed - x), np.broadcast_to(radius, 3), 1e-4
    )
    np.testing.assert_allclose(
        loss, divergence(predict(x), predict(perturbed)), 1e-4, 1e-6
    )


def test_images_are_as_their_pixels(network, x):
    flat = losses.virtual_adversarial(network, x, 0.5, seed=0)
    images = losses.virtual_adversarial(
        lambda images: network(ops.reshape(images, (-1, 40))),
        x.reshape(-1, 5, 8),
        0.5,
        seed=0,
    )
    np.testing.assert_allclose(images, flat, 1e-4, 1e-6)


def test_seeds(network, x):
    def loss(seed):
        return ops.convert_to_numpy(
            losses.virtual_adversarial(network, x, 0.5, seed=seed)
        ).tolist()

    assert loss(0) == loss(0) != loss(1)
    generator = keras.random.SeedGenerator(0)
    first, second = loss(generator), loss(generator)
    assert first != second
    assert first == loss(keras.random.SeedGenerator(0))


def test_clean_logits_save_a_pass():
    calls = []

    def predict(x):
        calls.append(1)
        return ops.matmul(x, np.float32([[1, 0], [0, 1]]))

    x = np.float32([[0.3, 0.2], [-1, 2]])
    expected = losses.virtual_adversarial(predict, x, 1.0, seed=0)
    assert len(calls) == 3
    loss = losses.virtual_adversarial(
        predict, x, 1.0, seed=0, clean_logits=ops.convert_to_tensor(x)
    )
    assert len(calls) == 5
    np.testing.assert_allclose(loss, expected)
    losses.virtual_adversarial(predict, x, 1.0, num_iterations=4, seed=0)
    assert len(calls) == 5 + 6


def test_gradients_reach_the_perturbed_pass_only():
    tf = pytest.importorskip("tensorflow")
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    clean, weights = (
        tf.Variable(np.random.default_rng(1).normal(size=(3, 4)), tf.float32)
        for _ in range(2)
    )
    seen = []

    def predict(x):
        seen.append(x)
        return ops.matmul(x, weights)

    with tf.GradientTape(persistent=True) as tape:
        loss = losses.virtual_adversarial(
            predict, x, 1.0, seed=0, clean_logits=ops.matmul(x, clean)
        )
        same = losses.virtual_adversarial(predict, x, 1.0, seed=0)
    assert tape.gradient(loss, clean) is None
    # By hand, with the perturbed inputs as constants: x^T (q - p).
    perturbed = seen[1].numpy()
    difference = ops.softmax(perturbed @ weights) - ops.softmax(x @ weights)
    expected = perturbed.T @ difference.numpy()
    np.testing.assert_allclose(tape.gradient(loss, weights), expected, 1e-4)
    np.testing.assert_allclose(tape.gradient(same, weights), expected, 1e-4)


def test_raw_images_and_half_precision():
    x = np.random.default_rng(0).integers(0, 256, (4, 3, 3)).astype("uint8")
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])

    def predict(x):
        return ops.cast(model(x / 255.0), "float16")

    loss = losses.virtual_adversarial(predict, x, 100, seed=0)
    assert loss.dtype == "float32" and loss.shape == (4,)
    assert np.isfinite(loss).all() and np.all(loss > 0)


@pytest.mark.parametrize(
    "radius", [-1, -0.5, float("nan"), [-1, 2.0], "far", []]
)
def test_bad_radius(radius):
    message = re.escape(f"Received: radius={radius!r}")
    with pytest.raises(ValueError, match=message):
        losses.virtual_adversarial(ops.identity, np.ones((2, 2)), radius)


@pytest.mark.parametrize("xi", [0, -1.0, float("inf")])
def test_bad_xi(xi):
    with pytest.raises(ValueError, match=f"Received: xi={xi}"):
        losses.adversarial_direction(ops.identity, np.ones((2, 2)), xi)


@pytest.mark.parametrize("num_iterations", [-1, 1.5, True])
def test_bad_num_iterations(num_iterations):
    with pytest.raises(ValueError, match="Received: num_iterations="):
        losses.virtual_adversarial(
            lambda x: x, np.ones((2, 2)), 1.0, num_iterations=num_iterations
        )


# === In training ===


def test_a_compiled_training_lowers_it(capsys):
    exec(PROGRAM, {})
    assert capsys.readouterr().out.split()[-1] == keras.backend.backend()


def test_no_iterations_leave_the_random_direction(network, x):
    first = losses.adversarial_direction(network, x, num_iterations=0, seed=3)
    drawn = ops.convert_to_numpy(keras.random.normal(x.shape, seed=3))
    expected = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    np.testing.assert_allclose(first, expected, 1e-5, 1e-6)
    worst = losses.virtual_adversarial(network, x, 0.5, seed=3)
    random = losses.virtual_adversarial(
        network, x, 0.5, num_iterations=0, seed=3
    )
    assert np.mean(worst) > 5 * np.mean(random)


def test_divergence_of_predictions_by_hand():
    # KL((1/2, 1/2) || (1/4, 3/4)) = ln 2 - ln 3 / 2.
    clean, moved = np.zeros((1, 2)), np.log([[1.0, 3.0]])
    received = losses.prediction_divergence(clean, moved)
    np.testing.assert_allclose(received, [np.log(2) - np.log(3) / 2], 1e-5)


def test_a_gradient_of_nan_is_not_replaced():
    x = np.float32([[1, 2], [np.nan, 2]])
    direction = losses.adversarial_direction(keras.layers.Dense(3), x, seed=0)
    assert np.isfinite(direction).all(axis=1).tolist() == [True, False]


def test_logits_whose_difference_overflows():
    logits = np.float32([[3e38, -3e38, 0], [-3e38, 3e38, 0]])
    found = losses.prediction_divergence(logits, logits[::-1].copy())
    assert np.isfinite(found).all() and (np.asarray(found) > 1e29).all()
    same = losses.prediction_divergence(logits, logits)
    np.testing.assert_array_equal(same, 0)
