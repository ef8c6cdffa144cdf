import contextlib
import functools
import hashlib
import http.server
import json
import os
import resource
import shutil
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

import kerasdc
from kerasdc import datasets
from kerasdc import layers
from kerasdc import networks
from kerasdc import zoo
from kerasdc.zoo import card
from kerasdc.zoo import entry
from kerasdc.zoo import golden
from kerasdc.zoo import results

NAME = "dec_digits"


def make_row(**changes):
    return {
        "system": "dec",
        "dataset": "digits",
        "recipe": "best",
        "seed": 0,
        "split": "all",
        "num_samples": 1797,
        "accuracy": 0.5,
        "nmi": 0.5,
        "ari": 0.5,
        "objective": 0.123456789,
        "seconds": 12.34,
        "backend": "tensorflow",
        "commit": "abc1234",
        **changes,
    }


def make_info(**changes):
    return {
        "recipe": "best",
        "seed": 0,
        "commit": "abc1234",
        "command": "python train.py --publish",
        "dataset": {"name": "digits", "sha256": "0" * 64},
        "selection": "the lowest objective of two seeds.",
        "hyperparameters": {"pretrain": {"epochs": 1}},
        "paper": {"accuracy": 0.843, "source": "A Paper, Table 2"},
        "deviations": ["Fewer epochs."],
        **changes,
    }


ROWS = [make_row(), make_row(seed=1, accuracy=0.7)]


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


@pytest.fixture(scope="module")
def model(digits):
    """Everything that can get lost: images, augmentation, own compile."""
    keras.utils.set_random_seed(0)
    model = kerasdc.models.DEC(
        10,
        encoder=networks.mlp_encoder((8, 8), (16,), 4),
        decoder=networks.mlp_decoder((8, 8), (16,), 4),
        augmentation=layers.RandomShiftRotation(seed=1),
        seed=0,
    )
    model.compile(optimizer=keras.optimizers.SGD(0.01), update_interval=3)
    model.pretrain(digits.x[:300], epochs=1, verbose=0)
    model.fit(digits.x[:300], epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def published(model, digits, tmp_path_factory):
    """The folder of a zoo with one entry."""
    folder = tmp_path_factory.mktemp("published") / "zoo"
    dataset = {"name": "digits", "sha256": digits.sha256}
    scores = kerasdc.metrics.evaluate(digits.y, model.assign(digits.x))
    rows = [make_row(**scores), ROWS[1]]
    info = make_info(dataset=dataset)
    zoo.publish(model, NAME, digits.x[:5], info, rows, b"PNG", folder)
    return folder


@pytest.fixture
def own(published, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(published, tmp_path / "zoo")


def snapshot(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_close(actual, expected):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-5)


# === Every entry of the repository ===


def repository_models():
    with contextlib.suppress(FileNotFoundError):
        return zoo.list_models()
    return []


@pytest.mark.parametrize("name", repository_models())
def test_entry_is_what_it_says(name):
    verified = zoo.verify(name, figures=False)
    assert verified["difference"] <= 1e-5


@pytest.mark.parametrize("name", repository_models())
def test_entry_scores_what_it_says(name):
    zoo.verify(name)


@pytest.mark.parametrize("name", repository_models())
def test_card_is_the_generated_one(name):
    folder = zoo.location.entry_folder(name)
    text = (folder / entry.CARD).read_text(encoding="utf-8")
    assert text == card.card(entry.read_metadata(folder))


# === Load ===

LOAD = """
import sys
import numpy as np
import kerasdc
model = kerasdc.load(sys.argv[1])
with np.load(sys.argv[2]) as arrays:
    x = arrays["inputs"]
np.savez(
    sys.argv[3],
    soft_assignment=model.predict(x, verbose=0),
    cluster=model.assign(x),
    embedding=model.embed(x),
    reconstruction=model.reconstruct(x),
)
"""


def test_fresh_process_gives_the_served_outputs(published, tmp_path):
    paths = [str(published / NAME / entry.GOLDEN), str(tmp_path / "out.npz")]
    root = os.path.dirname(os.path.dirname(kerasdc.__file__))
    subprocess.run(
        [sys.executable, "-c", LOAD, NAME, *paths],
        check=True,
        cwd=root,
        env={**os.environ, "KERASDC_ZOO": str(published)},
    )
    inputs, outputs = golden.read(published / NAME)
    served = golden.served_outputs(published / NAME, inputs)
    with np.load(tmp_path / "out.npz") as loaded:
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


def test_square_layers_keep_their_order(tmp_path):
    """Same shapes everywhere: only the order tells them apart."""
    keras.utils.set_random_seed(1)
    encoder = networks.mlp_encoder((3,), (3, 3, 3), 3)
    decoder = networks.mlp_decoder((3,), (3, 3, 3), 3)
    model = kerasdc.models.DEC(3, encoder, decoder, seed=0)
    model.compile()
    model.adapt(np.random.rand(20, 3))
    info = make_info(dataset={"name": "square", "sha256": ""})
    x = np.random.rand(4, 3)
    zoo.publish(model, "dec_square", x, info, zoo_dir=tmp_path)
    loaded = kerasdc.load("dec_square", tmp_path)
    assert_close(loaded.reconstruct(x), model.reconstruct(x))


# === What is not as published ===


def weights_of(folder):
    (path,) = (folder / NAME).glob("saved_model/1/variables/*.data-*")
    return path


def test_altered_file_is_refused_with_both_hashes(own):
    path = weights_of(own)
    data = bytearray(path.read_bytes())
    expected = hashlib.sha256(data).hexdigest()
    data[100] ^= 1
    path.write_bytes(data)
    received = hashlib.sha256(data).hexdigest()
    match = f"variables.data.*altered.*{expected}.*Received: sha256={received}"
    with pytest.raises(ValueError, match=match):
        kerasdc.load(NAME, own)
    with pytest.raises(ValueError, match=match):
        zoo.verify(NAME, own)


def test_truncated_file_is_refused(own):
    path = weights_of(own)
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
    with pytest.raises(ValueError, match="metadata.json is damaged.*Received"):
        kerasdc.load(NAME, own)


@pytest.mark.parametrize(
    "path", ["../results.csv", "/etc/hostname", "a/../../x", "..\\x", "C:x"]
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


def change_metadata(folder, change):
    path = folder / NAME / entry.METADATA
    metadata = json.loads(path.read_text())
    change(metadata)
    path.write_text(json.dumps(metadata))


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


# === Where the zoo is ===


def test_environment_names_a_folder(published, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASDC_ZOO", str(published))
    assert kerasdc.list_models() == [NAME]
    assert kerasdc.load(NAME).adapted
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="Received: '.*none'"):
        kerasdc.list_models()


def test_checkout_is_the_default(monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    root = os.path.dirname(os.path.dirname(kerasdc.__file__))
    assert str(zoo.location.source()) == os.path.join(root, "zoo")


def test_installed_package_without_a_zoo_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    package = tmp_path / "site-packages" / "kerasdc" / "__init__.py"
    monkeypatch.setattr(kerasdc, "__file__", str(package))
    monkeypatch.setattr(zoo.location, "DEFAULT_URL", None)
    with pytest.raises(FileNotFoundError, match="KERASDC_ZOO to the folder"):
        kerasdc.list_models()
    monkeypatch.setattr(zoo.location, "DEFAULT_URL", "https://zoo.example")
    assert zoo.location.source() == "https://zoo.example"


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serve(folder):
    handler = functools.partial(_Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kerasdc" / "zoo"


def test_environment_names_an_address(own, cache, digits, monkeypatch):
    with serve(own.parent) as url:
        monkeypatch.setenv("KERASDC_ZOO", f"{url}/zoo/")
        assert kerasdc.list_models() == [NAME]
        loaded = kerasdc.load(NAME)
        assert zoo.verify(NAME)["num_files"] == 6
    expected = kerasdc.load(NAME, own).predict(digits.x[:9], verbose=0)
    assert_close(loaded.predict(digits.x[:9], verbose=0), expected)
    # The server is gone; what was downloaded stays.
    assert kerasdc.load(NAME).adapted
    assert not [p for p in cache.rglob("*") if p.suffix == ".part"]


def test_address_with_an_altered_file_is_refused(own, cache):
    path = weights_of(own)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with serve(own) as url:
        with pytest.raises(OSError, match="variables.data.*altered"):
            kerasdc.load(NAME, url)
    assert not list(cache.rglob("*.data-*"))


def test_address_with_a_traversal_is_refused(own, cache):
    change_metadata(own, lambda m: m["files"].update({"../../x": {"size": 1}}))
    zoo.location.write_index(own)
    with serve(own) as url:
        with pytest.raises(ValueError, match="outside of the model's folder"):
            kerasdc.load(NAME, url)


def test_new_publication_is_downloaded(own, cache):
    with serve(own) as url:
        kerasdc.load(NAME, url)
        change_metadata(own, lambda m: m["model"]["config"].update(seed=7))
        zoo.location.write_index(own)
        assert kerasdc.load(NAME, url).seed == 7


def test_silent_address_is_an_os_error(cache):
    with serve(cache.parent) as url:
        pass
    with pytest.raises(OSError, match="could not be downloaded"):
        kerasdc.load(NAME, url)


# === Publish ===


def test_metadata_says_how_it_was_made(published, model):
    metadata = entry.read_metadata(published / NAME)
    assert metadata["num_params"] == model.count_params()
    assert metadata["licence"] == "Apache-2.0"
    assert metadata["versions"]["keras"] == keras.__version__
    assert metadata["preprocessing"]["inputs"]["shape"] == [None, 8, 8]
    assert metadata["figures"]["seed"] == 0
    assert [row["seed"] for row in metadata["rows"]] == [0, 1]
    assert metadata["summary"][0]["num_seeds"] == 2
    assert metadata["model"]["compile_config"]["update_interval"] == 3
    assert set(metadata["files"]) == {
        "golden.npz",
        "preview.png",
        "saved_model/1/fingerprint.pb",
        "saved_model/1/saved_model.pb",
        "saved_model/1/variables/variables.data-00000-of-00001",
        "saved_model/1/variables/variables.index",
    }


def test_entry_holds_every_weight_once(published, model):
    num_bytes = sum(v.numpy().nbytes for v in model.variables)
    # What else there is, is the description of the variables.
    assert weights_of(published).stat().st_size < num_bytes + 3000


def test_verify_computes_the_figures(published, digits, model, own):
    verified = zoo.verify(NAME, published)
    scores = kerasdc.metrics.evaluate(digits.y, model.assign(digits.x))
    assert verified["figures"] == scores
    assert zoo.verify(NAME, published, figures=False)["figures"] is None
    change_metadata(own, lambda m: m["figures"].update(nmi=0.9))
    with pytest.raises(ValueError, match="published nmi is 0.9. Received"):
        zoo.verify(NAME, own)
    change_metadata(own, lambda m: m["dataset"].update(sha256="0"))
    with pytest.raises(ValueError, match="data set is not the one"):
        zoo.verify(NAME, own)


def test_verify_notices_other_outputs(own):
    folder = own / NAME
    inputs, outputs = golden.read(folder)
    outputs["embedding"] += 1e-3 * np.abs(outputs["embedding"]).max()
    golden.write(folder, inputs, outputs)
    change_metadata(own, lambda m: m.update(files=entry.describe_files(folder)))
    with pytest.raises(ValueError, match="output embedding is not.*0.001"):
        zoo.verify(NAME, own)


def test_overwriting_must_be_asked_for(own, model, digits):
    before = snapshot(own)
    x, info = digits.x[:2], make_info()
    with pytest.raises(FileExistsError, match="overwrite=True.*Received"):
        zoo.publish(model, NAME, x, info, zoo_dir=own)
    assert snapshot(own) == before
    zoo.publish(model, NAME, x, info, zoo_dir=own, overwrite=True)
    assert len(golden.read(own / NAME)[0]) == 2
    assert not (own / NAME / entry.PREVIEW).exists()
    assert sorted(os.listdir(own)) == [
        "README.md",
        NAME,
        "index.json",
        "results.csv",
    ]


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_full_disk_loses_nothing(own, model, digits, size):
    before = snapshot(own)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        with pytest.raises(OSError, match="could not be written.*too large"):
            zoo.publish(
                model,
                NAME,
                digits.x[:2],
                make_info(),
                zoo_dir=own,
                overwrite=True,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert snapshot(own) == before
    assert sorted(p.name for p in own.iterdir() if p.is_dir()) == [NAME]


def test_unwritable_folder_is_an_os_error(model, digits, tmp_path):
    path = tmp_path / "zoo"
    path.write_text("a file")
    with pytest.raises(OSError, match="Received: "):
        zoo.publish(model, NAME, digits.x[:2], make_info(), zoo_dir=path)
    assert path.read_text() == "a file"


@pytest.mark.parametrize(
    ("name", "info", "match"),
    [
        ("Digits", make_info(), "<system>_<dataset>.*Received: name='Digits'"),
        ("dec_../x", make_info(), "<system>_<dataset>.*Received"),
        ("dec_mnist", make_info(), "must be dec_digits.*Received"),
        (NAME, {"seed": 0}, "must have the keys recipe.*Received: seed"),
        (NAME, make_info(accuracy=1), "may have.*Received"),
        (NAME, make_info(dataset={"name": "digits"}), "name and sha256"),
    ],
)
def test_bad_arguments_write_nothing(model, tmp_path, name, info, match):
    with pytest.raises(ValueError, match=match):
        zoo.publish(model, name, np.zeros((1, 8, 8)), info, zoo_dir=tmp_path)
    assert os.listdir(tmp_path) == []


def test_unfinished_model_and_wrong_samples_are_refused(model, tmp_path):
    x, info = np.zeros((1, 8, 8)), make_info()
    with pytest.raises(ValueError, match="built=False"):
        zoo.publish(kerasdc.models.DEC(2), NAME, x, info, zoo_dir=tmp_path)
    with pytest.raises(ValueError, match="`x` must have shape"):
        zoo.publish(model, NAME, x[:, 1:], info, zoo_dir=tmp_path)
    with pytest.raises(ValueError, match="`info` must be plain values"):
        bad = make_info(deviations=[object()])
        zoo.publish(model, NAME, x, bad, zoo_dir=tmp_path)
    assert os.listdir(tmp_path) == []


def test_publishing_to_an_address_is_refused(model, digits):
    with pytest.raises(ValueError, match="local folder. Received: 'http"):
        zoo.publish(
            model, NAME, digits.x, make_info(), zoo_dir="http://zoo.example"
        )


# === Cards and tables ===


def test_generated_files_stay_the_same(own):
    before = snapshot(own)
    assert zoo.write_zoo_readme(own) == own / "README.md"
    assert snapshot(own) == before


def test_module_writes_the_readme_beside_the_zoo(own, monkeypatch):
    from kerasdc.zoo.__main__ import main

    monkeypatch.setenv("KERASDC_ZOO", str(own))
    readme = own.parent / "README.md"
    readme.write_text(f"top\n{card.BEGIN}\n{card.END}\n")
    before = snapshot(own)
    main()
    assert snapshot(own) == before
    assert "| dec | digits | best | all |" in readme.read_text()


def test_card_tells_figures_and_deviations(own):
    text = (own / NAME / entry.CARD).read_text(encoding="utf-8")
    figures = entry.read_metadata(own / NAME)["figures"]
    assert f"| this model (seed 0) | all | {figures['accuracy']:.4f} |" in text
    assert "| A Paper, Table 2 | all | 0.843 | – | – |" in text
    assert "the lowest objective of two seeds." in text
    assert "- Fewer epochs." in text
    assert "![Clusters](preview.png)" in text
    assert "raw float32 `(n, 8, 8)`, then `Scaling`" in text
    overview = (own / "README.md").read_text(encoding="utf-8")
    assert f"[{NAME}]({NAME}/README.md) | best | 0 | all |" in overview


def test_results_are_added_replaced_and_sorted(tmp_path):
    zoo.add_results([make_row(seed=10), make_row(seed=9)], tmp_path)
    zoo.add_results([make_row(system="aaa")], tmp_path)
    zoo.add_results([make_row(seed=9, accuracy=0.25)], tmp_path)
    zoo.add_results([make_row(seed=9, split="test")], tmp_path)
    zoo.add_results([make_row(seed=9, backend="jax")], tmp_path)
    lines = (tmp_path / "results.csv").read_text().splitlines()
    assert lines[0] == (
        "system,dataset,recipe,seed,split,num_samples,accuracy,nmi,ari,"
        "objective,seconds,backend,commit"
    )
    assert lines[1].startswith("aaa,digits,best,0,all,1797,")
    assert lines[3] == (
        "dec,digits,best,9,all,1797,0.25000,0.50000,0.50000,0.123457,12.3,"
        "tensorflow,abc1234"
    )
    keys = [
        (row["system"], row["split"], row["backend"], row["seed"])
        for row in zoo.read_results(tmp_path)
    ]
    assert keys == [
        ("aaa", "all", "tensorflow", 0),
        ("dec", "all", "jax", 9),
        ("dec", "all", "tensorflow", 9),
        ("dec", "all", "tensorflow", 10),
        ("dec", "test", "tensorflow", 9),
    ]
    assert os.listdir(tmp_path) == ["results.csv"]


def test_mean_and_sd_over_seeds(tmp_path):
    # Mean 0.5; squared deviations 0.04 + 0 + 0.04, over 3 - 1: sd 0.2.
    rows = [make_row(seed=s, accuracy=a) for s, a in enumerate((0.3, 0.5, 0.7))]
    rows.append(make_row(recipe="paper", nmi=0.25))
    zoo.add_results(rows, tmp_path)
    best, paper = results.summarize(zoo.read_results(tmp_path))
    assert best["num_seeds"] == 3
    assert best["accuracy"]["mean"] == pytest.approx(0.5)
    assert best["accuracy"]["sd"] == pytest.approx(0.2)
    assert paper["nmi"] == {"mean": 0.25, "sd": None}
    assert zoo.results_table(tmp_path).splitlines()[2:] == [
        "| dec | digits | best | all | 0.5000 ± 0.2000 | 0.5000 ± 0.0000 | "
        "0.5000 ± 0.0000 | 3 |",
        "| dec | digits | paper | all | 0.5000 | 0.2500 | 0.5000 | 1 |",
    ]


def test_backends_are_not_mixed(tmp_path):
    rows = [make_row(), make_row(backend="jax", accuracy=0.7)]
    zoo.add_results(rows, tmp_path)
    table = zoo.results_table(tmp_path)
    assert "| 0.7000 | 0.5000 | 0.5000 | 1 | jax |" in table
    assert "| 0.5000 | 0.5000 | 0.5000 | 1 | tensorflow |" in table


def test_rows_must_be_complete(tmp_path):
    row = make_row()
    del row["seed"]
    for bad in (
        row,
        make_row(note=""),
        make_row(split="train"),
        make_row(nmi=float("nan")),
        make_row(ari=None),
        make_row(accuracy=97.2),
    ):
        with pytest.raises(ValueError, match="Received: "):
            zoo.add_results([make_row(seed=5), bad], tmp_path)
    assert zoo.read_results(tmp_path) == []


def test_trainings_may_end_at_once(tmp_path):
    threads = [
        threading.Thread(
            target=zoo.add_results, args=([make_row(seed=seed)], tmp_path)
        )
        for seed in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seeds = [row["seed"] for row in zoo.read_results(tmp_path)]
    assert seeds == list(range(20))


def test_full_disk_keeps_the_results(tmp_path):
    zoo.add_results(ROWS, tmp_path)
    before = snapshot(tmp_path)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, old[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            rows = [make_row(seed=seed) for seed in range(50)]
            zoo.add_results(rows, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert snapshot(tmp_path) == before


def test_table_goes_between_the_marks(published, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{card.BEGIN}\nold\n{card.END}\nbelow\n")
    zoo.update_readme(readme, published)
    table = zoo.results_table(published)
    expected = f"above\n{card.BEGIN}\n{table}{card.END}\nbelow\n"
    assert readme.read_text(encoding="utf-8") == expected
    zoo.update_readme(readme, published)
    assert readme.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "text", ["", card.BEGIN, card.END + card.BEGIN, 2 * (card.BEGIN + card.END)]
)
def test_readme_without_its_marks_stays(published, tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="results:begin.*Received: file="):
        zoo.update_readme(readme, published)
    assert readme.read_text() == text


def test_empty_zoo(tmp_path):
    assert zoo.list_models(tmp_path) == []
    zoo.write_zoo_readme(tmp_path)
    assert "None yet." in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert zoo.results_table(tmp_path) == "None yet.\n"
