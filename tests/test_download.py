"""Downloads: resumed, checked, put in place."""

import hashlib
import os
import socket
import threading

import numpy as np
import pytest
from dataset_samples import DATA
from dataset_samples import SHA256

from kerasdc import datasets
from kerasdc.datasets import record
from kerasdc.datasets import store
from kerasdc.utils import connection
from kerasdc.utils import download
from kerasdc.utils import locks

pytestmark = pytest.mark.usefixtures("isolated")


def test_download_then_cache(toy, server):
    dataset = datasets.load("toy")
    np.testing.assert_array_equal(dataset.x, [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(dataset.y_train, [0, 1])
    np.testing.assert_array_equal(dataset.x_test, [[5, 6]])
    assert len(server.starts) == 2
    again = datasets.load("toy")
    assert len(server.starts) == 2 and again.sha256 == dataset.sha256
    files = {p.name for p in store.cache_folder().rglob("*") if p.is_file()}
    assert files == {"toy.npz", "toy.npz.sha256"}


def test_originals_put_there_by_hand_are_used_and_kept(toy, server):
    folder = store.cache_folder() / "originals" / "toy"
    folder.mkdir(parents=True)
    (folder / "pendigits.tra").write_bytes(b"9,9,0\n8,8,1\n")
    assert datasets.load("toy").x[0, 0] == 9
    assert len(server.starts) == 1
    assert [p.name for p in folder.iterdir()] == ["pendigits.tra"]


def test_download_is_moved_only_when_complete(server, tmp_path):
    server.files["a.bin"] = DATA
    path = tmp_path / "new" / "a.bin"
    assert download.fetch([server.url("a.bin")], path, SHA256) is True
    assert path.read_bytes() == DATA
    assert download.fetch([], path, SHA256) is False
    assert [p.name for p in path.parent.iterdir()] == ["a.bin"]


def test_altered_file_that_is_there_is_left(server, tmp_path):
    server.files["a.bin"] = DATA
    path = tmp_path / "a.bin"
    path.write_bytes(DATA[:-1])
    received = hashlib.sha256(DATA[:-1]).hexdigest()
    match = f"Expected SHA-256 {SHA256}. Received: sha256={received}, file="
    with pytest.raises(ValueError, match=match):
        download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA[:-1]
    assert server.starts == []


def test_cut_connection_is_resumed(server, tmp_path):
    server.files["a.bin"] = DATA
    server.limit = 4000
    path = tmp_path / "a.bin"
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA
    assert server.starts == [0, 4000, 8000]


def test_cut_for_good_leaves_a_part_for_the_next_time(server, tmp_path):
    server.files["a.bin"] = DATA
    server.limit = 1000
    path = tmp_path / "a.bin"
    with pytest.raises(OSError, match="ended after 3000 of 10240 bytes"):
        download.fetch([server.url("a.bin")], path, SHA256)
    assert not path.exists()
    server.limit = None
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA
    assert server.starts[-1] == 3000


def test_second_process_waits_for_the_first(server, tmp_path):
    server.files["a.bin"] = DATA
    path = tmp_path / "a.bin"
    found = []

    def fetch():
        found.append(download.fetch([server.url("a.bin")], path, SHA256))

    second = threading.Thread(target=fetch)
    with locks.locked(tmp_path / ".a.bin.lock"):
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert server.starts == []
        path.write_bytes(DATA)
    second.join()
    assert found == [False]
    assert server.starts == []
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_server_without_ranges_starts_over(server, tmp_path):
    server.files["a.bin"] = DATA
    server.ranges = False
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(DATA[:100])
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA


def test_range_from_elsewhere_starts_over(server, tmp_path):
    server.files["a.bin"] = DATA
    server.shift = 7  # as a cache between might
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(DATA[:100])
    # Without a hash nothing else would notice.
    download.fetch([server.url("a.bin")], path, None)
    assert path.read_bytes() == DATA
    assert server.starts == [107, 0]


def test_whole_part_is_recognized(server, tmp_path):
    server.files["a.bin"] = DATA
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(DATA)
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA and server.starts == [len(DATA)]


@pytest.mark.parametrize("part", [b"wrong start", DATA + b"too long"])
def test_bad_part_is_thrown_away(server, tmp_path, part):
    server.files["a.bin"] = DATA
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(part)
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA


def test_wrong_content_is_not_kept(server, tmp_path):
    server.files["a.bin"] = b"<html>Sign in</html>"
    wrong = hashlib.sha256(server.files["a.bin"]).hexdigest()
    with pytest.raises(OSError, match=f"{SHA256}. Received: sha256={wrong}"):
        download.fetch([server.url("a.bin")], tmp_path / "a.bin", SHA256)
    assert list(tmp_path.iterdir()) == []


def test_next_address_is_tried(server, tmp_path):
    server.files.update({"a.bin": b"wrong", "b.bin": DATA})
    urls = [server.url(name) for name in ("gone.bin", "a.bin", "b.bin")]
    download.fetch(urls, tmp_path / "a.bin", SHA256)
    assert (tmp_path / "a.bin").read_bytes() == DATA


def test_offline_says_which_file_to_put_where(toy, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a"
        toy(originals=(record.Original("a.gz", (url,)),), file_sha256="1" * 64)
        with pytest.raises(FileNotFoundError) as error:
            datasets.load("toy", tmp_path / "mine")
    message = str(error.value)
    assert message.startswith(f"There is no toy.npz in {tmp_path / 'mine'}, ")
    assert f"Put toy.npz (SHA-256 {'1' * 64}) into" in message
    assert f"or a.gz into {store.cache_folder()}/originals/toy" in message
    assert "refused" in message and message.endswith("Received: name='toy'")


def test_missing_page_is_like_offline(toy, server):
    del server.files["pendigits.tes"]
    with pytest.raises(FileNotFoundError, match="HTTP Error 404"):
        datasets.load("toy")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>Sign in</html>", "could not convert"),
        (b"1,2,0\n3,4,0\n", "counts .* Received"),
        (b"1,2,0,3\n3,4,1,0\n", "match"),
    ],
)
def test_wrong_unpinned_content_never_reaches_the_cache(
    toy, server, content, why
):
    server.files["pendigits.tra"] = content
    with pytest.raises(ValueError, match=f"are not 'toy'.*{why}.*Delete"):
        datasets.load("toy")
    assert not (store.cache_folder() / "toy.npz").exists()


def test_other_content_is_an_error_or_a_warning(toy):
    toy(content_sha256="0" * 64)
    with pytest.warns(UserWarning, match="differs from the copy"):
        datasets.load("toy")
    for path in store.cache_folder().glob("toy*"):
        path.unlink()
    toy(content_sha256="0" * 64, exact=True)
    with pytest.raises(ValueError, match="differs from the copy"):
        datasets.load("toy")


# === Servers that send too much, or too slowly ===


@pytest.mark.parametrize("endless", [False, True])
def test_no_more_is_read_than_allowed(server, tmp_path, endless):
    server.files["a.bin"] = DATA
    server.endless = endless
    with pytest.raises(OSError, match="sends more than 10,000 bytes"):
        download.fetch(
            [server.url("a.bin")], tmp_path / "a.bin", max_bytes=10_000
        )
    assert list(tmp_path.iterdir()) == []
    # What the connection holds comes on top.
    assert server.sent < 2**25


def test_part_that_is_too_long_is_thrown_away(server, tmp_path):
    server.files["a.bin"] = DATA
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(DATA + b"more")
    size = len(DATA)
    download.fetch([server.url("a.bin")], path, SHA256, max_bytes=size)
    assert path.read_bytes() == DATA and server.starts == [0]


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_part_must_be_a_file(server, tmp_path, kind):
    server.files["a.bin"] = DATA
    path, other = tmp_path / "a.bin", tmp_path / "other"
    other.write_bytes(b"mine")
    if kind == "pipe":
        os.mkfifo(path.with_name("a.bin.part"))
    else:
        path.with_name("a.bin.part").symlink_to(other)
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA and other.read_bytes() == b"mine"


@pytest.mark.parametrize("pause", ["headers", "body"])
def test_slow_server_is_given_up_once(server, tmp_path, pause, monkeypatch):
    monkeypatch.setattr(connection, "GRACE", 0.2)
    server.files["a.bin"] = DATA
    server.pause = pause
    with pytest.raises(OSError, match="the server is too slow: .* bytes in"):
        download.fetch([server.url("a.bin")], tmp_path / "a.bin", SHA256)
    assert len(server.starts) == 1


def test_plain_addresses_need_a_digest(tmp_path):
    url, path = "http://a.invalid/a.bin", tmp_path / "a.bin"
    with pytest.raises(OSError, match="must begin with https://"):
        download.fetch([url], path)
    with pytest.raises(OSError, match="urlopen error"):
        download.fetch([url], path, SHA256)


def test_processes_share_the_originals(toy, server):
    """The first deletes them while the second still waits for one."""
    loaded = []
    threads = [
        threading.Thread(target=lambda: loaded.append(datasets.load("toy")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({dataset.sha256 for dataset in loaded}) == 1
    assert len(loaded) == 3 and len(server.starts) == 2
