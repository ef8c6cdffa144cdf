import random
import tracemalloc

import keras
import numpy as np
import pytest
from scipy import sparse

import kerasdc
from kerasdc import networks
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.metrics import clustering_accuracy
from kerasdc.models import DEC


def state(model):
    return [weight.copy() for weight in model.get_weights()]


def assert_same(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


# === The three stages ===


def test_blobs_are_recovered(fitted, blobs):
    x, y = blobs
    assignments = fitted.assign(x)
    assert clustering_accuracy(y, assignments) == 1
    assert np.issubdtype(assignments.dtype, np.integer)
    q = fitted.predict(x, verbose=0)
    assert q.shape == (90, 3)
    np.testing.assert_allclose(q.sum(axis=1), 1, 1e-5)
    assert fitted.embed(x).shape == (90, 2)
    assert fitted.pretrained
    assert fitted.adapted


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


def test_one_call_equals_stages(blobs, make_dec):
    x = blobs[0]
    models = []
    for staged in (False, True):
        model = make_dec()  # seeds
        if staged:
            model.pretrain(x, batch_size=64, verbose=0)
            assert (model.pretrained, model.adapted) == (True, False)
            found = model.adapt(x)
            assert model.adapted
            np.testing.assert_array_equal(found, model.assign(x))
        model.fit(x, batch_size=64, epochs=2, verbose=0)
        models.append(model)
    assert_same(state(models[0]), state(models[1]))
    assert_same([models[0].assign(x)], [models[1].assign(x)])


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
    model.fit(blobs[0], epochs=2, verbose=0)
    for variable, old in zip(model.weights, before, strict=True):
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


def test_seed_alone_decides(make_dec, blobs):
    weights = []
    for seed in (1, 2):
        model = make_dec(decoder=False, seed=4)
        model.adapt(blobs[0])
        random.seed(seed)
        np.random.seed(seed)
        model.fit(blobs[0], epochs=2, batch_size=16, verbose=0)
        weights.append(state(model))
    assert_same(*weights)


def test_progress_is_shown_once_per_stage(make_dec, blobs, capsys):
    model = make_dec()
    model.pretrain(blobs[0], epochs=2, verbose=2)
    model.fit(blobs[0], epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    epochs = [line for line in lines if line.startswith("Epoch")]
    assert epochs == ["Epoch 1/2", "Epoch 2/2"] * 2


# === Inputs ===


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y=None):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 2

    def __getitem__(self, index):
        rows = slice(index * 50, (index + 1) * 50)
        if self.y is None:
            return (self.x[rows],)
        return self.x[rows], self.y[rows]


def dataset(*arrays):
    tf = pytest.importorskip("tensorflow")
    arrays = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(arrays).batch(40)


def frame(x):
    return pytest.importorskip("pandas").DataFrame(x)


FORMS = {
    "list": np.ndarray.tolist,
    "float64": lambda x: x.astype("float64"),
    "float16": lambda x: x.astype("float16"),
    "int64": lambda x: x.astype("int64"),
    "columns first": np.asfortranarray,
    "frame": frame,
    "sparse": sparse.csr_matrix,
    "tf.data": dataset,
    "PyDataset": Batches,
}


@pytest.fixture(scope="module")
def trained_on_array(make_dec, blobs):
    return train_briefly(make_dec, blobs[0])


def train_briefly(make_dec, x):
    model = make_dec(decoder=False)
    model.fit(x, epochs=1, batch_size=32, verbose=0)
    return model


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_gives_the_same(
    form, make_dec, blobs, trained_on_array
):
    x = FORMS[form](blobs[0])
    model = train_briefly(make_dec, x)
    assert_same(state(trained_on_array), state(model))
    assert_same([trained_on_array.assign(blobs[0])], [model.assign(x)])


def test_read_only_arrays_are_left_alone(fitted, blobs):
    x = blobs[0].astype("float32")
    x.flags.writeable = False
    assert fitted.predict(x, verbose=0).shape == (90, 3)
    np.testing.assert_array_equal(x, blobs[0])


def test_one_sample_and_few(fitted, blobs):
    x = blobs[0]
    q = fitted.predict(x, verbose=0)
    for few in (x[:1], x[:2].tolist()):
        np.testing.assert_allclose(
            fitted.predict(few, verbose=0), q[: len(few)], 1e-5, 1e-6
        )
    assert fitted.assign(x[:1]).shape == (1,)
    assert fitted.reconstruct(x[:1]).shape == (1, 6)
    with pytest.raises(ValueError, match=r"one sample is `x\[None\]`"):
        fitted.predict(x[0])


def test_reconstruct_in_raw_scale_and_shape(make_dec, blobs):
    x = blobs[0].reshape(-1, 2, 3)
    model = make_dec(shape=(2, 3))
    model.pretrain(x, epochs=12, batch_size=8, verbose=0)
    reconstructed = model.reconstruct(x)
    assert reconstructed.shape == x.shape
    assert reconstructed.min() >= x.min()
    assert reconstructed.max() <= x.max()
    error = abs(reconstructed - x.astype("float32")).mean()
    assert error < abs(x - x.mean(axis=0)).mean() / 2


def test_fit_makes_no_float_copy_of_images(make_dec):
    x = np.random.default_rng(0).integers(0, 256, (10_000, 600), "uint8")
    model = make_dec(shape=(600,))
    model.pretrain(x[:1000], epochs=1, verbose=0)
    model.fit(x[:1000], epochs=1, verbose=0)
    tracemalloc.start()
    model.pretrain(x, epochs=1, batch_size=500, verbose=0)
    model.adapt(x, num_restarts=1)
    model.fit(x, epochs=1, batch_size=500, verbose=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * x.nbytes  # float32 would be 4 times as much


# === Labels and validation ===


def test_validation_reports_a_loss(fitted_path, blobs):
    model = keras.models.load_model(fitted_path)
    x = blobs[0]
    history = model.fit(
        x, epochs=2, validation_data=x[:40].tolist(), verbose=0
    ).history
    assert len(history["val_loss"]) == 2
    assert history["val_loss"][-1] == pytest.approx(
        model.evaluate(x[:40], verbose=0)
    )
    q = model.predict(x[:40], verbose=0)
    p = model.clustering.target_distribution(q)
    expected = np.sum(p * np.log(p / q), axis=1).mean()
    assert history["val_loss"][-1] == pytest.approx(expected, 1e-3)


def test_validation_of_pretraining(make_dec, blobs):
    model = make_dec()
    history = model.pretrain(
        blobs[0], epochs=1, validation_data=blobs[0].tolist(), verbose=0
    )
    assert history.history["val_loss"][0] > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x, y: m.fit(x, y),
        lambda m, x, y: m.fit(x, y=y),
        lambda m, x, y: m.fit(dataset(x, y)),
        lambda m, x, y: m.fit(Batches(x, y)),
        lambda m, x, y: m.fit(x, validation_data=(x, y)),
        lambda m, x, y: m.pretrain(x, y=y),
        lambda m, x, y: m.pretrain(dataset(x, y)),
        lambda m, x, y: m.pretrain(x, validation_data=(x, y)),
        lambda m, x, y: m.adapt(dataset(x, y)),
        lambda m, x, y: m.evaluate(x, y),
    ],
)
def test_labels_are_refused(call, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match="never trains on labels.*Received"):
        call(fitted, *blobs)
    assert_same(before, state(fitted))


def test_metrics_of_compile(make_dec, blobs):
    metric = keras.metrics.KLDivergence(name="kl")
    model = make_dec(decoder=False, metrics=[metric])
    history = model.fit(blobs[0], epochs=1, verbose=0).history
    assert history["kl"][0] == pytest.approx(history["loss"][0], 1e-3)


# === Errors: clear, and nothing is lost ===


def with_nan(x):
    x = x.astype("float32")
    x[3, 2] = np.nan
    return x


@pytest.mark.parametrize(
    ("make_x", "message"),
    [
        (lambda x: x[:2], "Received: 2 samples, 2 of them distinct"),
        (lambda x: x[[0, 1] * 9], "Received: 18 samples, 2 of them distinct"),
        (lambda x: x[:0], r"Received: a ndarray of shape \(0, 6\)"),
        (with_nan, "Received: nan in row 3"),
        (lambda x: x[:, :5], r"Received: .*shape \((5|30),"),
        (lambda x: x[..., None], "Received: "),
        (lambda x: x[0], r"Received: x of shape \(6,\)"),
        (lambda x: x.astype(str), "Received: x of dtype <U3"),
        (lambda x: x.astype(object), "Received: x of dtype object"),
        (lambda x: None, "Received: a NoneType"),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit"])
def test_bad_data_changes_nothing(verb, make_x, message, make_dec, blobs):
    x = blobs[0]
    model = make_dec()
    networks_before = model.encoder.get_weights(), model.decoder.get_weights()
    if "shape" in message and "6" not in message:
        message = "Received: "  # the encoder's shape
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(make_x(x))
    assert not model.built
    assert not model.preprocessor.adapted
    assert_same(networks_before[0], model.encoder.get_weights())
    assert_same(networks_before[1], model.decoder.get_weights())


@pytest.mark.parametrize("verb", ["pretrain", "adapt", "fit", "predict"])
def test_wrong_width_after_build(verb, fitted, blobs):
    before = state(fitted)
    with pytest.raises(ValueError, match=r"shape \(n, 6\).*\(90, 5\)$"):
        getattr(fitted, verb)(blobs[0][:, :5])
    assert_same(before, state(fitted))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": -1}, "Received: epochs=-1"),
        ({"epochs": 1.5}, "Received: epochs=1.5"),
        ({"batch_size": 0}, "Received: batch_size=0"),
        ({"batch_size": None}, "Received: batch_size=None"),
        ({"validation_data": np.ones((3, 5))}, r"Received: .* \(3, 5\)"),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "fit"])
def test_bad_arguments_are_met_early(verb, arguments, message, make_dec, blobs):
    model = make_dec()
    with pytest.raises(ValueError, match=message):
        getattr(model, verb)(blobs[0], **arguments)
    assert not model.pretrained


def test_steps_per_epoch_is_no_argument(fitted, blobs):
    # It would train on targets of the epoch before: see `update_interval`.
    with pytest.raises(TypeError, match="steps_per_epoch"):
        fitted.fit(blobs[0], steps_per_epoch=2)


def test_before_compile(make_dec, blobs):
    model = make_dec(compiled=False)
    for verb in ("fit", "pretrain"):
        with pytest.raises(ValueError, match=f"before `{verb}`. Received: com"):
            getattr(model, verb)(blobs[0])
    assert not model.built


def test_before_adapt(make_dec, blobs):
    model = make_dec()
    for verb in ("predict", "assign", "evaluate"):
        with pytest.raises(ValueError, match="Received: adapted=False"):
            getattr(model, verb)(blobs[0])
    for verb in ("embed", "reconstruct"):
        with pytest.raises(ValueError, match="Received: built=False"):
            getattr(model, verb)(blobs[0])
    model.pretrain(blobs[0], epochs=1, verbose=0)
    assert model.embed(blobs[0]).shape == (90, 2)
    with pytest.raises(ValueError, match="Received: adapted=False"):
        model.predict(blobs[0])


def test_encoder_alone(make_dec, blobs):
    model = make_dec(decoder=False)
    before = model.encoder.get_weights()
    with pytest.raises(ValueError, match="Received: decoder=None"):
        model.pretrain(blobs[0])
    with pytest.raises(ValueError, match="Received: decoder=None"):
        model.reconstruct(blobs[0])
    assert model.pretrained
    model.adapt(blobs[0])
    assert_same(before, model.encoder.get_weights())
    assert model.assign(blobs[0]).shape == (90,)


@pytest.mark.parametrize("value", [0, 1.5, True, -3])
def test_num_clusters_is_checked(value):
    with pytest.raises(ValueError, match=f"Received: num_clusters={value}$"):
        DEC(value)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="Received: encoder=None"):
        DEC(2, decoder=networks.mlp_decoder((3,), (4,), 2))
    with pytest.raises(ValueError, match="Received: seed=-1"):
        DEC(2, seed=-1)
    for value in (0, 1.5):
        with pytest.raises(ValueError, match=f"update_interval={value}$"):
            DEC(2).compile(update_interval=value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: DEC(
                2,
                networks.mlp_encoder((6,), (4,), 2),
                networks.mlp_decoder((5,), (4,), 2),
            ),
            r"shape \(6,\) for this data. Received: output shape \(5,\)",
        ),
        (
            lambda: DEC(
                2,
                keras.Sequential(
                    [keras.Input((6,)), keras.layers.Reshape((3, 2))]
                ),
            ),
            r"Received: output shape \(3, 2\)",
        ),
        (
            lambda: DEC(
                2,
                networks.mlp_encoder((6,), (4,), 2),
                augmentation=RandomShiftRotation(),
            ),
            r"Received: input_shape=\(None, 6\)",
        ),
    ],
)
def test_parts_that_do_not_fit(make, message, blobs):
    model = make()
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(blobs[0])
    assert not model.built


# === Parts ===


def test_one_cluster_and_numpy_integers(make_dec, blobs):
    model = make_dec(np.int64(1), decoder=False, seed=np.int32(2))
    model.fit(blobs[0], epochs=1, verbose=0)
    assert set(model.assign(blobs[0])) == {0}
    assert type(model.get_config()["num_clusters"]) is int
    assert type(model.get_config()["seed"]) is int


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


@pytest.mark.parametrize(
    "preprocessor",
    [None, keras.layers.Rescaling(1 / 255), keras.layers.Normalization()],
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


def test_config_round_trip(fitted):
    config = keras.saving.serialize_keras_object(fitted)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == fitted.get_config()
    assert again.count_params() == fitted.count_params()


def test_public_name():
    assert kerasdc.models.DEC is DEC
