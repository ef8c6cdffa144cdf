import keras
import numpy as np
import pytest
import scipy.sparse

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.models import Autoencoder
from kerasdc.models import LayerwisePretraining

pytestmark = pytest.mark.usefixtures("eagerly")


def make_networks(shape=(6,), units=(8, 5), seed=0):
    keras.utils.set_random_seed(seed)
    return (
        networks.mlp_encoder(shape, units, 2),
        networks.mlp_decoder(shape, units, 2),
    )


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(0)
    return generator.random((50, 2)) @ generator.random((2, 6))


def test_loss_by_hand(x):
    encoder, decoder = make_networks()
    model = Autoencoder(
        encoder, decoder, Scaling(2.0), None, losses.half_mean_squared_error
    )
    model.compile()
    loss = model.evaluate(x, verbose=0)
    features = x * 2
    output = decoder.predict(encoder.predict(features, verbose=0), verbose=0)
    assert loss == pytest.approx(np.square(features - output).mean() / 2, 1e-4)


def test_augmented_inputs_are_their_own_targets(x):
    encoder, decoder = make_networks()
    doubled = keras.layers.Lambda(lambda x: 2 * x)
    model = Autoencoder(encoder, decoder, augmentation=doubled)
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(x, epochs=1, batch_size=50, verbose=0).history
    output = decoder.predict(encoder.predict(2 * x, verbose=0), verbose=0)
    expected = np.square(2 * x - output).mean()
    assert history["loss"] == [pytest.approx(expected, 1e-4)]


def test_fit_lowers_the_loss_and_every_weight_moves(x):
    encoder, decoder = make_networks()
    before = encoder.get_weights() + decoder.get_weights()
    model = Autoencoder(encoder, decoder)
    model.compile(keras.optimizers.Adam(0.1))
    losses = model.fit(x, epochs=3, batch_size=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    after = encoder.get_weights() + decoder.get_weights()
    for old, new in zip(before, after, strict=True):
        assert (old != new).any()


def test_file_round_trip(tmp_path):
    images = np.random.default_rng(0).random((20, 6, 6)).astype("float32")
    encoder, decoder = make_networks((6, 6))
    model = Autoencoder(
        encoder,
        decoder,
        Scaling(0.5),
        RandomShiftRotation(seed=1),
        "mean_absolute_error",
    )
    model.compile("adam")
    model.fit(images, epochs=1, verbose=0)
    model.save(tmp_path / "a.keras")
    again = keras.models.load_model(tmp_path / "a.keras")
    np.testing.assert_array_equal(
        model.predict(images, verbose=0), again.predict(images, verbose=0)
    )
    assert again.evaluate(images, verbose=0) == pytest.approx(
        model.evaluate(images, verbose=0)
    )
    again.fit(images, epochs=1, verbose=0)
    assert int(again.optimizer.iterations) == 2


def test_layerwise_trains_one_pair_at_a_time(x):
    encoder, decoder = make_networks()
    layerwise = LayerwisePretraining(encoder, decoder)
    names = [[e.name, d.name] for e, d in layerwise.pairs]
    assert names == [
        ["hidden_1", "reconstruction"],
        ["hidden_2", "hidden_1"],
        ["latent", "hidden_2"],
    ]
    codes = x.astype("float32")
    for i, pair in enumerate(layerwise.pairs):
        before = [pair_weights(p) for p in layerwise.pairs]
        layerwise.fit_pair(
            i, codes, keras.optimizers.SGD(0.1), epochs=1, verbose=0
        )
        for j, (old, p) in enumerate(zip(before, layerwise.pairs, strict=True)):
            changed = [
                (a != b).any()
                for a, b in zip(old, pair_weights(p), strict=True)
            ]
            assert any(changed) if i == j else not any(changed)
        expected = pair[0](codes)
        codes = layerwise.encode_with(i, codes)
        np.testing.assert_allclose(codes, expected, 1e-5, 1e-6)


def test_layerwise_denoises_all_but_the_data_and_the_last_code(x):
    encoder, decoder = make_networks()
    layerwise = LayerwisePretraining(encoder, decoder, dropout=0.5)
    codes = np.ones((400, 8), "float32")
    dropped = []
    for i, width in enumerate((6, 8, 5)):
        layers = layerwise._pair_model(i, width).layers
        dropouts = [isinstance(x, keras.layers.Dropout) for x in layers]
        encode = layers.index(layerwise.pairs[i][0])
        dropped.append((any(dropouts[:encode]), any(dropouts[encode:])))
        for layer in np.array(layers)[dropouts]:
            share = float(np.mean(layer(codes, training=True) == 0))
            assert share == pytest.approx(0.5, abs=0.05)
    assert dropped == [(False, True), (True, True), (True, False)]


def test_layerwise_leaves_alone_what_users_froze(x):
    encoder, decoder = make_networks()
    decoder.trainable = False
    frozen, free = decoder.get_weights(), encoder.get_weights()
    LayerwisePretraining(encoder, decoder).fit(
        x, lambda: keras.optimizers.SGD(0.1), epochs=1, verbose=0
    )
    for old, new in zip(frozen, decoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(free, encoder.get_weights(), strict=True):
        assert (old != new).any()
    assert decoder.trainable_weights == []


def test_layerwise_holds_no_copy_of_the_targets(x, monkeypatch):
    """Codes are their own target: as arrays Keras would copy them twice."""
    passed = []
    fit = keras.Model.fit

    def spy(model, x=None, y=None, **kwargs):
        passed.append((x, y))
        return fit(model, x, y, **kwargs)

    monkeypatch.setattr(keras.Model, "fit", spy)
    layerwise = LayerwisePretraining(*make_networks())
    layerwise.fit(x, keras.optimizers.SGD, epochs=1, verbose=0)
    for batches, y in passed:
        assert y is None
        assert not isinstance(batches, np.ndarray)


def test_order_of_layerwise_depends_on_the_seed_alone(x):
    found = []
    for seed, global_seed in ((3, 0), (3, 1), (4, 0)):
        encoder, decoder = make_networks()
        keras.utils.set_random_seed(global_seed)
        layerwise = LayerwisePretraining(encoder, decoder, 0.0, seed=seed)
        sgd = keras.optimizers.SGD(0.1)
        layerwise.fit_pair(0, x, sgd, batch_size=10, epochs=1, verbose=0)
        found.append(encoder.get_weights()[0])
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()


def pair_weights(pair):
    return [w for layer in pair for w in layer.get_weights()]


@pytest.mark.traced
def test_layerwise_lowers_each_loss_and_what_follows_starts_lower(x):
    encoder, decoder = make_networks(seed=1)
    model = Autoencoder(encoder, decoder)
    model.compile()
    before = model.evaluate(x, verbose=0)
    histories = LayerwisePretraining(encoder, decoder, dropout=0.0).fit(
        x,
        lambda: keras.optimizers.Adam(0.01),
        epochs=6,
        batch_size=5,
        verbose=0,
    )
    assert len(histories) == 3
    for history in histories:
        first, *_, last = history.history["loss"]
        assert last < 0.9 * first
    assert model.evaluate(x, verbose=0) < before


def test_networks_can_be_saved_after_layerwise(x, tmp_path):
    encoder, decoder = make_networks(units=(4,))
    LayerwisePretraining(encoder, decoder).fit(
        x, keras.optimizers.SGD, epochs=1, verbose=0
    )
    encoder.save(tmp_path / "e.keras")
    again = keras.models.load_model(tmp_path / "e.keras")
    features = x.astype("float32")
    np.testing.assert_array_equal(encoder(features), again(features))


@pytest.mark.parametrize(
    ("encoder", "decoder", "received"),
    [
        (
            networks.mlp_encoder((6,), (8,), 2),
            networks.mlp_decoder((6,), (8, 4), 2),
            "encoder layers hidden_1, latent, .* hidden_2, hidden_1, recons",
        ),
        (
            networks.mlp_encoder((6,), (8,), 2),
            networks.mlp_decoder((6,), (4,), 2),
            "encoder layers hidden_1, latent, decoder layers hidden_1",
        ),
        (
            networks.conv_encoder((4, 4), (2,), (3,), 2),
            networks.conv_decoder((4, 4), (2,), (3,), 2),
            "encoder layers conv2d.*, latent, decoder layers dense",
        ),
    ],
)
def test_layerwise_needs_mirrored_networks(encoder, decoder, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        LayerwisePretraining(encoder, decoder)


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (np.full((4, 6), np.nan), "`x` must be finite"),
        (np.full((4, 6), np.inf), "`x` must be finite"),
        (np.empty((0, 6)), "at least one sample"),
        ([["a"] * 6], "`x` must be numeric"),
    ],
)
def test_bad_data_are_refused_before_any_step(bad, match):
    encoder, decoder = make_networks()
    model = Autoencoder(encoder, decoder)
    model.compile("sgd")
    before = model.get_weights()
    with pytest.raises(ValueError, match=match):
        model.fit(bad, verbose=0)
    with pytest.raises(ValueError, match=match):
        layerwise = LayerwisePretraining(encoder, decoder)
        layerwise.fit(bad, keras.optimizers.SGD, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_inputs_are_the_targets(x):
    model = Autoencoder(*make_networks())
    model.compile("sgd")
    with pytest.raises(ValueError, match="never trains on labels"):
        model.fit(x, np.zeros(len(x)), verbose=0)
    losses = []
    for data in (x, x.tolist(), scipy.sparse.csr_matrix(x)):
        model = Autoencoder(*make_networks())
        model.compile("sgd")
        history = model.fit(data, batch_size=25, shuffle=False, verbose=0)
        losses += history.history["loss"]
    assert losses == [losses[0]] * 3
