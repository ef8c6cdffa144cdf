"""Zoos at an address: slow, broken and hostile servers; the cache."""

import json
import os
import shutil
import threading

import pytest
from zoo_samples import NAME
from zoo_samples import assert_close
from zoo_samples import change_metadata
from zoo_samples import make_entry
from zoo_samples import make_package
from zoo_samples import offer
from zoo_samples import snapshot

import kerasdc
from kerasdc import zoo
from kerasdc.utils import connection
from kerasdc.zoo import entry
from kerasdc.zoo import remote
from kerasdc.zoo import trust

pytestmark = pytest.mark.usefixtures("isolated")

BAD_INDEXES = {
    "empty": b"",
    "a portal's page": b"<html>Sign in</html>",
    "cut": b'{"dec_digits": "00',
    "no object": b"[]",
    "no text": b"\xff",
    "nested": b"[" * 100_000,
    "no model": b"{}",
    "null": b'{"dec_digits": null}',
    "no digest": b'{"dec_digits": ""}',
    "a list": b'{"dec_digits": []}',
    "a path": b'{"dec_digits": "/../../../outside"}',
    "capitals": b'{"dec_digits": "%s"}' % (b"A" * 64),
    "too long": b'{"dec_digits": "%s"}' % (b"a" * 65),
    "another name": b'{"../outside": "%s"}' % (b"a" * 64),
    "one bad of two": b'{"dec_x": "%s", "dec_digits": null}' % (b"a" * 64),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A zoo of one small entry, under a name that the package has not."""
    make_package(monkeypatch, tmp_path / "package")
    make_entry(tmp_path / "zoo")
    return tmp_path / "zoo"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "home" / "kerasdc" / "zoo"


def outside(tmp_path):
    """What is there beside the cache."""
    return {p for p in snapshot(tmp_path) if not p.startswith("home/kerasdc")}


def test_environment_names_an_address(published, server, digits, monkeypatch):
    url = offer(server, published)
    monkeypatch.setenv(trust.TRUSTED, url)
    monkeypatch.setenv("KERASDC_ZOO", f"{url}/")
    assert kerasdc.list_models() == [NAME]
    loaded = kerasdc.load(NAME)
    expected = kerasdc.load(NAME, published).predict(digits.x[:9], verbose=0)
    assert_close(loaded.predict(digits.x[:9], verbose=0), expected)
    assert zoo.verify(NAME, figures=False)["num_files"] == 7


def test_model_is_kept_and_needs_no_server(folder, server, cache):
    url = offer(server, folder)
    found = remote.download(url, NAME)
    assert remote.names_at(url) == [NAME]
    assert found.parent == cache
    assert snapshot(found) == snapshot(folder / NAME)
    names = {path.name for path in cache.iterdir()}
    assert names == {found.name, *(n for n in names if "-index.json" in n)}
    server.files.clear()
    assert remote.names_at(url) == [NAME]
    assert remote.download(url, NAME) == found
    with pytest.raises(ValueError, match="Unknown model.*'dec_digits'"):
        remote.download(url, "dec_digit")


def test_new_publication_is_downloaded(folder, server):
    url = offer(server, folder)
    first = remote.download(url, NAME)
    make_entry(folder, content=b"new weights")
    second = remote.download(offer(server, folder), NAME)
    assert snapshot(second) == snapshot(folder / NAME) != snapshot(first)


def test_silent_address_is_an_os_error(server):
    server.files.clear()
    with pytest.raises(OSError, match="could not be downloaded.*404"):
        kerasdc.load(NAME, server.url(""))


@pytest.mark.parametrize("content", BAD_INDEXES.values(), ids=BAD_INDEXES)
def test_good_index_outlives_a_bad_one(folder, server, content, tmp_path):
    url = offer(server, folder)
    server.files["index.json"] = content
    before = outside(tmp_path)
    with pytest.raises(ValueError, match="index.*Received: file='http://"):
        remote.download(url, NAME)
    offer(server, folder)
    found = remote.download(url, NAME)
    server.files = {"index.json": content}
    for _ in range(2):
        with pytest.warns(UserWarning, match="no valid index; the last one"):
            assert remote.download(url, NAME) == found
    assert outside(tmp_path) == before


def test_damaged_index_of_the_cache_is_replaced(folder, server, cache):
    url = offer(server, folder)
    remote.names_at(url)
    (path,) = cache.glob("*-index.json")
    path.write_text("<html>")
    assert remote.names_at(url) == [NAME]
    path.write_text("<html>")
    server.files.clear()
    with pytest.raises(OSError, match="could not be downloaded"):
        remote.names_at(url)


# === What a server must not do ===


def test_altered_file_is_refused(folder, server, cache):
    url = offer(server, folder)
    server.files[f"{NAME}/{entry.WEIGHTS}"] = b"altered"
    with pytest.raises(OSError, match="model.weights.h5.*altered"):
        remote.download(url, NAME)
    assert not list(cache.glob(f"{NAME}*")) and not list(cache.rglob("*.h5"))
    assert remote.download(offer(server, folder), NAME).is_dir()


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "metadata.json", "a/."])
def test_files_outside_of_the_entry_are_refused(folder, server, name, tmp_path):
    def add(metadata):
        metadata["files"][name] = metadata["files"][entry.WEIGHTS]

    change_metadata(folder, add)
    before = outside(tmp_path)
    with pytest.raises(ValueError, match="outside of the model's folder"):
        remote.download(offer(server, folder), NAME)
    assert outside(tmp_path) == before


@pytest.mark.parametrize("endless", ["index.json", "metadata.json", "h5"])
def test_no_more_is_read_than_was_said(folder, server, endless, cache):
    url = offer(server, folder)
    if endless != "index.json":
        remote.names_at(url)
        index = server.files.pop("index.json")  # the last one is used
    if endless == "h5":
        place = cache / f".{NAME}-{json.loads(index)[NAME][:16]}.part"
        shutil.copytree(folder / NAME, place)
        (place / entry.WEIGHTS).unlink()
    server.endless = True
    with pytest.raises(OSError, match="could not be downloaded"):
        remote.download(url, NAME)
    # What the connection holds comes on top.
    assert server.sent < 2**26
    sizes = [p.stat().st_size for p in cache.rglob("*") if p.is_file()]
    assert max(sizes, default=0) <= entry.MAX_METADATA


@pytest.mark.parametrize("pause", ["headers", "body"])
def test_slow_server_is_given_up(folder, server, pause, monkeypatch):
    monkeypatch.setattr(connection, "GRACE", 0.2)
    server.pause = pause
    with pytest.raises(OSError, match="the server is too slow"):
        remote.names_at(offer(server, folder))


@pytest.mark.parametrize(
    ("size", "num_files"), [(2**40, 3), (7, 1001)], ids=["bytes", "files"]
)
def test_models_are_of_bounded_size(folder, server, size, num_files):
    file = {"size": size, "sha256": "0" * 64}
    listed = {f"file{i}": file for i in range(num_files)}
    change_metadata(folder, lambda metadata: metadata.update(files=listed))
    with pytest.raises(ValueError, match="may have 1,000 files and .* bytes"):
        remote.download(offer(server, folder), NAME)


@pytest.mark.parametrize(
    "url",
    [
        "http://zoo.example",
        "http://127.0.0.1@zoo.example/",
        "http://localhost.zoo.example",
        "ftp://zoo.example",
        "file:///tmp/zoo",
        "gs://bucket/zoo",
        "https://",
        "https://zoo.example:port",
        "https://zoo.example/zoo?token=secret",
        "https://zoo.example/#secret",
        "http://me:secret@zoo.example",
        "http://me:se/cr@et@zoo.example",
    ],
)
def test_address_must_be_safe(url, isolated):
    for function in (
        lambda url: kerasdc.list_models(zoo_dir=url),
        lambda url: kerasdc.load(NAME, url),
    ):
        with pytest.raises(ValueError, match="address.*Received") as error:
            function(url)
        assert "secret" not in str(error.value)
        assert "cr@et" not in str(error.value)


def test_password_is_in_no_message(folder, server):
    url = offer(server, folder).replace("://", "://me:secret@")
    assert remote.names_at(url) == [NAME]
    assert server.logins == ["Basic bWU6c2VjcmV0"]
    server.files[f"{NAME}/{entry.GOLDEN}"] = b""
    calls = [
        lambda: remote.download(url, NAME),
        lambda: kerasdc.load("dec_digit", url),
        lambda: kerasdc.load(url, url),
        lambda: zoo.location.local_folder(url),
        lambda: zoo.publish(None, NAME, None, {}, zoo_dir=url),
    ]
    for call in calls:
        with pytest.raises((OSError, ValueError)) as error:
            call()
        assert "secret" not in str(error.value)
    server.files = {"index.json": b""}
    with pytest.warns(UserWarning) as warned:
        remote.names_at(url)
    assert "secret" not in str(warned[0].message)


# === The cache ===


def test_processes_share_one_download(folder, server, cache):
    url = offer(server, folder)
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(snapshot(remote.download(url, NAME)))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [snapshot(folder / NAME)] * 4
    # The index by each, metadata and three files by one.
    assert len(server.starts) == 4 + 4
    assert not [path for path in cache.rglob("*") if "lock" in path.name]


def damage_file(place):
    (place / entry.WEIGHTS).write_bytes(b"damaged")


def cut_metadata(place):
    os.truncate(place / entry.METADATA, 10)


def leave_a_lock(place):
    (place / "saved_model" / "1" / ".saved_model.pb.lock").write_bytes(b"")


def take_a_file_away(place):
    (place / entry.GOLDEN).unlink()


def put_a_pipe_there(place):
    (place / entry.METADATA).unlink()
    os.mkfifo(place / entry.METADATA)


def put_a_link_there(place):
    shutil.move(place, place.with_name("elsewhere"))
    place.symlink_to(place.with_name("nowhere"))


@pytest.mark.parametrize(
    "damage",
    [
        damage_file,
        cut_metadata,
        leave_a_lock,
        take_a_file_away,
        put_a_pipe_there,
        put_a_link_there,
        shutil.rmtree,
    ],
)
def test_cache_heals_itself(folder, server, damage):
    url = offer(server, folder)
    damage(remote.download(url, NAME))
    found = remote.download(url, NAME)
    assert snapshot(found) == snapshot(folder / NAME)


def test_interrupted_download_goes_on(folder, server, cache):
    url = offer(server, folder)
    last = f"{NAME}/saved_model/1/saved_model.pb"
    kept = server.files.pop(last)
    with pytest.raises(OSError, match="saved_model.pb could not"):
        remote.download(url, NAME)
    (unfinished,) = cache.glob(".*.part")
    # As kills leave it, in this version or an older one.
    damage_file(unfinished)
    leave_a_lock(unfinished)
    with pytest.raises(OSError, match="saved_model.pb could not"):
        remote.download(url, NAME)
    server.files[last] = kept
    num_requests = len(server.starts)
    with pytest.raises(ValueError, match="not one that was published.*lock"):
        remote.download(url, NAME)
    assert len(server.starts) == num_requests + 1 + 1
    found = remote.download(url, NAME)
    assert snapshot(found) == snapshot(folder / NAME)
