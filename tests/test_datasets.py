import bz2
import dataclasses
import gzip
import hashlib
import html
import http.server
import io
import json
import os
import pathlib
import re
import socket
import tarfile
import threading
import types

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from kerasdc import datasets
from kerasdc.datasets import catalogue
from kerasdc.datasets import download
from kerasdc.datasets import entry
from kerasdc.datasets import parse
from kerasdc.datasets import rcv1
from kerasdc.datasets import store
from kerasdc.datasets.dataset import content_sha256

REAL = os.environ.get("KERASDC_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="KERASDC_DATA is not set")


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    monkeypatch.delenv("KERASDC_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; can ignore ranges and cut connections."""

    def do_GET(self):
        data = self.server.files.get(self.path[1:])
        start = self.server.range_start(self.headers["Range"])
        self.server.starts.append(start)
        if data is None:
            return self.send_error(404)
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            return self.end_headers()
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send_header("Content-Range", span)
        self.end_headers()
        self.wfile.write(data[start:][: self.server.limit])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.starts = {}, []
        # Bytes sent before the connection is cut, and whether ranges work.
        self.limit, self.ranges = None, True

    def range_start(self, header):
        found = re.match(r"bytes=(\d+)-$", header or "")
        return int(found.group(1)) if found and self.ranges else 0

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()


# Names, digits, the record.


def test_digits_come_with_scikit_learn():
    digits = datasets.load("digits")
    assert digits.x.shape == (1797, 8, 8) and digits.y.dtype == np.int64
    assert (digits.x.min(), digits.x.max()) == digits.value_range == (0, 16)
    assert digits.num_clusters == 10 and digits.kind == "image"
    assert digits.class_names[3] == "3"
    assert digits.x_train is digits.y_test is None
    assert digits.sha256 == content_sha256(digits.x, digits.y)
    # Small enough to print.
    assert len(repr(digits)) < 300


def test_unknown_name_lists_the_closest():
    with pytest.raises(ValueError, match=r"Received: name='minst'$") as error:
        datasets.load("minst")
    assert "closest names are 'mnist'" in str(error.value)
    with pytest.raises(ValueError, match="'rcv1'.*Received: name=None$"):
        datasets.load(None)


def test_list_names():
    assert (
        datasets.list_names()
        == (
            "digits mnist fashion_mnist usps pendigits coil20 20newsgroups "
            "reuters21578 rcv1 mnist_imbalanced"
        ).split()
    )


def test_a_dataset_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        datasets.load("digits").name = "other"


def test_content_hash_by_hand():
    x, y = np.array([[1, 2]], np.uint8), np.array([3])
    expected = b"|u1(1, 2)\x01\x02<i8(1,)\x03" + bytes(7)
    assert content_sha256(x, y) == hashlib.sha256(expected).hexdigest()
    assert content_sha256(x, y.astype(">i8")) == content_sha256(x, y)
    texts = np.array(["a", "é"], object)
    expected = b"text(2,)1:a2:\xc3\xa9<i8(1,)\x03" + bytes(7)
    assert content_sha256(texts, y) == hashlib.sha256(expected).hexdigest()


def test_unprotected_addresses_serve_only_files_with_a_known_digest():
    for known in catalogue.ENTRIES.values():
        for original in known.originals:
            assert len(original.sha256 or "x" * 64) == 64
            for url in original.urls:
                assert url.startswith("https://") or original.sha256


# The real sets.


@needs_data
@pytest.mark.parametrize(
    ("name", "shape", "num_train", "num_test", "dtype"),
    [
        ("mnist", (70000, 28, 28), 60000, 10000, np.uint8),
        ("fashion_mnist", (70000, 28, 28), 60000, 10000, np.uint8),
        ("usps", (9298, 16, 16), 7291, 2007, np.float32),
        ("pendigits", (10992, 16), 7494, 3498, np.uint8),
        ("coil20", (1440, 32, 32), None, None, np.uint8),
        ("20newsgroups", (18846,), 11314, 7532, object),
        ("reuters21578", (8246,), 5756, 2256, object),
    ],
)
def test_real_sets(name, shape, num_train, num_test, dtype):
    known = catalogue.ENTRIES[name]
    dataset = datasets.load(name, REAL)
    assert dataset.x.shape == shape and dataset.x.dtype == dtype
    assert (
        dataset.num_clusters == len(set(dataset.y)) == len(dataset.class_names)
    )
    assert tuple(np.bincount(dataset.y)) == known.class_counts
    if dtype is not object:
        assert (dataset.x.min(), dataset.x.max()) == dataset.value_range
    assert dataset.sha256 == content_sha256(dataset.x, dataset.y)
    if num_train is None:
        assert dataset.x_train is None
        return
    assert len(dataset.x_train) == len(dataset.y_train) == num_train
    assert len(dataset.x_test) == len(dataset.y_test) == num_test
    assert dataset.x_test.base is not None


@needs_data
def test_real_texts():
    reuters = datasets.load("reuters21578", REAL)
    assert reuters.class_names[:3] == ("earn", "acq", "crude")
    title, text = reuters.x[0].split("\n", 1)
    assert title.isupper() and text
    news = datasets.load("20newsgroups", REAL)
    assert news.class_names[0] == "alt.atheism"
    assert news.x[0].startswith("From: ") and news.y[0] == 0


# Where files are looked for, and what is wrong with them.


@pytest.fixture
def toy(monkeypatch, server):
    """A set of three rows whose home is the test's own server."""
    server.files["pendigits.tra"] = b" 1, 2,0\n 3, 4,1\n"
    server.files["pendigits.tes"] = b" 5, 6,1\n"
    originals = tuple(
        entry.Original(name, (server.url(name),)) for name in server.files
    )
    record = entry.Entry(
        name="toy",
        kind="tabular",
        value_range=(0, 9),
        source="made up",
        shape=(2,),
        class_counts=(1, 2),
        class_names=("a", "b"),
        file="toy.npz",
        originals=originals,
    )

    def register(**changes):
        changed = dataclasses.replace(record, **changes)
        monkeypatch.setitem(catalogue.ENTRIES, "toy", changed)
        return changed

    monkeypatch.setitem(parse.PARSERS, "toy", parse.pendigits)
    register()
    return register


def save_toy(folder, value):
    x = np.full((3, 2), value, np.uint8)
    y = np.array([0, 1, 1], np.uint8)
    store.write(folder / "toy.npz", {"x": x, "y": y})


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


def test_file_without_any_checksum(toy, tmp_path):
    save_toy(tmp_path, 1)
    (tmp_path / "toy.npz.sha256").unlink()
    with pytest.raises(ValueError, match="No checksum is known for toy.npz"):
        datasets.load("toy", tmp_path)


def test_own_file_of_an_exact_set_must_have_its_content(toy, tmp_path):
    save_toy(tmp_path, 1)
    toy(exact=True, content_sha256="0" * 64)
    with pytest.raises(ValueError, match=f"{'0' * 64}. Received: sha256="):
        datasets.load("toy", tmp_path)


def test_texts_survive_the_normalised_file(tmp_path):
    records = [{"id": "1", "text": "é\u2028\n\x03"}, {"id": "2", "text": ""}]
    path = tmp_path / "texts.jsonl.gz"
    digest = store.write(path, records)
    assert store.read(path) == (records, digest)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "texts.jsonl.gz",
        "texts.jsonl.gz.sha256",
    ]


# Downloads.


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


def test_server_without_ranges_starts_over(server, tmp_path):
    server.files["a.bin"] = DATA
    server.ranges = False
    path = tmp_path / "a.bin"
    path.with_name("a.bin.part").write_bytes(DATA[:100])
    download.fetch([server.url("a.bin")], path, SHA256)
    assert path.read_bytes() == DATA


def test_whole_part_is_recognised(server, tmp_path):
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
        toy(originals=(entry.Original("a.gz", (url,)),), file_sha256="1" * 64)
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
    with pytest.raises(ValueError, match=f"is not 'toy'.*{why}.*Delete"):
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


# Formats of the public homes.


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").data
    return gzip.compress(header + array.astype(np.uint8).tobytes(), 1)


def tar_bytes(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def mnist_originals(dataset):
    return {
        "train-images-idx3-ubyte.gz": idx_bytes(dataset.x_train),
        "train-labels-idx1-ubyte.gz": idx_bytes(dataset.y_train),
        "t10k-images-idx3-ubyte.gz": idx_bytes(dataset.x_test),
        "t10k-labels-idx1-ubyte.gz": idx_bytes(dataset.y_test),
    }


def usps_originals(dataset):
    def lines(x, y):
        for row, label in zip(x.reshape(len(x), 256) * 2.0 - 1, y):
            values = (f"{i}:{v:.3f}" for i, v in enumerate(row, 1))
            yield f"{label + 1} {' '.join(values)}\n"

    train = "".join(lines(dataset.x_train, dataset.y_train))
    test = "".join(lines(dataset.x_test, dataset.y_test))
    return {
        "usps.bz2": bz2.compress(train.encode(), 1),
        "usps.t.bz2": bz2.compress(test.encode(), 1),
    }


def pendigits_originals(dataset):
    def rows(x, y):
        buffer = io.BytesIO()
        np.savetxt(buffer, np.column_stack([x, y]), "%3d", delimiter=",")
        return buffer.getvalue()

    return {
        "pendigits.tra": rows(dataset.x_train, dataset.y_train),
        "pendigits.tes": rows(dataset.x_test, dataset.y_test),
    }


def coil20_originals(dataset):
    fea = dataset.x.transpose(0, 2, 1).reshape(-1, 1024) / 255
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"fea": fea, "gnd": dataset.y[:, None] + 1.0})
    return {"COIL20.mat": buffer.getvalue()}


def newsgroups_originals(records):
    files = {
        "20news-bydate-{split}/{label}/{id}".format(**r): r["text"].encode(
            "latin-1"
        )
        for r in records
    }
    return {"20news-bydate.tar.gz": tar_bytes(files)}


def reuters_originals(records):
    sgml = "".join(
        '<REUTERS TOPICS="{topics_flag}" LEWISSPLIT="{lewissplit}" '
        'OLDID="9" NEWID="{id}">\n<TOPICS>{d}</TOPICS>\n'
        "<PLACES><D>usa</D></PLACES>\n<TEXT>&#2;\n<TITLE>{t}</TITLE>"
        "<BODY>{b}\n&#3;</BODY></TEXT>\n</REUTERS>\n".format(
            **record,
            d="".join(f"<D>{topic}</D>" for topic in record["topics"]),
            t=html.escape(record["title"], False),
            b=html.escape(record["text"], False),
        )
        for record in records
    ).encode("latin-1")
    cut = sgml.index(b"</REUTERS>\n") + len(b"</REUTERS>\n")
    files = {"reut2-001.sgm": sgml[cut:], "lewis.dtd": b"<!DOCTYPE lewis>"}
    files["reut2-000.sgm"] = sgml[:cut]
    return {"reuters21578.tar.gz": tar_bytes(files)}


ORIGINALS = {
    "mnist": mnist_originals,
    "usps": usps_originals,
    "pendigits": pendigits_originals,
    "coil20": coil20_originals,
    "20newsgroups": newsgroups_originals,
    "reuters21578": reuters_originals,
}


@needs_data
@pytest.mark.parametrize("name", ORIGINALS)
def test_download_of_a_real_set_has_its_content(name, server, monkeypatch):
    """From its home's format, over HTTP, into the cache, and back."""
    known = catalogue.ENTRIES[name]
    local = datasets.load(name, REAL)
    if name in ("20newsgroups", "reuters21578"):
        content, _ = store.read(
            pathlib.Path(REAL) / known.file, known.file_sha256
        )
    else:
        content = local
    server.files.update(ORIGINALS[name](content))
    originals = tuple(
        entry.Original(o.name, (server.url(o.name),)) for o in known.originals
    )
    moved = dataclasses.replace(known, originals=originals)
    monkeypatch.setitem(catalogue.ENTRIES, name, moved)
    for _ in range(2):
        dataset = datasets.load(name)
        assert dataset.sha256 == local.sha256
        assert dataset.class_names == local.class_names
        np.testing.assert_array_equal(dataset.y_test, local.y_test)
    assert len(server.starts) == len(originals)


def test_idx_by_hand():
    data = gzip.compress(b"\0\0\x08\x02\0\0\0\x01\0\0\0\x02\x07\x09")
    files = {o.name: data for o in catalogue.ENTRIES["mnist"].originals}
    np.testing.assert_array_equal(parse.idx(files)["x_test"], [[7, 9]])
    files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(b"\0\0\x0d\x01")
    with pytest.raises(ValueError, match="Received: magic=00000d01$"):
        parse.idx(files)


def test_usps_by_hand():
    # Zeros may be left out; -1 is white, 1 is black, the label 10 is a nine.
    data = bz2.compress(b"10 1:-1 2:1 256:0.5\n")
    arrays = parse.usps({"usps.bz2": data, "usps.t.bz2": data})
    x = arrays["x_train"][0]
    assert x.shape == (16, 16) and x.dtype == np.float32
    assert (x[0, 0], x[0, 1], x[0, 2], x[15, 15]) == (0, 1, 0.5, 0.75)
    np.testing.assert_array_equal(arrays["y_test"], [9])


def test_reuters_by_hand():
    records = [
        dict(
            id="1",
            lewissplit="TRAIN",
            topics_flag="YES",
            topics=["earn", "acq"],
            title="SMITH & CO <SMC> NET",
            text="Shr 1.2 < 1.3\n Reuter",
        ),
        dict(
            id="2",
            lewissplit="NOT-USED",
            topics_flag="NO",
            topics=[],
            title="",
            text="",
        ),
    ]
    assert parse.reuters(reuters_originals(records)) == records


def test_newsgroups_are_sorted():
    records = [
        dict(id="10", split="test", label="b", text="é\n"),
        dict(id="9", split="test", label="b", text=""),
        dict(id="9", split="train", label="a", text="x"),
    ]
    assert parse.newsgroups(newsgroups_originals(records[::-1])) == records


def reuters_document(number, split, *topics):
    return {
        "id": str(number),
        "lewissplit": split,
        "topics_flag": "YES",
        "topics": list(topics),
        "title": f"T{number}",
        "text": f"b{number}",
    }


def test_reuters_selection(tmp_path, monkeypatch):
    # Topic i has 12 - i documents, so k and l are the two that drop out.
    split = ["TEST", "TRAIN", "NOT-USED"]
    records = [
        reuters_document(100 * i + j, split[j % 3], topic)
        for i, topic in enumerate("abcdefghijkl")
        for j in range(12 - i)
    ]
    records.append(reuters_document(9999, "TRAIN", "a", "b"))
    store.write(tmp_path / "reuters21578.jsonl.gz", records)
    known = dataclasses.replace(
        catalogue.ENTRIES["reuters21578"],
        class_counts=tuple(range(12, 2, -1)),
        content_sha256=None,
    )
    monkeypatch.setitem(catalogue.ENTRIES, "reuters21578", known)
    dataset = datasets.load("reuters21578", tmp_path)
    assert dataset.class_names == tuple("abcdefghij")
    assert dataset.x_train[0] == "T1\nb1" and dataset.x_test[0] == "T0\nb0"
    unused = len(dataset.x) - len(dataset.x_train) - len(dataset.x_test)
    assert dataset.x[-unused] == "T2\nb2"
    # Documents 1, 4, 7, 10 of a; 1, 4, 7, 10 of b; ... 1 of j.
    assert len(dataset.x_train) == 4 + 4 + 3 * 3 + 2 * 3 + 1 + 1


# RCV1.


def small_rcv1():
    """Six documents of a Bunch; 11, 13, 14 and 15 have exactly one root."""
    names = np.array(["C11", "CCAT", "ECAT", "GCAT", "MCAT"], object)
    target = [
        [1, 1, 1, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 0],
    ]
    data = [
        [9, 0, 0, 9],
        [3, 4, 0, 7],
        [9, 0, 0, 9],
        [0, 5, 1, 0],
        [6, 8, 0, 0],
        [0, 0, 0, 2],
    ]
    return types.SimpleNamespace(
        data=scipy.sparse.csr_matrix(np.array(data, float)),
        target=scipy.sparse.csr_matrix(np.array(target, np.uint8)),
        sample_id=np.arange(10, 16, dtype=np.uint32),
        target_names=names,
    )


def test_rcv1_selection_by_hand():
    arrays = rcv1.select(small_rcv1(), num_documents=10, num_terms=2)
    order = sorted(
        [11, 13, 14, 15],
        key=lambda i: hashlib.sha256(b"kerasdc-rcv1-%d" % i).digest(),
    )
    np.testing.assert_array_equal(arrays["ids"], order)
    # Among the eligible, term 1 is in three; 0 and 3 in two, so 0 is kept.
    root = np.sqrt(2)
    rows = {11: [0.6, 0.8], 13: [0, 1], 14: [0.6, 0.8], 15: [0, 0]}
    labels = {11: 0, 13: 3, 14: 1, 15: 2}
    expected = np.array([rows[i] for i in order]) * root
    np.testing.assert_allclose(arrays["x"], expected, rtol=1e-6)
    np.testing.assert_array_equal(arrays["y"], [labels[i] for i in order])
    assert arrays["x"].dtype == np.float32
    few = rcv1.select(small_rcv1(), num_documents=2, num_terms=2)
    np.testing.assert_array_equal(few["ids"], order[:2])


def test_rcv1_order_does_not_depend_on_the_rows():
    bunch = small_rcv1()
    backwards = types.SimpleNamespace(
        data=bunch.data[::-1],
        target=bunch.target[::-1],
        sample_id=bunch.sample_id[::-1],
        target_names=bunch.target_names,
    )
    one, two = rcv1.select(bunch, 3, 2), rcv1.select(backwards, 3, 2)
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])


def test_rcv1_list_is_frozen(tmp_path):
    rcv1.freeze(tmp_path / "new", [3, 1])
    rcv1.freeze(tmp_path / "new", np.array([3, 1]))
    path = tmp_path / "new" / rcv1.IDS_FILE
    kept = json.loads(path.read_text())
    digest = hashlib.sha256(b"3\n1\n").hexdigest()
    assert kept == {"sha256": digest, "ids": [3, 1]}
    with pytest.raises(ValueError, match=f"SHA-256 {digest}. Received"):
        rcv1.freeze(tmp_path / "new", [1, 3])
    path.write_text(json.dumps({"sha256": digest, "ids": [3, 2]}))
    with pytest.raises(ValueError, match="are not those listed"):
        rcv1.freeze(tmp_path / "new", [3, 1])


def test_rcv1_from_the_cache():
    folder = store.cache_folder()
    arrays = rcv1.select(small_rcv1(), 4, 2)
    arrays["x"] = np.pad(arrays["x"], [(0, 0), (0, 1998)])
    rcv1.freeze(folder, arrays["ids"])
    store.write(folder / "rcv1.npz", arrays)
    dataset = datasets.load("rcv1")
    assert dataset.x.shape == (4, 2000) and dataset.num_clusters == 4
    assert dataset.class_names[dataset.y[0]] in rcv1.ROOTS
    (folder / rcv1.IDS_FILE).unlink()
    rcv1.freeze(folder, [1, 2, 3, 4])
    with pytest.raises(ValueError, match="RCV1 documents are not those"):
        datasets.load("rcv1")
