import hashlib
import json
import os
import shutil

import keras
import numpy as np
import pytest
from zoo_samples import NAME
from zoo_samples import assert_close
from zoo_samples import change_metadata
from zoo_samples import make_info
from zoo_samples import reloaded
from zoo_samples import served_weights_of
from zoo_samples import weights_of

import kerasdc
from kerasdc import layers
from kerasdc import networks
from kerasdc import zoo
from kerasdc.zoo import entry
from kerasdc.zoo import golden
from kerasdc.zoo import index


def test_model_gives_the_served_outputs(published):
    """In a fresh process: see `test_entries_load_on_another_backend`."""
    inputs, outputs = golden.read(published / NAME)
    served = golden.load_served(published / NAME)
    served = golden.served_outputs(served, inputs)
    loaded = golden.outputs_of(kerasdc.load(NAME, published), inputs)
    assert set(loaded) == set(served) == set(outputs)
    for name, expected in served.items():
        assert_close(loaded[name], expected)
        assert_close(outputs[name], expected)


def test_loaded_model_is_the_published_one(published, model, digits):
    loaded = kerasdc.load(NAME, published)
    assert type(loaded) is kerasdc.models.DEC
    assert len(loaded.variables) == len(model.variables)
    for mine, its in zip(loaded.variables, model.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), its.numpy())
    # JSON has no tuples.
    assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())
    x = digits.x
    np.testing.assert_array_equal(loaded.assign(x), model.assign(x))


def test_loaded_model_fits_on(published, digits, monkeypatch):
    loaded = kerasdc.load(NAME, published)
    assert loaded.pretrained and loaded.adapted

    def fail(*args, **kwargs):
        raise RuntimeError("this was done before publication")

    for target, verb in [
        (loaded, "pretrain"),
        (loaded, "adapt"),
        (loaded.preprocessor, "adapt"),
        (loaded.clustering, "adapt"),
    ]:
        monkeypatch.setattr(target, verb, fail)
    before = [v.numpy() for v in loaded.trainable_variables]
    history = loaded.fit(digits.x[:300], epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert isinstance(loaded.optimizer, keras.optimizers.SGD)
    assert int(loaded.optimizer.iterations) == 2 * 3
    for old, variable in zip(before, loaded.trainable_variables, strict=True):
        assert not np.array_equal(old, variable.numpy())


def test_uncompiled_text_model_without_decoder(tmp_path):
    texts = ["a cat sat", "a dog ran", "cat cat", "dog the dog"]
    preprocessor = layers.TfIdf(max_words=5)
    preprocessor.adapt(texts)
    encoder = networks.mlp_encoder((len(preprocessor.vocabulary),), (8,), 2)
    model = kerasdc.models.DEC(2, encoder, preprocessor=preprocessor, seed=0)
    model.adapt(texts)
    info = make_info(dataset={"name": "texts", "sha256": ""})
    zoo.publish(model, "dec_texts", texts, info, zoo_dir=tmp_path)
    loaded = kerasdc.load("dec_texts", tmp_path)
    assert not loaded.compiled
    assert loaded.decoder is None
    assert_close(loaded.embed(texts), model.embed(texts))
    assert zoo.verify("dec_texts", tmp_path)["figures"] is None


def test_thresholds_on_their_way_are_loaded(tmp_path):
    """Compiling must not set them back to where they start."""
    model = kerasdc.models.DAC(3, networks.mlp_encoder((4,), (8,), 5), seed=0)
    model.compile(upper=(0.9, 0.8), lower=(0.4, 0.5))
    x = np.random.rand(20, 4)
    model.fit(x, batch_size=10, epochs=1, verbose=0)
    # Where the thresholds start unless told otherwise.
    model.thresholds.assign([0.95, 0.455])
    loaded = reloaded(model, tmp_path)
    assert loaded.compiled
    expected = model.thresholds.numpy()
    np.testing.assert_array_equal(loaded.thresholds.numpy(), expected)


def test_square_layers_keep_their_order(tmp_path):
    """Same shapes everywhere: only the order tells them apart."""
    keras.utils.set_random_seed(1)
    encoder = networks.mlp_encoder((3,), (3, 3, 3), 3)
    decoder = networks.mlp_decoder((3,), (3, 3, 3), 3)
    model = kerasdc.models.DEC(3, encoder, decoder, seed=0)
    model.compile()
    model.adapt(np.random.rand(20, 3))
    x = np.random.rand(4, 3)
    loaded = reloaded(model, tmp_path)
    assert_close(loaded.reconstruct(x), model.reconstruct(x))


@pytest.mark.parametrize("copy", [weights_of, served_weights_of])
def test_altered_file_is_refused_with_both_hashes(own, copy):
    path = copy(own)
    data = bytearray(path.read_bytes())
    expected = hashlib.sha256(data).hexdigest()
    data[100] ^= 1
    path.write_bytes(data)
    received = hashlib.sha256(data).hexdigest()
    match = f"altered.*{expected}.*Received: sha256={received}.*{path.name}"
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)
    with pytest.raises(ValueError, match=match):
        zoo.verify(NAME, own)


@pytest.mark.parametrize("copy", [weights_of, served_weights_of])
def test_nothing_is_opened_before_its_hash_is_checked(own, monkeypatch, copy):
    with open(copy(own), "ab") as file:
        file.write(b"more")

    def opened(*args, **kwargs):
        raise AssertionError("opened")

    monkeypatch.setattr(keras.saving, "deserialize_keras_object", opened)
    monkeypatch.setattr("kerasdc.zoo.loading.read_weights", opened)
    with pytest.raises(ValueError, match=copy(own).name):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize("name", [entry.WEIGHTS, entry.GOLDEN])
def test_file_without_a_hash_is_not_opened(own, name):
    change_metadata(own, lambda metadata: metadata["files"].pop(name))
    match = f"must list the files.*Received: no {name} in"
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize("copy", [weights_of, served_weights_of])
def test_truncated_file_is_refused(own, copy):
    path = copy(own)
    size = path.stat().st_size
    os.truncate(path, size - 10)
    match = f"Expected size={size}. Received: size={size - 10}"
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)


def test_missing_file_is_named(own):
    (own / NAME / entry.GOLDEN).unlink()
    with pytest.raises(FileNotFoundError, match="Received: '.*golden.npz'"):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_damaged_metadata_is_refused(own, content):
    (own / NAME / entry.METADATA).write_bytes(content)
    index.write_index(own)
    with pytest.raises(ValueError, match="metadata.json is damaged.*Received"):
        kerasdc.load(NAME, own)


def test_metadata_is_that_of_the_index(own):
    path = own / NAME / entry.METADATA
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    match = "metadata.json is truncated or altered.*Received: sha256="
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)
    with pytest.raises(ValueError, match=match):
        zoo.verify(NAME, own, figures=False)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "index.json is damaged"),
        (b"[]", "index.json is damaged"),
        (b"[" * 50_000, "index.json is damaged: it is nested"),
        (b'{"dec_digits": null}', "damaged: 'dec_digits' must be"),
        (b'{"dec_digits": ""}', "damaged: 'dec_digits' must be"),
        (b'{"dec_digits": []}', "damaged: 'dec_digits' must be"),
        (b"{}", "does not list this model.*Received: name='dec_digits'"),
        (None, "does not list this model.*Received: name='dec_digits'"),
    ],
)
def test_model_without_a_digest_is_refused(own, content, match):
    (own / index.INDEX).unlink()
    if content is not None:
        (own / index.INDEX).write_bytes(content)
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize("file", [entry.METADATA, f"../{index.INDEX}"])
def test_pipe_is_not_waited_for(own, file):
    (own / NAME / file).unlink()
    os.mkfifo(own / NAME / file)
    with pytest.raises(ValueError, match="must be a file, not a.* pipe"):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"class_name": "Sequential", "module": "keras", "config": {}},
        {"class_name": "KMeans", "registered_name": "kerasdc>Standardize"},
        {"class_name": "DEC", "registered_name": ["kerasdc>DEC"]},
    ],
)
def test_only_models_of_this_library_are_made(own, config, monkeypatch):
    def made(*args, **kwargs):
        raise AssertionError("made")

    monkeypatch.setattr(keras.saving, "deserialize_keras_object", made)
    change_metadata(own, lambda metadata: metadata.update(model=config))
    with pytest.raises(ValueError, match="of a class of this library"):
        kerasdc.load(NAME, own)


def test_model_is_of_the_class_that_it_says(own):
    layer = keras.saving.serialize_keras_object(keras.layers.Dense(2))
    layer["registered_name"] = "kerasdc>DEC"
    change_metadata(own, lambda metadata: metadata.update(model=layer))
    with pytest.raises((ValueError, TypeError)):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize(
    "file",
    [
        {"size": -1},
        {"size": None},
        {"size": True},
        {"size": 1e3},
        {"size": 2**63},
        {"sha256": ""},
        {"sha256": None},
        {"sha256": "A" * 64},
        {"sha256": "a" * 64 + "\n"},
    ],
)
def test_file_without_size_and_digest_is_refused(own, file):
    change_metadata(own, lambda m: m["files"][entry.GOLDEN].update(file))
    with pytest.raises(ValueError, match="damaged.*'golden.npz' must have"):
        kerasdc.load(NAME, own)


def test_file_that_was_not_published_is_refused(own):
    extra = own / NAME / "saved_model" / "1" / "assets.extra" / "requests"
    extra.parent.mkdir()
    extra.write_bytes(b"")
    with pytest.raises(ValueError, match="not one that was.*extra/requests'"):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize(
    "path",
    [
        "../results.csv",
        "/etc/hostname",
        "a/../../x",
        "..\\x",
        "C:x",
        "a//b",
        "./a",
        ".",
        "",
        "a\0b",
        "a\nb",
        "metadata.json",
    ],
)
def test_files_outside_the_folder_are_refused(own, path):
    change_metadata(own, lambda m: m["files"].update({path: {"size": 1}}))
    with pytest.raises(ValueError, match="outside of the model's folder"):
        kerasdc.load(NAME, own)


def test_link_out_of_the_folder_is_refused(own, tmp_path):
    path = own / NAME / entry.GOLDEN
    shutil.move(path, tmp_path / "elsewhere.npz")
    path.symlink_to(tmp_path / "elsewhere.npz")
    with pytest.raises(ValueError, match="outside.*Received: 'golden.npz'"):
        kerasdc.load(NAME, own)


def test_weights_of_another_model_are_refused(own):
    def widen(metadata):
        metadata["model"]["config"]["num_clusters"] = 11

    change_metadata(own, widen)
    with pytest.raises(ValueError, match="weights do not fit this DEC"):
        kerasdc.load(NAME, own)


def test_unknown_name_lists_the_closest(published, tmp_path):
    match = "'dec_digits'. Received: name='dec_digit'"
    with pytest.raises(ValueError, match=match):
        kerasdc.load("dec_digit", published)
    for name in ("../dec_digits", "", None):
        with pytest.raises(ValueError, match="Received: name="):
            kerasdc.load(name, published)
    with pytest.raises(ValueError, match="none at all. Received: name='x'"):
        kerasdc.load("x", tmp_path)
