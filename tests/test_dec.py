import random

import keras
import numpy as np
import pytest
from states import assert_same
from states import state

import kerasdc
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.metrics import clustering_accuracy
from kerasdc.models import DEC

pytestmark = pytest.mark.usefixtures("eagerly")

# === The three stages ===


def test_pretraining_again_forgets_the_clusters(blobs, make_dec):
    model = make_dec(seed=1)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    found = model.adapt(blobs[0])
    assert model.adapted
    np.testing.assert_array_equal(found, model.assign(blobs[0]))
    model.pretrain(blobs[0], epochs=1, verbose=0)
    assert (model.pretrained, model.adapted) == (True, False)


def test_default_network_recovers_blobs(blobs):
    x, y = blobs
    keras.utils.set_random_seed(0)
    model = DEC(3)
    model.compile()
    model.pretrain(x, epochs=1, verbose=0)
    history = model.fit(x, epochs=1, verbose=0)
    assert isinstance(history, keras.callbacks.History)
    assert clustering_accuracy(y, model.assign(x)) == 1
    assert model.encoder.output_shape == (None, 10)


def test_finished_stages_are_left_out(fitted_path, blobs):
    model = keras.models.load_model(fitted_path)
    before = model.decoder.get_weights()
    centers = model.clustering.centers.numpy()
    history = model.fit(blobs[0], epochs=1, batch_size=32, verbose=0)
    assert history.epoch == [0]
    assert_same(before, model.decoder.get_weights())
    moved = abs(model.clustering.centers.numpy() - centers).max()
    assert 0 < moved < 0.1


def test_fit_trains_encoder_and_centers_only(make_dec, blobs):
    model = make_dec(seed=0)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    before = state(model)
    trained = {id(v) for v in model.trainable_variables}
    model.fit(blobs[0], epochs=1, verbose=0)
    for variable, old in zip(model.weights, before, strict=True):
        if "cluster_counts" in variable.path:
            continue  # which `fit` writes down
        moved = (variable.numpy() != old).any()
        assert moved == (id(variable) in trained), variable.path
    assert len(trained) == 5


def test_no_epochs(make_dec, blobs):
    model = make_dec(decoder=False)
    assert model.fit(blobs[0], epochs=0, verbose=0).history == {}
    assert model.adapted


def test_initial_centers(make_dec, blobs):
    model = make_dec(decoder=False)
    centers = [[0, 0], [1, 1], [2, 2]]
    model.adapt(blobs[0], initial_centers=centers)
    assert model.clustering.centers.numpy().tolist() == centers


def test_centers_are_not_lost_to_pretraining(make_dec, blobs):
    model = make_dec()
    centers = [[0, 0], [1, 1], [2, 2]]
    model.adapt(blobs[0], initial_centers=centers)
    with pytest.raises(ValueError, match="pretrained=False"):
        model.fit(blobs[0], epochs=0, verbose=0)
    assert model.clustering.centers.numpy().tolist() == centers
    model.pretrain(blobs[0], epochs=0)
    model.adapt(blobs[0], initial_centers=centers)
    model.fit(blobs[0], epochs=0, verbose=0)
    assert model.clustering.centers.numpy().tolist() == centers


def test_adapt_follows_the_models_seed(make_dec, blobs):
    # More clusters than there are: where they are is up to the seed.
    found = {}
    for seed in (1, 2):
        for _ in range(2):
            model = make_dec(7, decoder=False, seed=seed)
            np.random.seed(None)
            model.adapt(blobs[0], num_restarts=1)
            found.setdefault(seed, []).append(state(model))
    assert_same(*found[1])
    assert_same(*found[2])
    with pytest.raises(AssertionError):
        assert_same(found[1][0], found[2][0])


def test_defaults_are_the_papers(make_dec):
    model = make_dec(compiled=False)
    model.compile()
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert model.optimizer.momentum == 0.9
    assert model.loss is kerasdc.losses.kl_divergence
    assert model.get_compile_config()["update_interval"] is None


def test_seed_alone_decides(make_dec, blobs):
    weights = []
    for seed in (1, 2):
        model = make_dec(decoder=False, seed=4)
        model.adapt(blobs[0])
        random.seed(seed)
        np.random.seed(seed)
        model.fit(blobs[0], epochs=1, batch_size=30, verbose=0)
        weights.append(state(model))
    assert_same(*weights)


def test_progress_is_shown_once_per_stage(make_dec, blobs, capsys):
    model = make_dec()
    model.pretrain(blobs[0], epochs=2, verbose=2)
    model.fit(blobs[0], epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    epochs = [line for line in lines if line.startswith("Epoch")]
    assert epochs == ["Epoch 1/2", "Epoch 2/2"] * 2


# === Parts ===


def test_images_with_augmentation(make_dec, tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 6, 6), "uint8")
    model = make_dec(
        2,
        shape=(6, 6),
        augmentation=RandomShiftRotation(0.5, 90, seed=1),
        preprocessor=Scaling(1 / 255),
        seed=1,
    )
    model.pretrain(images, epochs=1, verbose=0)
    model.fit(images, epochs=1, verbose=0)
    assert model.augmentation.built
    q = model.predict(images, verbose=0)
    np.testing.assert_array_equal(q, model.predict(images, verbose=0))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(q, again.predict(images, verbose=0))
    assert again.augmentation.shift == 0.5
    assert again.preprocessor.scale == 1 / 255
    again.fit(images, epochs=1, verbose=0)


class Doubling(keras.layers.Layer):
    """An augmentation that can be told from none."""

    def call(self, x, training=False):
        return 2 * x if training else x


def test_loss_is_of_augmented_inputs_and_targets_of_clean_ones(make_dec, blobs):
    x = blobs[0].astype("float32")
    model = make_dec(
        decoder=False,
        preprocessor=None,
        augmentation=Doubling(),
        optimizer=keras.optimizers.SGD(0.0),
        seed=1,
    )
    model.adapt(x)
    history = model.fit(x, epochs=1, batch_size=90, verbose=0).history
    p = model.clustering.target_distribution(model.predict(x, verbose=0))
    q = model.predict(2 * x, verbose=0)
    expected = keras.ops.mean(kerasdc.losses.kl_divergence(p, q))
    assert history["loss"] == [pytest.approx(float(expected), 1e-4)]


@pytest.mark.parametrize(
    "preprocessor",
    [
        pytest.param(None, marks=pytest.mark.slow),
        pytest.param(keras.layers.Rescaling(1 / 255), marks=pytest.mark.slow),
        keras.layers.Normalization(),
    ],
)
def test_preprocessors_of_keras(preprocessor, make_dec, blobs, tmp_path):
    model = make_dec(preprocessor=preprocessor)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    if isinstance(preprocessor, keras.layers.Normalization):
        z = keras.ops.convert_to_numpy(preprocessor(blobs[0]))
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-3)
    q = model.predict(blobs[0], verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        again.predict(blobs[0], verbose=0), q, 1e-5, 1e-6
    )
    assert model.reconstruct(blobs[0]).shape == (90, 6)


def test_accumulated_gradients_still_see_all_rows(make_dec):
    sgd = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    model = make_dec(decoder=False, optimizer=sgd, update_interval=1)
    x = np.random.default_rng(0).random((8, 6))
    model.adapt(x)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(model._count_steps())

    model.fit(x, epochs=4, batch_size=2, verbose=0, callbacks=[Watch()])
    assert seen == [0, 1, 2, 3]
    assert int(model.optimizer.iterations) == 1
