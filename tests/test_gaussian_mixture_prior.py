import sys
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from kerasdc import metrics
from kerasdc.layers import GaussianMixturePrior

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes TensorFlow"
)


@pytest.fixture(scope="module")
def tfd():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow Probability takes TensorFlow")
    with warnings.catch_warnings():
        # Its import uses what NumPy and setuptools have deprecated.
        warnings.simplefilter("ignore")
        return pytest.importorskip("tensorflow_probability").distributions


def mixture_of(weights, means, variances, **kwargs):
    means = np.asarray(means, "float32")
    layer = GaussianMixturePrior(len(means), **kwargs)
    layer.build((None, means.shape[1]))
    layer.logits.assign(np.log(weights))
    layer.means.assign(means)
    layer.log_variances.assign(np.log(variances))
    return layer


def by_hand():
    """N(0, 1) with weight 1/4 and N(2, 4) with weight 3/4."""
    return mixture_of([1, 3], [[0], [2]], [[1], [4]])


def in_the_plane():
    return mixture_of(
        [0.5, 0.3, 0.2],
        [[0, 0], [1, -2], [-3, 0.5]],
        [[1, 0.5], [2, 0.3], [0.1, 3]],
    )


def posterior():
    """Means, log-variances and responsibilities of two samples."""
    mean = np.float32([[0.3, -0.7], [-2, 1]])
    log_variance = np.float32([[-1, 0.2], [0.5, -2]])
    return mean, log_variance, np.float32([[0.6, 0.3, 0.1], [0, 0.25, 0.75]])


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


def weights_of(layer):
    return np.exp(numpy_of(layer.log_weights()))


def state(layer):
    return [numpy_of(weight) for weight in layer.weights]


# === Densities ===


def test_responsibilities_by_hand():
    # At z = 2 the joint densities are as exp(-2) / 4 to 3 / 4 / 2.
    expected = np.array([np.exp(-2), 1.5])
    expected /= expected.sum()
    assert expected.round(4).tolist() == [0.0828, 0.9172]
    received = by_hand()(np.float32([[2]]))
    np.testing.assert_allclose(received, [expected], 1e-5)


def test_responsibilities_with_a_weight_of_log_pi():
    layer, z = by_hand(), np.float32([[2]])
    # Weights as 1 to 27 in place of 1 to 3.
    expected = np.array([np.exp(-2), 27 / 2])
    received = layer.responsibilities(z, log_weight_factor=3)
    np.testing.assert_allclose(received, [expected / expected.sum()], 1e-4)


def test_log_densities_by_hand():
    layer, z = by_hand(), np.float32([[2]])
    joint = np.array([np.exp(-2) / 4, 3 / 8]) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(layer.log_joint(z), [np.log(joint)], 1e-5)
    np.testing.assert_allclose(layer.log_prob(z), [np.log(joint.sum())], 1e-5)


def test_densities_equal_scikit_learn():
    from sklearn.mixture import GaussianMixture

    generator = np.random.default_rng(0)
    z = generator.normal(size=(300, 4)) * np.repeat([1, 3, 5], 100)[:, None]
    mixture = GaussianMixture(3, covariance_type="diag", random_state=0).fit(z)
    layer = mixture_of(mixture.weights_, mixture.means_, mixture.covariances_)
    np.testing.assert_allclose(layer(z), mixture.predict_proba(z), 1e-3, 1e-5)
    np.testing.assert_allclose(
        layer.log_prob(z), mixture.score_samples(z), 1e-4
    )


def test_densities_equal_tensorflow_probability(tfd):
    layer = in_the_plane()
    z = np.random.default_rng(0).normal(0, 3, (50, 2)).astype("float32")
    distribution = layer.distribution()
    assert isinstance(distribution, tfd.MixtureSameFamily)
    expected = distribution.log_prob(z)
    np.testing.assert_allclose(layer.log_prob(z), expected, 1e-4)


def test_far_from_the_origin_nothing_is_lost():
    z = np.float32([[1000.25, -500], [1000, -500.5]])
    centers = np.array([[1000, -500], [1000.5, -500.25]])
    far = mixture_of([1, 2], centers, np.full((2, 2), 0.01))
    near = mixture_of([1, 2], centers - [1000, -500], np.full((2, 2), 0.01))
    np.testing.assert_allclose(far(z), near(z - [1000, -500]), 1e-4)


def test_one_cluster():
    layer = mixture_of([1], [[0, 1]], [[2, 3]])
    assert numpy_of(layer(np.float32([[9, 9], [0, 0]]))).tolist() == [[1], [1]]


# === The ELBO's terms ===


def test_divergence_by_hand():
    # N(1, 1) to N(0, 1): 1/2; to N(2, 4): (log 4 + 2/4 - 1) / 2.
    divergences = np.array([0.5, 0.5 * (np.log(4) - 0.5)])
    gamma = np.float32([[0.5, 0.5], [0, 1]])
    mean, log_variance = np.ones((2, 1)), np.zeros((2, 1))
    latent, assignment = by_hand().divergence(mean, log_variance, gamma)
    expected = [divergences.mean(), divergences[1]]
    np.testing.assert_allclose(latent, expected, 1e-5)
    # (log 2 + log 2/3) / 2, and log 4/3: zero times log 0 is 0.
    expected = [0.5 * np.log(4 / 3), np.log(4 / 3)]
    np.testing.assert_allclose(assignment, expected, 1e-5)


def test_one_standard_component_is_the_autoencoders_prior():
    mean, log_variance, _ = posterior()
    layer = mixture_of([1], np.zeros((1, 2)), np.ones((1, 2)))
    latent, assignment = layer.divergence(mean, log_variance, np.ones((2, 1)))
    expected = -0.5 * np.sum(
        1 + log_variance - mean**2 - np.exp(log_variance), axis=1
    )
    np.testing.assert_allclose(latent, expected, 1e-5)
    np.testing.assert_allclose(assignment, [0, 0], atol=1e-6)


def test_sum_is_equation_12():
    layer = in_the_plane()
    mean, log_variance, gamma = posterior()
    means, log_variances = numpy_of(layer.means), numpy_of(layer.log_variances)
    squares = np.exp(log_variance)[:, None] + (mean[:, None] - means) ** 2
    squares = squares / np.exp(log_variances)
    ratio = np.where(gamma > 0, weights_of(layer) / np.maximum(gamma, 1e-9), 1)
    elbo = (
        -0.5 * np.sum(gamma * np.sum(log_variances + squares, axis=2), axis=1)
        + np.sum(gamma * np.log(ratio), axis=1)
        + 0.5 * np.sum(1 + log_variance, axis=1)
    )
    terms = layer.divergence(mean, log_variance, gamma)
    np.testing.assert_allclose(sum(terms), -elbo, 1e-5)


@pytest.mark.parametrize("sample", [0, 1])
def test_terms_equal_a_monte_carlo_estimate(sample, tfd):
    layer, num = in_the_plane(), 20_000
    mean, log_variance, gamma = (part[sample] for part in posterior())
    q_z = tfd.MultivariateNormalDiag(mean, np.exp(0.5 * log_variance))
    q_c = tfd.Categorical(probs=gamma)
    z = q_z.sample(num, seed=[0, 1])
    c = q_c.sample(num, seed=[2, 3])
    prior = layer.distribution()
    log_given = prior.components_distribution.log_prob(z[:, None]).numpy()
    draws = (
        q_z.log_prob(z) - log_given @ gamma,
        q_c.log_prob(c) - prior.mixture_distribution.log_prob(c),
    )
    terms = layer.divergence(mean[None], log_variance[None], gamma[None])
    for term, values in zip(terms, draws, strict=True):
        values = numpy_of(values).astype("float64")
        error = abs(float(term[0]) - values.mean())
        assert error < 3 * values.std() / np.sqrt(num)


# === Gradients ===


def gradients_of(layer, function, *inputs):
    """Of the sum of a function's outputs: of the inputs, of the weights."""
    import tensorflow as tf

    inputs = [tf.constant(x, "float32") for x in inputs]
    variables = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = keras.tree.flatten(function(*inputs))
        total = sum(tf.reduce_sum(output) for output in outputs)
    assert np.isfinite(total)
    gradients = tape.gradient(
        total, [*inputs, *variables], unconnected_gradients="zero"
    )
    return [gradient.numpy() for gradient in gradients]


@tensorflow_only
def test_gradients_stay_finite():
    """Means a thousand apart, deviations of a thousandth."""
    layer = mixture_of(
        [0.5, 0.5, 1e-6], [[0, 0], [1e3, 0], [0, 1e3]], np.full((3, 2), 1e-6)
    )
    z = [[0, 0], [500, 0], [1e3, 1e-3], [-1e3, -1e3]]
    log_variance = np.full((4, 2), np.log(1e-6))
    gamma = [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [1 / 3] * 3]
    for gradients in (
        gradients_of(layer, layer, z),
        gradients_of(layer, layer.log_prob, z),
        gradients_of(layer, layer.divergence, z, log_variance, gamma),
        gradients_of(
            layer,
            lambda z, v: layer.divergence(z, v, layer(z)),
            z,
            log_variance,
        ),
    ):
        assert all(np.isfinite(gradient).all() for gradient in gradients)


@tensorflow_only
def test_every_weight_gets_a_gradient():
    layer = in_the_plane()
    mean, log_variance, gamma = posterior()
    *_, logits, means, log_variances = gradients_of(
        layer, layer.divergence, mean, log_variance, gamma
    )
    np.testing.assert_allclose(
        logits, 2 * weights_of(layer) - gamma.sum(axis=0), 1e-5, 1e-6
    )
    difference = numpy_of(layer.means) - mean[:, None]
    precision = np.exp(-numpy_of(layer.log_variances))
    expected = (gamma[..., None] * difference * precision).sum(axis=0)
    np.testing.assert_allclose(means, expected, 1e-4, 1e-6)
    squares = difference**2 + np.exp(log_variance)[:, None]
    expected = (0.5 * gamma[..., None] * (1 - squares * precision)).sum(axis=0)
    np.testing.assert_allclose(log_variances, expected, 1e-4, 1e-6)


# === State from data ===


@pytest.mark.parametrize("method", ["gmm", "merged_kmeans", None])
def test_blobs_are_recovered(method, blobs):
    x, y = blobs
    arguments = (
        {"method": method, "num_restarts": 3}
        if method
        else {"initial_assignments": y}
    )
    layer = GaussianMixturePrior(3)
    assert not layer.adapted
    found = layer.adapt(x, seed=0, **arguments)
    assert layer.adapted
    assert metrics.clustering_accuracy(y, found) == 1
    np.testing.assert_array_equal(found, numpy_of(layer(x)).argmax(axis=1))
    np.testing.assert_allclose(weights_of(layer), 1 / 3, 1e-4)
    for cluster in range(3):
        group = x[found == cluster].astype("float64")
        np.testing.assert_allclose(
            layer.means[cluster], group.mean(axis=0), 1e-4
        )
        np.testing.assert_allclose(
            np.exp(layer.log_variances[cluster]), group.var(axis=0), 1e-2
        )


def test_own_assignments_keep_their_numbers():
    z = [[0.0], [2.0], [10.0], [14.0], [12.0]]
    layer = GaussianMixturePrior(2)
    found = layer.adapt(z, initial_assignments=[1, 1, 0, 0, 0])
    assert found.tolist() == [1, 1, 0, 0, 0]
    np.testing.assert_allclose(weights_of(layer), [0.6, 0.4], 1e-5)
    np.testing.assert_allclose(layer.means, [[12], [1]], 1e-6)
    np.testing.assert_allclose(
        np.exp(layer.log_variances), [[8 / 3], [1]], 1e-5
    )


@pytest.mark.parametrize(
    ("origin", "scale"), [(1000, 1), (100, 0.1), (0, 1e-4), (0, 1e4)]
)
def test_adapt_at_any_origin_and_scale(origin, scale):
    y = np.arange(300) % 3
    z = np.eye(3, 4)[y] + np.random.default_rng(0).normal(0, 0.05, (300, 4))
    layer = GaussianMixturePrior(3)
    found = layer.adapt(origin + scale * z, num_restarts=2, seed=0)
    assert metrics.clustering_accuracy(y, found) == 1
    deviations = np.exp(0.5 * numpy_of(layer.log_variances)) / scale
    np.testing.assert_allclose(deviations, 0.05, 0.2)


def test_adapt_is_seeded():
    z = np.random.default_rng(0).random((200, 3))
    layers = [GaussianMixturePrior(8) for _ in range(3)]
    for layer, seed in zip(layers, (3, 3, 4), strict=True):
        layer.adapt(z, num_restarts=1, seed=seed)
    first, same, other = (numpy_of(layer.means) for layer in layers)
    assert (first == same).all()
    assert (first != other).any()


def test_an_empty_group_stays_finite():
    z = np.random.default_rng(0).normal(size=(20, 2))
    layer = GaussianMixturePrior(3)
    found = layer.adapt(z, initial_assignments=np.arange(20) % 2)
    assert all(np.isfinite(weight).all() for weight in state(layer))
    assert 0 < weights_of(layer)[2] < 2e-6
    assert weights_of(layer).sum() == pytest.approx(1)
    assert set(found) <= {0, 1}
    assert np.isfinite(layer.log_prob(z)).all()


def test_groups_of_equal_points_keep_a_variance():
    z = np.float32([[0, 0], [0, 0], [2, 2], [2, 2]])
    layer = GaussianMixturePrior(2)
    found = layer.adapt(z, initial_assignments=[0, 0, 1, 1])
    assert found.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(np.exp(layer.log_variances), 1e-6, 1e-4)
    layer = GaussianMixturePrior(1)
    layer.adapt(np.ones((3, 2)))
    assert np.isfinite(layer.log_prob(np.ones((3, 2)))).all()


def test_forget():
    layer = GaussianMixturePrior(2)
    layer.adapt(np.eye(2), initial_assignments=[0, 1])
    means = numpy_of(layer.means)
    layer.forget()
    assert not layer.adapted
    np.testing.assert_array_equal(layer.means, means)


# === Samples ===


def test_samples_of_a_component_have_its_moments():
    layer, num = in_the_plane(), 10_000
    for cluster in range(3):
        z = layer.sample(num, cluster, seed=cluster)
        assert z.shape == (num, 2) and z.dtype == "float32"
        variances = np.exp(layer.log_variances[cluster])
        errors = np.abs(z.mean(axis=0) - layer.means[cluster])
        assert (errors < 4 * np.sqrt(variances / num)).all()
        errors = np.abs(z.var(axis=0) - variances)
        assert (errors < 4 * variances * np.sqrt(2 / num)).all()


def test_clusters_are_drawn_by_their_weights():
    layer = mixture_of([1, 3], [[-100], [100]], [[1], [1]])
    share = np.mean(layer.sample(10_000, seed=0) > 0)
    assert abs(share - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 10_000)


def test_a_cluster_for_each_sample():
    layer = mixture_of([1, 3], [[-100], [100]], [[1], [1]])
    z = layer.sample(3, cluster=np.array([1, 0, 1]), seed=0)
    assert (z > 0).ravel().tolist() == [True, False, True]


@pytest.mark.parametrize("cluster", [None, 1, [0, 1, 2, 0]])
def test_same_seed_same_samples(cluster):
    layer = in_the_plane()
    first, same, other = (layer.sample(4, cluster, s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_distribution_holds_the_weights_of_its_time(tfd):
    layer, z = in_the_plane(), np.float32([[1, 2]])
    distribution = layer.distribution()
    before = distribution.log_prob(z).numpy()
    for weight in layer.trainable_weights:
        weight.assign(numpy_of(weight)[::-1] + 1)
    np.testing.assert_array_equal(distribution.log_prob(z), before)
    expected = layer.distribution().log_prob(z)
    assert (expected.numpy() != before).all()
    np.testing.assert_allclose(layer.log_prob(z), expected, 1e-4)


# === Saving, dtypes ===


def test_config_round_trip():
    layer = GaussianMixturePrior(np.int64(4), name="prior")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again, GaussianMixturePrior)
    assert (again.num_clusters, again.name) == (4, "prior")


def test_keras_file_round_trip(blobs, tmp_path):
    layer = GaussianMixturePrior(3)
    model = keras.Sequential([keras.Input((6,)), layer])
    x = blobs[0].astype("float32")
    layer.adapt(x, num_restarts=1, seed=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[0].adapted
    for received, expected in zip(
        state(again.layers[0]), state(layer), strict=True
    ):
        np.testing.assert_array_equal(received, expected)
    points = np.random.default_rng(0).uniform(0, 255, (50, 6))
    np.testing.assert_allclose(
        again.predict(points, verbose=0), model.predict(points, verbose=0)
    )


def test_output_shape():
    layer = GaussianMixturePrior(3)
    assert layer.compute_output_shape((None, 7)) == (None, 3)
    assert layer(keras.Input((7,))).shape == (None, 3)


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "bfloat16"])
def test_stays_in_float32(policy):
    # Neither half precision tells 30.001 from 30.004.
    z = np.float32([[30.0], [30.001], [30.004], [30.005]])
    layer = GaussianMixturePrior(2, dtype=policy)
    groups = layer.adapt(z, initial_assignments=np.array([0, 0, 1, 1]))
    tensors = [
        layer(z),
        layer.log_prob(z),
        *layer.divergence(z, ops.cast(z * 0, "float16"), np.eye(2)[groups]),
        *layer.trainable_weights,
    ]
    dtypes = {keras.backend.standardize_dtype(each.dtype) for each in tensors}
    assert dtypes == {"float32"}
    assert groups.tolist() == [0, 0, 1, 1]
    assert numpy_of(layer(z)).argmax(axis=1).tolist() == [0, 0, 1, 1]


# === Errors ===


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_num_clusters_must_be_a_count(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value!r}$"):
        GaussianMixturePrior(value)


ABC = np.eye(3)


@pytest.mark.parametrize(
    ("z", "arguments", "message"),
    [
        (ABC[:2], {}, "Received: 2 samples, 2 of them distinct"),
        (ABC[[0, 1, 1]], {}, "Received: 3 samples, 2 of them distinct"),
        ([[0.0], [1.0], [np.nan]], {}, "Received: 1 NaN or infinite"),
        ([0.0, 1.0, 2.0], {}, r"Received: z of shape \(3,\)"),
        (ABC, {"method": "em"}, "Received: method='em'"),
        (ABC, {"num_restarts": 0}, "Received: num_restarts=0$"),
        (ABC, {"num_restarts": 2.0}, "Received: num_restarts=2.0$"),
        (ABC, {"seed": -1}, "Received: seed=-1$"),
        (ABC, {"seed": 0.5}, "Received: seed=0.5$"),
        (ABC, {"initial_assignments": [0, 1]}, r"Received: .*\(2,\)"),
        (ABC, {"initial_assignments": [0, 1, 3]}, "Received: "),
        (ABC, {"initial_assignments": [0, 1, -1]}, "Received: "),
        (ABC, {"initial_assignments": [0.0, 1.0, 2.0]}, "Received: float64"),
        (ABC, {"initial_assignments": ABC.astype(int)}, r"\(3, 3\)"),
    ],
)
def test_adapt_refuses(z, arguments, message):
    layer = GaussianMixturePrior(3)
    with pytest.raises(ValueError, match=message):
        layer.adapt(z, **arguments)
    assert not layer.adapted


def test_adapt_refuses_another_width():
    layer = in_the_plane()
    before = state(layer)
    with pytest.raises(ValueError, match=r"shape \(n, 2\). .*\(4, 3\)"):
        layer.adapt(np.eye(4, 3))
    for received, expected in zip(state(layer), before, strict=True):
        np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize(
    ("num", "cluster", "message"),
    [
        (2, 12, "Received: cluster=12$"),
        (2, -1, "Received: cluster=-1$"),
        (2, [0, 3], r"Received: cluster=\[0, 3\]$"),
        (2, [0, 1, 2], r"Received: cluster=\[0, 1, 2\]$"),
        (2, 1.0, "Received: cluster=1.0$"),
        (2, True, "Received: cluster=True$"),
        (0, None, "Received: num=0$"),
        (2.0, None, "Received: num=2.0$"),
    ],
)
def test_sample_refuses(num, cluster, message):
    with pytest.raises(ValueError, match=message):
        in_the_plane().sample(num, cluster)


@pytest.mark.parametrize(
    "call",
    [
        lambda layer: layer.sample(2),
        lambda layer: layer.log_prob(ABC),
        lambda layer: layer.log_joint(ABC),
        lambda layer: layer.log_weights(),
        lambda layer: layer.responsibilities(ABC),
        lambda layer: layer.assign(ABC),
        lambda layer: layer.divergence(ABC, ABC, ABC),
        lambda layer: layer.distribution(),
    ],
)
def test_before_adapt(call):
    with pytest.raises(ValueError, match=r"components yet: call `adapt\(z\)`"):
        call(GaussianMixturePrior(3))


def test_distribution_needs_tensorflow(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="Received: backend='jax'"):
        in_the_plane().distribution()


@tensorflow_only
def test_distribution_needs_tensorflow_probability(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_probability", None)
    with pytest.raises(ImportError, match="pip install"):
        in_the_plane().distribution()


def responsibilities_in_float64(prior, z):
    z, means = np.float64(z), np.float64(prior.means)
    log_variances = np.float64(prior.log_variances)
    squares = np.square(z[:, None] - means) * np.exp(-log_variances)
    log_joint = np.float64(prior.log_weights()) - 0.5 * (
        squares.sum(axis=2) + log_variances.sum(axis=1)
    )
    joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    return joint / joint.sum(axis=1, keepdims=True)


def far_prior():
    prior = GaussianMixturePrior(3)
    prior.build((None, 2))
    prior.means.assign([[0, 0], [4, 0], [0, 3]])
    prior.log_variances.assign([[0, 1], [1, 0], [-8, -2]])
    return prior


@pytest.mark.parametrize("size", [1.0, 1e6, 1e9, 1e19, 1e21, 9.97e36, 3e38])
def test_points_of_any_distance(size):
    """Squares overflow from 1e19; the widest component in a direction wins."""
    prior = far_prior()
    z = np.float32(np.array([[1, 0.1], [0.1, -1], [-1, 0.9]]) * size)
    expected = responsibilities_in_float64(prior, z)
    np.testing.assert_allclose(prior(z), expected, atol=1e-5)
    assert prior.assign(z).tolist() == expected.argmax(axis=1).tolist()
    assert np.isfinite(prior.log_joint(z)).all()
    assert np.isfinite(prior.log_prob(z)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_gets_no_component(value):
    prior = far_prior()
    z = np.float32([[1, 0], [value, 0]])
    for found in (prior(z), prior.log_joint(z), prior.log_prob(z)[:, None]):
        finite = np.isfinite(found)
        assert finite[0].all() and not finite[1].any()
    with pytest.raises(ValueError, match="`z` must be finite"):
        prior.assign(z)
    gamma = np.full((2, 3), 1 / 3)
    latent, _ = prior.divergence(z, np.zeros((2, 2)), gamma)
    assert np.isfinite(latent).tolist() == [True, False]


def test_points_of_another_width_are_refused_by_name():
    with pytest.raises(ValueError, match=r"`z` must have shape \(n, 2\)"):
        far_prior().log_prob(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"`responsibilities` must have shape"):
        far_prior().divergence(np.eye(2), np.eye(2), np.eye(2))
