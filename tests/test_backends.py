import importlib.util

import pytest

PROGRAM = """
import sys
import keras
import kerasdc
import numpy as np

keras.utils.set_random_seed(0)
y = np.arange(60) % 3
x = np.eye(3, 16)[y] * 9 + np.random.normal(0, 0.3, (60, 16))
images = x.reshape(60, 4, 4)
model = kerasdc.models.DEC(
    3,
    kerasdc.networks.mlp_encoder((4, 4), (16,), 2),
    kerasdc.networks.mlp_decoder((4, 4), (16,), 2),
    augmentation=kerasdc.layers.RandomShiftRotation(0.1, 5, seed=0),
    seed=0,
)
model.compile()
model.pretrain(images, epochs=20, batch_size=10, verbose=0)
history = model.fit(
    images,
    epochs=3,
    batch_size=16,
    validation_data=images[:20],
    callbacks=[
        kerasdc.ClusteringMetrics(images, y),
        kerasdc.callbacks.LabelChangeStopping(0.0),
        kerasdc.callbacks.ClusterSizes(),
    ],
    verbose=0,
)
assert history.history["accuracy"][-1] == 1, history.history
assert history.history["label_change"] == [0, 0], history.history
q = model.predict(images, verbose=0)
targets = kerasdc.targets.SelfTrainingTargets(model, images)
targets.on_epoch_begin()
p = targets[0][1]
assert p.shape == (60, 3)
assert model.reconstruct(images).shape == images.shape
assert int(model.optimizer.iterations) == 12

path = sys.argv[1]
model.save(path)
again = keras.models.load_model(path)
np.testing.assert_allclose(again.predict(images, verbose=0), q, 1e-5, 1e-6)
again.fit(images, epochs=1, batch_size=16, verbose=0)
assert int(again.optimizer.iterations) == 16

texts = ["cat dog", "dog cat cat", "bond price", "price of bond"] * 3
model = kerasdc.models.DEC(2, preprocessor=kerasdc.layers.TfIdf(9), seed=0)
model.adapt(texts)
assert model.assign(texts).tolist() == [*model.assign(texts[:4])] * 3

model = kerasdc.models.VaDE(
    3,
    kerasdc.networks.mlp_encoder((4, 4), (16,), 2),
    kerasdc.networks.mlp_decoder((4, 4), (16,), 2),
    likelihood="gaussian",
    seed=0,
)
model.compile()
model.pretrain(images, epochs=20, batch_size=10, verbose=0)
history = model.fit(images, epochs=2, batch_size=10, verbose=0).history
assert np.isfinite(history["latent"]).all(), history
assert len(set(zip(model.assign(images).tolist(), y.tolist()))) == 3
assert model.generate(4, cluster=1, seed=0).shape == (4, 4, 4)
assert np.isfinite(model.log_prob(images, num_samples=3)).all()
model.save(path)
again = keras.models.load_model(path)
np.testing.assert_allclose(
    again.generate(2, seed=0), model.generate(2, seed=0), 1e-4, 1e-4
)

model = kerasdc.models.IMSAT(
    3,
    kerasdc.networks.normalized_mlp_encoder((4, 4), (16,)),
    augmentation=["vat", kerasdc.layers.RandomShiftRotation(0.1, 5, seed=0)],
    seed=0,
)
model.compile(keras.optimizers.Adam(0.01))
history = model.fit(images, epochs=40, batch_size=20, verbose=0).history
assert np.isfinite(history["sat"]).all(), history
assert len(set(zip(model.assign(images).tolist(), y.tolist()))) == 3
model.save(path)
again = keras.models.load_model(path)
np.testing.assert_allclose(again.objective(images), model.objective(images))

model = kerasdc.models.DAC(
    3,
    kerasdc.networks.normalized_conv_encoder((4, 4), (8,), (3,)),
    augmentation=kerasdc.layers.RandomShiftRotation(0.1, 5, seed=0),
    seed=0,
)
model.compile()
history = model.fit(images, epochs=2, batch_size=20, verbose=0).history
assert np.isfinite(history["loss"]).all(), history
assert np.allclose(model.thresholds.numpy(), [0.5, 0.5])
model.save(path)
again = keras.models.load_model(path)
np.testing.assert_allclose(
    again.predict(images, verbose=0), model.predict(images, verbose=0), 1e-4
)

model = kerasdc.models.EmbeddingNetwork(
    3,
    kerasdc.networks.mlp_encoder((4, 4), (16,), 2),
    kerasdc.networks.mlp_decoder((4, 4), (16,), 2),
    kerasdc.networks.embedding_mlp(2, (16,)),
    augmentation=kerasdc.layers.RandomShiftRotation(0.1, 5, seed=0),
    seed=0,
)
model.compile()
model.pretrain(images, epochs=20, batch_size=10, verbose=0)
history = model.fit(
    images, epochs=2, batch_size=25, validation_data=images, verbose=0
).history
assert np.isfinite(history["similarity"]).all(), history
found = model.evaluate(images, batch_size=25, verbose=0)[0]
np.testing.assert_allclose(history["val_loss"][-1], found, 1e-4)
np.testing.assert_allclose(model.objective(images, 25), found, 1e-4)
assert len(set(zip(model.assign(images).tolist(), y.tolist()))) == 3
model.save(path)
again = keras.models.load_model(path)
np.testing.assert_allclose(
    again.embed(images), model.embed(images), 1e-4, 1e-4
)

for affinities in ("batch", "neighbors"):
    model = kerasdc.models.ParametricTSNE(
        encoder=kerasdc.networks.mlp_encoder((4, 4), (16,), 2),
        perplexity=5,
        affinities=affinities,
        seed=0,
    )
    model.compile()
    loss = model.fit(images, batch_size=25, epochs=20, verbose=0)
    loss = loss.history["loss"]
    assert loss[-1] < loss[5], loss
    assert float(model.exaggeration) == 1.0
    model.save(path)
    again = keras.models.load_model(path)
    np.testing.assert_allclose(
        again.predict(images, verbose=0), model.embed(images), 1e-4, 1e-4
    )
print(keras.backend.backend())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend, run_python, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    path = str(tmp_path / "model.keras")
    # Most of the time goes into compiling what runs a few times.
    fast = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    output = run_python(PROGRAM, path, KERAS_BACKEND=backend, **fast)
    assert output.split()[-1] == backend
