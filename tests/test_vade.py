import keras
import numpy as np
import pytest
from states import assert_same
from vade_samples import UNITS
from vade_samples import make_vade

import kerasdc
from kerasdc.models import VaDE

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def fitted(fitted_vade):
    return fitted_vade


# === Encoders ===


def test_sequential_encoder(blobs, tmp_path):
    """It was never called, so that it has no `input`."""
    dense = keras.layers.Dense
    encoder = keras.Sequential([keras.Input((6,)), dense(16, "relu"), dense(2)])
    decoder = kerasdc.networks.mlp_decoder((6,), UNITS, 2)
    model = VaDE(3, encoder, decoder, seed=0)
    model.compile(run_eagerly=True)
    model.pretrain(blobs[0], epochs=0, verbose=0)
    model.fit(blobs[0], epochs=1, verbose=0)
    assert model.log_variance.kernel.shape == (16, 2)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        again.log_prob(blobs[0]), model.log_prob(blobs[0]), 1e-4, 1e-3
    )


@pytest.mark.parametrize("head", ["Add", "Concatenate"])
def test_a_last_layer_of_several_inputs_is_refused(head, blobs):
    inputs = keras.Input((6,))
    parts = [keras.layers.Dense(1)(inputs) for _ in range(2)]
    encoder = keras.Model(inputs, getattr(keras.layers, head)()(parts))
    dim = encoder.output_shape[-1]
    decoder = kerasdc.networks.mlp_decoder((6,), UNITS, dim)
    model = VaDE(3, encoder, decoder)
    model.compile()
    with pytest.raises(ValueError, match=f"Received: {head} of 2 inputs$"):
        model.fit(blobs[0])
    assert not model.built and not model.preprocessor.built


# === Clusters ===


def test_adapt_returns_what_equal_weights_assign():
    """Overlapping groups of unequal size, whose borders the weights move."""
    generator = np.random.default_rng(0)
    x = generator.normal(0.5, 0.1, (300, 6))
    x[:60] += 0.15
    x = np.clip(x, 0, 1)
    found = []
    for fixed in (False, True):
        model = make_vade(fixed_weights=fixed)
        assignments = model.adapt(x, num_restarts=1)
        np.testing.assert_array_equal(assignments, model.assign(x))
        found.append(assignments)
    assert (found[0] != found[1]).any()


def test_frozen_layers_stay_frozen(blobs):
    model = make_vade()
    model.build((None, 6))
    hidden, head = model.encoder.layers[-2:]
    hidden.trainable = False
    hidden_before, head_before = hidden.get_weights(), head.get_weights()
    training = self_training(decoder_epochs=1)
    model.adapt(blobs[0], self_training=training, num_restarts=2)
    assert_same(hidden_before, hidden.get_weights())
    assert (head_before[0] != head.get_weights()[0]).any()
    assert not hidden.trainable and not hidden.kernel.trainable
    assert model.encoder.trainable and head.trainable and head.kernel.trainable


def self_training(**kwargs):
    return {"epochs": 2, "optimizer": "sgd", "batch_size": 45, **kwargs}


@pytest.mark.traced
def test_self_training_gives_the_first_partition(blobs):
    x, y = blobs
    model = make_vade()
    model.pretrain(x, epochs=20, batch_size=30, verbose=0)
    encoder = model.encoder.get_weights()
    decoder = model.decoder.get_weights()
    training = self_training(decoder_epochs=0)
    assignments = model.adapt(x, self_training=training, num_restarts=2)
    assert kerasdc.metrics.clustering_accuracy(y, assignments) == 1
    assert any(
        (a != b).any()
        for a, b in zip(encoder, model.encoder.get_weights(), strict=True)
    )
    assert_same(decoder, model.decoder.get_weights())
    assert model.adapted and model.decoder.trainable


def test_the_decoder_follows_self_training(blobs):
    """Reconstruction is better for it, and the encoder the same."""
    x, encoders, losses = blobs[0], [], []
    for decoder_epochs in (0, 8):
        model = make_vade()
        keras.utils.set_random_seed(3)
        model.pretrain(x, epochs=1, batch_size=90, verbose=0)
        adam = keras.optimizers.Adam(0.1)
        training = self_training(decoder_epochs=decoder_epochs, optimizer=adam)
        model.adapt(x, seed=0, self_training=training, num_restarts=2)
        encoders.append(model.encoder.get_weights())
        losses.append(model.objective(x))
        assert model.encoder.trainable and model.decoder.trainable
    assert_same(*encoders)
    assert losses[1] < losses[0] - 0.1


def test_triplets_replace_pretraining(blobs):
    x, y = blobs
    model = make_vade()
    start = {"method": "graph_linkage", "num_neighbors": 7}
    training = self_training(epochs=1)
    model.adapt(x, self_training=training, **start)
    assert not model.pretrained
    found = model.adapt(x, self_training=training, triplet_epochs=10, **start)
    assert kerasdc.metrics.clustering_accuracy(y, found) == 1
    assert model.pretrained
    weights = model.encoder.get_weights()
    model.fit(x, epochs=0, verbose=0)
    assert_same(weights, model.encoder.get_weights())


def test_pretraining_keeps_the_decoder_trainable(fitted):
    assert fitted.decoder.trainable
    names = {weight.path for weight in fitted.decoder.trainable_weights}
    assert names <= {weight.path for weight in fitted.trainable_weights}


# === Stages ===


def test_generation_needs_a_mixture():
    with pytest.raises(ValueError, match="no clusters yet"):
        make_vade().generate(3)


def test_a_component_that_loses_its_weight(blobs):
    model = make_vade()
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.adapt(blobs[0])
    model.prior.logits.assign([0.0, 0.0, -30.0])
    with pytest.warns(UserWarning, match="Component 2 .* lost its weight"):
        history = model.fit(blobs[0], epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.isfinite(model.predict(blobs[0], verbose=0)).all()


def test_decay(blobs):
    model = make_vade(optimizer=keras.optimizers.Adam(0.001), decay=0.5)
    model.pretrain(blobs[0], epochs=1, verbose=0)
    model.fit(blobs[0], batch_size=90, epochs=21, initial_epoch=9, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.00025)
    model.fit(blobs[0], batch_size=90, epochs=31, initial_epoch=29, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.0002)


def test_decay_of_another_interval_and_floor(blobs):
    model = make_vade(
        optimizer=keras.optimizers.Adam(0.001),
        decay=0.5,
        decay_interval=2,
        decay_minimum=0.0,
        run_eagerly=True,
    )
    model.pretrain(blobs[0], epochs=0, verbose=0)
    model.fit(blobs[0], batch_size=90, epochs=5, verbose=0)
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(0.001 / 4)


def test_paper_recipe_of_texts_is_the_authors_code():
    recipe = kerasdc.recipes.get_recipe("vade", "reuters21578", "paper")
    model = make_vade(compiled=False)
    model.compile(**recipe["compile"])
    compiled = model.get_compile_config()
    assert (compiled["decay"], compiled["decay_interval"]) == (0.5, 5)
    assert compiled["decay_minimum"] == 0
    assert recipe["fit"]["epochs"] == 15
    assert any("variances of 1" in text for text in recipe["deviations"])
    assert any("start equal" in text for text in recipe["deviations"])
