"""Where files are looked for, and what is wrong with them."""

import hashlib
import pathlib

import pytest
from dataset_samples import DATA
from dataset_samples import SHA256
from dataset_samples import save_toy

from kerasdc import datasets
from kerasdc.datasets import catalogue
from kerasdc.datasets import store

pytestmark = pytest.mark.usefixtures("isolated")


def test_order_of_look_up(toy, server, monkeypatch, tmp_path):
    monkeypatch.setenv("KERASDC_DATA", str(tmp_path / "env"))
    save_toy(store.cache_folder(), 3)
    assert datasets.load("toy").x[0, 0] == 3
    save_toy(tmp_path / "env", 2)
    assert datasets.load("toy").x[0, 0] == 2
    save_toy(tmp_path / "argument", 1)
    assert datasets.load("toy", tmp_path / "argument").x[0, 0] == 1
    assert datasets.load("toy", str(tmp_path / "empty")).x[0, 0] == 2
    assert server.starts == []


def test_cache_is_in_the_home_folder_by_default(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    home = pathlib.Path.home() / ".cache" / "kerasdc" / "datasets"
    assert store.cache_folder() == home


@pytest.mark.parametrize("name", ["mnist", "reuters21578"])
def test_altered_file_is_refused_and_left(name, tmp_path):
    known = catalogue.ENTRIES[name]
    path = tmp_path / known.file
    path.write_bytes(DATA)
    with pytest.raises(ValueError, match="truncated or altered") as error:
        datasets.load(name, tmp_path)
    assert known.file_sha256 in str(error.value)
    assert f"Received: sha256={SHA256}, file={str(path)!r}" in str(error.value)
    assert path.read_bytes() == DATA


def test_truncated_file_of_our_own(toy, tmp_path):
    save_toy(tmp_path, 1)
    path = tmp_path / "toy.npz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="truncated or altered"):
        datasets.load("toy", tmp_path)


@pytest.mark.parametrize("name", ["toy.npz", "toy.jsonl.gz"])
def test_file_that_was_damaged_before_its_digest(name, tmp_path):
    path = tmp_path / name
    content = {"x": [1]} if name.endswith("npz") else [{"x": 1}]
    store.write(path, content)
    data = path.read_bytes()[:-10]
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    path.with_name(f"{name}.sha256").write_text(digest)
    with pytest.raises(ValueError, match=f"damaged.* sha256={digest}"):
        store.read(path, None)
    assert path.read_bytes() == data


def test_file_without_any_checksum(toy, tmp_path):
    save_toy(tmp_path, 1)
    (tmp_path / "toy.npz.sha256").unlink()
    with pytest.raises(ValueError, match="No checksum is known for toy.npz"):
        datasets.load("toy", tmp_path)


def test_empty_checksum_is_like_a_wrong_one(toy, tmp_path):
    save_toy(tmp_path, 1)
    path = tmp_path / "toy.npz"
    (tmp_path / "toy.npz.sha256").write_text("")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    match = f"SHA-256 none in toy.npz.sha256. Received: sha256={digest}"
    with pytest.raises(ValueError, match=match):
        datasets.load("toy", tmp_path)


def test_own_file_of_an_exact_set_must_have_its_content(toy, tmp_path):
    save_toy(tmp_path, 1)
    toy(exact=True, content_sha256="0" * 64)
    with pytest.raises(ValueError, match=f"{'0' * 64}. Received: sha256="):
        datasets.load("toy", tmp_path)


def test_texts_survive_the_normalized_file(tmp_path):
    records = [{"id": "1", "text": "é\u2028\n\x03"}, {"id": "2", "text": ""}]
    path = tmp_path / "texts.jsonl.gz"
    digest = store.write(path, records)
    assert store.read(path) == (records, digest)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "texts.jsonl.gz",
        "texts.jsonl.gz.sha256",
    ]


@pytest.mark.parametrize(
    "path", ["gs://bucket/data", "", 3, b"", "a\0b", ["a"]]
)
def test_folders_are_local_paths(path, isolated, monkeypatch):
    with pytest.raises(
        ValueError, match="`data_dir` must be a path .*data_dir="
    ):
        store.folders(path)
    monkeypatch.setenv("KERASDC_DATA", "s3://bucket")
    with pytest.raises(ValueError, match="Received: KERASDC_DATA='s3://bucket"):
        store.folders()


def test_tilde_is_the_home_folder(isolated, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = store.folders("~/data")[0]
    assert found == tmp_path / "data"
