"""The digests of published models are in the package."""

import json
import pathlib
import tomllib

import pytest
from zoo_samples import NAME
from zoo_samples import make_entry
from zoo_samples import make_package
from zoo_samples import offer

import kerasdc
from kerasdc.zoo import index
from kerasdc.zoo import remote
from kerasdc.zoo import trust

PACKAGE = pathlib.Path(kerasdc.__file__).parent


@pytest.fixture
def known(isolated, monkeypatch, tmp_path):
    """A checkout that has published one small entry; its zoo."""
    make_package(monkeypatch, tmp_path)
    (tmp_path / "pyproject.toml").touch()
    make_entry(tmp_path / "zoo")
    return tmp_path / "zoo"


def test_package_knows_the_models_of_the_repository():
    indexed = json.loads((PACKAGE.parent / "zoo" / index.INDEX).read_bytes())
    assert trust.published() == indexed
    assert all(trust.is_digest(digest) for digest in indexed.values())


def test_package_ships_its_data():
    text = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    shipped = tomllib.loads(text)["tool"]["setuptools"]["package-data"]
    data = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.*")
        if path.suffix not in (".py", ".pyc") and path.is_file()
    }
    found = {
        path.relative_to(PACKAGE).as_posix()
        for package, patterns in shipped.items()
        for pattern in patterns
        for path in (PACKAGE.parent / package.replace(".", "/")).glob(pattern)
    }
    assert found == data and "zoo/digests.json" in data


def test_publishing_in_a_checkout_writes_the_digests(known, tmp_path):
    written = json.loads((known / index.INDEX).read_bytes())
    assert trust.published() == written and list(written) == [NAME]
    make_entry(known, "dec_more")
    assert list(trust.published()) == [NAME, "dec_more"]
    # Another zoo is not the project's, nor is one beside installed packages.
    make_entry(tmp_path / "other", "dec_other")
    (tmp_path / "pyproject.toml").unlink()
    make_entry(known, "dec_third")
    assert list(trust.published()) == [NAME, "dec_more"]


def test_known_name_is_the_published_model(known, server, tmp_path):
    make_entry(tmp_path / "forged", content=b"forged")
    make_entry(tmp_path / "forged", "dec_own")
    url = offer(server, tmp_path / "forged")
    match = "another dec_digits than the one published.*KERASDC_TRUSTED_ZOO"
    with pytest.raises(ValueError, match=match):
        remote.download(url, NAME)
    assert remote.download(url, "dec_own").is_dir()
    # Metadata that differ from the index are no way around.
    server.files["index.json"] = (known / index.INDEX).read_bytes()
    with pytest.raises(OSError, match="metadata.json.* is truncated or alt"):
        remote.download(url, NAME)
    url = offer(server, known)
    assert remote.download(url, NAME).is_dir()


def test_users_zoo_may_have_models_of_known_names(
    known, server, tmp_path, monkeypatch
):
    make_entry(tmp_path / "own", content=b"own")
    index.check_indexed(tmp_path / "own" / NAME, NAME)
    url = offer(server, tmp_path / "own")
    monkeypatch.setenv(trust.TRUSTED, f"https://zoo.example {url}/")
    found = remote.download(url, NAME)
    expected = (tmp_path / "own" / NAME / "golden.npz").read_bytes()
    assert (found / "golden.npz").read_bytes() == expected


def test_published_model_in_the_cache_needs_no_index(known, server):
    found = remote.download(offer(server, known), NAME)
    server.starts.clear()
    for url in (server.url(""), "https://zoo.invalid"):
        assert remote.download(url, NAME) == found
    assert server.starts == []


def test_named_address_may_be_plain(monkeypatch, isolated):
    monkeypatch.setenv(trust.TRUSTED, "http://me:secret@zoo.invalid/a/")
    assert trust.is_trusted("http://zoo.invalid/a")
    for url in ("http://zoo.invalid", "https://zoo.invalid/a", "http://a/"):
        assert not trust.is_trusted(url)
    with pytest.raises(OSError, match="could not be downloaded"):
        remote.names_at("http://zoo.invalid/a")
