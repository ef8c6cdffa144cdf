import keras
import numpy as np
import pytest
import systems
from keras import ops

import kerasdc
from kerasdc.callbacks import GeneratorDiversity
from kerasdc.models import InfoGAN
from kerasdc.models.bases.fused_updates import fuse_updates
from kerasdc.models.bases.two_rates import TwoRateAdam
from kerasdc.recipes import get_recipe
from kerasdc.runs.building import build_model

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def fitted(blobs):
    encoder = systems.dense((6,), 32, 32, None)
    model = systems.make("infogan", compiled=False, seed=3, encoder=encoder)
    falling = keras.optimizers.schedules.CosineDecay(0.001, 450)
    optimizer = TwoRateAdam(falling, factor=5.0, beta_1=0.5)
    model.compile(optimizer, assignment_weight=0.5)
    # From random weights, two blobs may end in one cluster.
    start = {"learned_epochs": 200, "num_neighbors": 7}
    model.adapt(blobs[0], graph_start=start)
    model.fit(blobs[0], batch_size=30, epochs=150, verbose=0)
    return model


# === Losses ===


@pytest.fixture
def terms(blobs):
    """A step's terms and, of each, which networks feel it."""
    tf = pytest.importorskip("tensorflow")
    model = systems.make("infogan", augmentation=keras.layers.Rescaling(1.1))
    systems.fit(model, blobs[0])
    x = ops.convert_to_tensor(blobs[0][:30].astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        found = model.loss_terms(x, None, model(x, training=True), True)
        means = {name: ops.mean(term) for name, term in found.items()}
    felt = {}
    for name, mean in means.items():
        for part in ("encoder", "generator", "realness"):
            weights = getattr(model, part).trainable_weights
            gradients = tape.gradient(mean, [w.value for w in weights])
            felt[name, part] = any(
                g is not None and np.abs(g).max() > 0 for g in gradients
            )
    return means, felt


def test_each_network_feels_its_own_part(terms):
    means, felt = terms
    assert all(np.isfinite(mean) for mean in means.values())
    assert felt == {
        ("discriminator", "encoder"): True,
        ("discriminator", "generator"): False,
        ("discriminator", "realness"): True,
        ("generator_loss", "encoder"): False,
        ("generator_loss", "generator"): True,
        ("generator_loss", "realness"): False,
        ("information", "encoder"): True,
        ("information", "generator"): True,
        ("information", "realness"): False,
        ("assignment", "encoder"): True,
        ("assignment", "generator"): False,
        ("assignment", "realness"): False,
    }


def test_information_of_certain_real_samples():
    """Two clusters, equally large: minus log 2."""
    model = InfoGAN(2)
    model.compile()
    q = np.repeat(np.eye(2, dtype="float32"), 3, axis=0)
    found = model.loss_terms(None, None, q, False)["assignment"]
    assert float(found) == pytest.approx(-np.log(2), rel=1e-5)
    assert model.objective(None, soft_assignment=q) == pytest.approx(
        -np.log(2), rel=1e-5
    )


def test_statistics_of_inference_are_of_real_samples(blobs):
    model = systems.make("infogan")
    x = blobs[0].astype("float32")
    model.build(x.shape)
    systems.fit(model, x, epochs=1)
    (normalization,) = (
        layer
        for layer in model.encoder.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    before = normalization.moving_mean.numpy()
    dense = keras.Model(model.encoder.input, normalization.input)
    of_real = np.mean(dense(model.features(x)), axis=0)
    model(ops.convert_to_tensor(x), training=True)
    share = 1 - normalization.momentum
    expected = before + share * (of_real - before)
    np.testing.assert_allclose(
        normalization.moving_mean.numpy(), expected, rtol=1e-3, atol=1e-4
    )


# === Generation ===


def test_generated_samples_belong_to_their_cluster(fitted, blobs):
    clusters = np.repeat([0, 1, 2], 50)
    samples = fitted.generate(150, clusters, seed=0)
    assert samples.shape == (150, 6)
    # By chance, a third.
    assert np.mean(fitted.assign(samples) == clusters) >= 0.9
    assert 0 <= samples.min() and 5 < samples.max() <= 255
    again = fitted.generate(150, clusters, seed=0)
    np.testing.assert_array_equal(samples, again)
    assert (fitted.generate(150, clusters, seed=1) != samples).any()


def test_along_a_code(fitted):
    way = fitted.interpolate(1, code=1, steps=5, seed=0)
    assert way.shape == (5, 6)
    assert np.abs(way[0] - way[-1]).max() > 0
    ends = [fitted.codes.chosen(1, 1, seed=0) for _ in range(2)]
    ends[0][:, -1], ends[1][:, -1] = -1, 1
    for place, drawn in zip((0, -1), ends, strict=True):
        made = fitted.raw_samples(fitted.generator(drawn, training=False))
        np.testing.assert_allclose(way[place], made[0], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda m: m.generate(2, 3), "cluster="),
        (lambda m: m.generate(2, codes=[0.0]), "codes of shape"),
        (lambda m: m.interpolate(0, code=2), "code=2"),
        (lambda m: m.interpolate(0, steps=1), "steps=1"),
        (lambda m: m.interpolate(7), "cluster="),
        (lambda m: InfoGAN(3).generate(2), "fit"),
    ],
)
def test_bad_requests(call, match, fitted):
    with pytest.raises(ValueError, match=match):
        call(fitted)


def test_a_generator_must_fit():
    with pytest.raises(ValueError, match="needs its `encoder`"):
        InfoGAN(3, generator=kerasdc.networks.infogan_generator((6,), 9))
    encoder = kerasdc.networks.infogan_encoder((6,), units=8)
    generator = kerasdc.networks.infogan_generator((6,), 9, units=8)
    with pytest.raises(ValueError, match="generator"):
        InfoGAN(3, encoder, generator, noise_dim=62).build((None, 6))
    InfoGAN(3, encoder, generator, noise_dim=4).build((None, 6))


@pytest.mark.parametrize("shape", [(8, 8), (9, 7, 3), (6,), (5, 2)])
def test_networks(shape):
    encoder = kerasdc.networks.infogan_encoder(shape, (4, 8), 16)
    generator = kerasdc.networks.infogan_generator(shape, 5, (4, 8), 16)
    made = generator(np.zeros((3, 5)), training=False)
    assert made.shape == (3, *shape)
    np.testing.assert_allclose(made, 0.5, atol=0.2)
    assert encoder(made).shape == (3, 16)


# === Training ===


def test_restarts_draw_both_networks(blobs):
    model = systems.make("infogan")
    model.adapt(blobs[0], restarts={"num": 2, "epochs": 3, "batch_size": 45})
    assert np.isfinite(model.objective(blobs[0]))
    kernels = [model.sibling(i).generator.get_weights()[0] for i in range(2)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3
    model.fit(blobs[0], batch_size=45, epochs=1, verbose=0)


@pytest.mark.parametrize("fused", [False, True])
def test_two_rates(fused):
    """Adam's first step is the rate, whatever the gradient."""
    slow, fast = (keras.Variable(np.zeros(2, "float32")) for _ in range(2))
    optimizer = TwoRateAdam(0.01, factor=5.0)
    optimizer.build([slow, fast])
    optimizer.set_fast([fast])
    if fused:
        fuse_updates(optimizer)
    gradient = ops.convert_to_tensor(np.array([3.0, -2.0], "float32"))
    optimizer.apply([gradient, gradient])
    np.testing.assert_allclose(slow.numpy(), [-0.01, 0.01], rtol=1e-4)
    np.testing.assert_allclose(fast.numpy(), [-0.05, 0.05], rtol=1e-4)
    config = keras.optimizers.serialize(optimizer)
    assert keras.optimizers.deserialize(config).factor == 5.0


def test_a_collapse_is_noticed(blobs):
    model = systems.make("infogan")
    systems.fit(model, blobs[0])
    outputs = model.generator.layers[-1]
    outputs.set_weights([np.zeros_like(w) for w in outputs.get_weights()])
    watcher = GeneratorDiversity(model.prepare(blobs[0]))
    watcher.set_model(model)
    logs = {}
    watcher.on_epoch_end(0, logs)
    assert logs["diversity"] == pytest.approx(0, abs=1e-6)
    assert 0 <= logs["cluster_entropy"] <= np.log(3) + 1e-6
    watcher.on_train_end()  # says nothing of two steps
    model.optimizer.iterations.assign(200)
    with pytest.warns(UserWarning, match="generated samples collapsed.* 0%"):
        watcher.on_train_end()


def test_history_shows_both(fitted):
    history = fitted.history.history
    assert {"cluster_entropy", "diversity", "assignment"} <= set(history)
    assert history["cluster_entropy"][-1] > 0.9 * np.log(3)
    assert history["diversity"][-1] > 0.3


def test_generators_of_recipes_are_as_wide_as_encoders():
    recipe = get_recipe("infogan", "mnist")
    recipe["network"] |= {"filters": [4, 8], "units": 16}
    x = np.random.default_rng(0).random((12, 28, 28))
    model = build_model("infogan", recipe, x, 10, 0)
    convolutions = [
        [layer.filters for layer in network.layers if hasattr(layer, "filters")]
        for network in (model.encoder, model.generator)
    ]
    assert convolutions == [[4, 8], [4, 1]]
    assert model.encoder.output_shape == (None, 16)
    model.fit(x, epochs=1, verbose=0)
