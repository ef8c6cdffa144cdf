"""Files, other processes and other backends, for every registered system."""

import functools
import inspect
import shutil

import keras
import numpy as np
import pytest
import systems
from keras import ops
from states import assert_same
from states import state
from systems import SYSTEMS
from systems import fit
from systems import make
from systems import train

import kerasdc
from kerasdc.exports import signatures
from kerasdc.layers import Scaling
from kerasdc.runs.backup import EpochBackup

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow serves"
)
KERAS_OWN = {"self", "optimizer", "loss", "metrics", "kwargs"}


def variables(values):
    return [ops.convert_to_numpy(value) for value in values]


def plain(config):
    """As JSON has it, without what `build` adds to a nested layer's."""
    if isinstance(config, dict):
        found = {k: plain(v) for k, v in config.items()}
        return {k: v for k, v in found.items() if k != "build_config"}
    if isinstance(config, (list, tuple)):
        return [plain(value) for value in config]
    return config


def paths(model, kind):
    """Of weights, without the name of the model."""
    found = [weight.path for weight in getattr(model, kind)]
    return [path.removeprefix(f"{model.name}/") for path in found]


# === Files ===


@pytest.mark.by_default("dac", "dec", "vade")
def test_a_loaded_model_goes_on_as_the_one_that_was_saved(
    system, blobs, tmp_path, eagerly
):
    model = make(system)
    train(model, blobs[0], batch_size=90)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again) is type(model) and again.compiled and again.adapted
    assert again.pretrained == model.pretrained
    assert_same_weights(again, model)
    optimizers = [variables(m.optimizer.variables) for m in (model, again)]
    assert_same(*optimizers)
    assert plain(again.get_config()) == plain(model.get_config())
    compiled = [plain(m.get_compile_config()) for m in (model, again)]
    assert compiled[0] == compiled[1]
    assert again.objective(blobs[0]) == model.objective(blobs[0])
    steps = int(model.optimizer.iterations)
    for each in (model, again):
        keras.utils.set_random_seed(8)
        fit(each, blobs[0], batch_size=90, initial_epoch=1, epochs=2)
        assert int(each.optimizer.iterations) == steps + 1
    systems.assert_close(state(again), state(model), 1e-4, 1e-5)


def assert_same_weights(again, model):
    for kind in ("weights", "trainable_weights"):
        assert paths(again, kind) == paths(model, kind)
    assert_same(state(model), state(again))


@pytest.mark.by_default("tsne", "vade")
def test_weights_round_trip(trained, system, blobs, tmp_path, eagerly):
    trained.save_weights(tmp_path / "m.weights.h5")
    again = make(system)
    again.build((None, 6))
    again.load_weights(tmp_path / "m.weights.h5")
    assert again.adapted and again.pretrained == trained.pretrained
    assert_same(state(trained), state(again))
    same = systems.outputs(trained, blobs[0])
    for name, found in systems.outputs(again, blobs[0]).items():
        np.testing.assert_allclose(found, same[name], 1e-5, 1e-4)


def test_arguments_are_in_the_config(system):
    changed = {
        **{"preprocessor": Scaling(0.5), "seed": 7, "name": "mine"},
        **systems.row(system).changed,
    }
    if "augmentation" in systems.constructor(system):
        noise = keras.layers.GaussianNoise(0.1, seed=3)
        changed.setdefault("augmentation", noise)
    model = make(system, **changed)
    config = model.get_config()
    assert set(systems.constructor(system)) <= set(config)
    signature = inspect.signature(SYSTEMS[system]).parameters
    for name in systems.constructor(system):  # else nothing would be seen
        assert config[name] != signature[name].default, name
    for name, value in systems.row(system).changed.items():
        assert isinstance(value, keras.Model) or config[name] == value
    serialized = keras.saving.serialize_keras_object(model)
    again = keras.saving.deserialize_keras_object(serialized)
    assert plain(again.get_config()) == plain(config)
    assert again.name == "mine"


def test_arguments_of_compile_are_saved(system, tmp_path):
    own = set()
    for cls in SYSTEMS[system].__mro__:
        if cls is keras.Model:
            break
        if "compile" in vars(cls):
            own |= set(inspect.signature(cls.compile).parameters)
    own -= KERAS_OWN
    model = make(system, compiled=False)
    changed = dict(systems.row(system).compile)
    if hasattr(model, "pretrain"):
        changed["pretrain_optimizer"] = keras.optimizers.RMSprop(0.02)
        changed["reconstruction_loss"] = keras.losses.mean_absolute_error
        changed["pretrain_method"] = "neighbors"
        changed["augmented"] = False
    assert set(changed) == own
    defaults = make(system).get_compile_config()
    model.compile(optimizer=keras.optimizers.SGD(0.3, momentum=0.9), **changed)
    model.build((None, 6))
    config = model.get_compile_config()
    for name in own:
        assert config[name] != defaults[name], name
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert plain(again.get_compile_config()) == plain(config)
    assert (again.optimizer.momentum, again.adapted) == (0.9, False)


def test_an_uncompiled_model_is_saved_uncompiled(system, tmp_path):
    """One that made its networks itself: those of the paper."""
    model = make(system, compiled=False, encoder=None)
    model.build((None, 6))
    assert model.encoder.input_shape == (None, 6)
    widths = [weight.shape[-1] for weight in model.encoder.weights]
    assert max(widths, default=1000) >= 1000  # TEMI's has no weights
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert not again.compiled and not again.adapted
    assert_same_weights(again, model)


# === A training that goes on ===


class Kill(keras.callbacks.Callback):
    """As Ctrl-C when the second epoch begins."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


class Stop(keras.callbacks.Callback):
    """As early stopping, when the first epoch ends."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 0


@pytest.mark.by_default("dec")
def test_pretraining_goes_on_where_it_was_stopped(
    system, blobs, tmp_path, eagerly
):
    if not systems.can_pretrain(make(system)):
        pytest.skip("nothing to pretrain")

    def pretrained(*callbacks):
        model = make(system)
        options = {"epochs": 2, "batch_size": 45, "verbose": 0}
        history = model.pretrain(blobs[0], callbacks=[*callbacks], **options)
        return model, history.epoch

    whole, _ = pretrained()
    with pytest.raises(KeyboardInterrupt):
        pretrained(EpochBackup(tmp_path), Kill())
    resumed, epochs = pretrained(EpochBackup(tmp_path))
    assert epochs == [1]
    systems.assert_close(state(resumed), state(whole), 1e-4, 1e-5)


@pytest.mark.by_default("dec")
def test_fit_goes_on_where_it_was_stopped(system, blobs, tmp_path, eagerly):
    """From a backup; from a saved model, by `initial_epoch`."""
    start = make(system)
    systems.pretrain(start, blobs[0], epochs=0)
    systems.adapt(start, blobs[0])
    start.save(tmp_path / "start.keras")

    def go_on(model, *callbacks, **kwargs):
        if isinstance(model, str):
            model = keras.models.load_model(tmp_path / f"{model}.keras")
        keras.utils.set_random_seed(9)
        options = {"epochs": 2, "batch_size": 45, "verbose": 0, **kwargs}
        history = model.fit(blobs[0], callbacks=[*callbacks], **options)
        return model, history.epoch

    whole, _ = go_on(start)
    backup = EpochBackup(tmp_path / "backup")
    half, epochs = go_on("start", backup, Stop())
    assert epochs == [0]
    half.save(tmp_path / "half.keras")
    for name, callbacks, first in (("start", [backup], 0), ("half", [], 1)):
        resumed, epochs = go_on(name, *callbacks, initial_epoch=first)
        assert epochs == [1]
        systems.assert_close(state(resumed), state(whole), 1e-4, 1e-5)


# === Files of version 0.1.0 ===


@pytest.fixture(scope="session")
def expected():
    return systems.saved_outputs()


def load_saved(name):
    return keras.models.load_model(systems.SAVED / f"{name}.keras")


@functools.cache
def going_on(name):
    """What a file of the first version says before and after a step."""
    expected = systems.saved_outputs()
    model, x = load_saved(name), systems.samples_of(name, expected)
    assert type(model) is SYSTEMS[name]
    assert model.compiled and model.adapted
    found = {"steps": int(model.optimizer.iterations)}
    for verb in ("predict", "embed"):
        found[verb] = getattr(model, verb)(x, verbose=0)
    keras.utils.set_random_seed(8)
    fit(model, x, batch_size=90, epochs=3, initial_epoch=2)
    found["steps after"] = int(model.optimizer.iterations)
    return {**found, "continued": model.embed(x)}


NAMES = sorted(path.stem for path in systems.SAVED.glob("*.keras"))


@pytest.mark.parametrize("name", NAMES)
def test_files_of_the_first_version_load(name, expected, eagerly):
    found = going_on(name)
    for kind in ("predict", "embed"):
        np.testing.assert_allclose(
            found[kind], expected[f"{name}/{kind}"], 1e-4, 1e-5
        )
    assert found["steps after"] > found["steps"] > 0


# === Another process ===

# First a server's, without Keras and kerasdc. Then a user's, which names no
# class of this library.
PROGRAM = """
import sys

import numpy as np

folder, served, loaded = sys.argv[1], *(a.split() for a in sys.argv[2:])
sys.modules["jax"] = None  # TensorFlow imports it, if it can
import tensorflow as tf

results = {}
for name in served:
    signatures = tf.saved_model.load(f"{folder}/{name}/1").signatures
    for key, signature in signatures.items():
        with np.load(f"{folder}/{name}_{key}.npz") as file:
            inputs = {k: tf.constant(v) for k, v in file.items()}
        for output, value in signature(**inputs).items():
            results[f"{name}/{key}/{output}"] = value.numpy()
np.savez(f"{folder}/served.npz", **results)
if "kerasdc" in sys.modules:
    sys.exit("kerasdc was imported")

import keras

before = set(sys.modules)
import kerasdc

print(*{name.split(".")[0] for name in set(sys.modules) - before})
results = {}
for name in loaded:
    model = keras.models.load_model(f"{folder}/{name}.keras")
    x = np.load(f"{folder}/{name}.npy")
    model.run_eagerly = True  # which is faster for a step
    results[f"{name}/predict"] = model.predict(x, verbose=0)
    if name not in ("dec", "imsat"):
        continue
    keras.utils.set_random_seed(8)
    model.fit(x, batch_size=90, epochs=3, initial_epoch=2, verbose=0)
    results[f"{name}/steps after"] = int(model.optimizer.iterations)
    results[f"{name}/continued"] = model.embed(x)
np.savez(f"{folder}/loaded.npz", **results)
"""


def write_requests(model, x, folder, name):
    """For each signature; returns what it gives in this process."""
    found = {}
    for key, value in signatures(model).items():
        requests = {"inputs": x.astype("float32")}
        if isinstance(value, tuple):
            value, specs = value
            requests = {
                spec.name: np.zeros([n or 3 for n in spec.shape], spec.dtype)
                for spec in specs
            }
        np.savez(folder / f"{name}_{key}.npz", **requests)
        for output, tensor in value(**requests).items():
            found[f"{name}/{key}/{output}"] = ops.convert_to_numpy(tensor)
    return found


def some_models(names, blobs):
    """A model of each of the systems, and its samples."""
    models, samples = {}, {}
    for name in names:
        if name in NAMES:
            models[name] = load_saved(name)
            samples[name] = systems.samples_of(name, systems.saved_outputs())
        else:
            models[name], samples[name] = make(name), blobs[0]
            train(models[name], blobs[0])
    return models, samples


# Assignments, with a decoder and without; samples; points to invert.
SERVED = ("dec", "imsat", "tsne", "vade")


@pytest.fixture(
    scope="module",
    params=[SERVED, pytest.param(sorted(SYSTEMS), marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def fresh(request, blobs, expected, run_python, tmp_path_factory):
    """What a new process made of files and SavedModels, and these."""
    folder, here = tmp_path_factory.mktemp("fresh"), {}
    for name in NAMES:
        np.save(folder / f"{name}.npy", systems.samples_of(name, expected))
        shutil.copy(systems.SAVED / f"{name}.keras", folder)
    with systems.eager():
        models, samples = some_models(request.param, blobs)
        for name, model in models.items():
            kerasdc.export_saved_model(model, folder / name)
            here |= write_requests(model, samples[name], folder, name)
    names = (" ".join(models), " ".join(NAMES))
    printed = run_python(PROGRAM, str(folder), *names)
    found = {"models": models, "samples": samples, "here": here}
    found["imported"] = set(printed.split())
    for kind in ("served", "loaded"):
        with np.load(folder / f"{kind}.npz") as file:
            found[kind] = dict(file)
    return found


@tensorflow_only
def test_import_adds_nothing_but_itself(fresh):
    heavy = {"tensorflow_probability", "tf_keras", "sklearn", "matplotlib"}
    assert "kerasdc" in fresh["imported"]
    assert not fresh["imported"] & (heavy | {"scipy", "pandas", "PIL"})


@tensorflow_only
def test_files_in_a_fresh_process(fresh, expected, eagerly):
    found = fresh["loaded"]
    for name in NAMES:
        same = expected[f"{name}/predict"]
        np.testing.assert_allclose(found[f"{name}/predict"], same, 1e-4, 1e-5)
    for name in ("dec", "imsat"):  # with a decoder, and without
        here = going_on(name)
        assert found[f"{name}/steps after"] == here["steps after"]
        np.testing.assert_allclose(
            found[f"{name}/continued"], here["continued"], 1e-3, 1e-4
        )


@tensorflow_only
def test_saved_models_in_a_fresh_process(fresh, eagerly):
    found, expected = fresh["served"], dict(fresh["here"])
    assert set(found) == set(expected)
    for name, model in fresh["models"].items():
        x = fresh["samples"][name]
        expected[f"{name}/embed/embedding"] = model.embed(x)
        default = f"{name}/serving_default"
        if systems.has_clusters(name):
            expected[f"{default}/cluster"] = model.assign(x)
            soft_assignment = model.predict(x, verbose=0)
            expected[f"{default}/soft_assignment"] = soft_assignment
        else:
            expected[f"{default}/embedding"] = model.predict(x, verbose=0)
        if model.decoder is not None:
            reconstruction = model.reconstruct(x)
            expected[f"{name}/reconstruct/reconstruction"] = reconstruction
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, 1e-4, 1e-3)
