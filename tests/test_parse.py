"""The formats of the public homes."""

import bz2
import contextlib
import dataclasses
import gzip
import html
import io
import pathlib
import tarfile

import numpy as np
import pytest
import scipy.io
from dataset_samples import REAL
from dataset_samples import needs_data

from kerasdc import datasets
from kerasdc.datasets import catalogue
from kerasdc.datasets import parse
from kerasdc.datasets import record
from kerasdc.datasets import store

pytestmark = pytest.mark.usefixtures("isolated")


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


def coil20_originals(dataset, name="COIL20.mat"):
    fea = dataset.x.transpose(0, 2, 1).reshape(-1, 1024) / 255
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"fea": fea, "gnd": dataset.y[:, None] + 1.0})
    return {name: buffer.getvalue()}


def cmu_pie_originals(dataset):
    return coil20_originals(dataset, "PIE_pose27.mat")


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
    "cmu_pie": cmu_pie_originals,
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
        record.Original(o.name, (server.url(o.name),)) for o in known.originals
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


@pytest.mark.parametrize(
    "tags",
    [
        "<REUTERS ",
        "<REUTERS A>",
        '<REUTERS A="',
        "A",
        "<D>",
        "<TOPICS>",
        "<BODY>",
        "<TITLE",
        "&#",
        "</D>",
    ],
)
def test_forged_reuters_take_no_time(tags):
    """Time that grows with the square of the length would be many minutes."""
    many = tags * (10**6 // len(tags))
    good = (
        '<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" NEWID="1">'
        "<TOPICS><D>earn</D></TOPICS><TITLE>T</TITLE><BODY>b</BODY></REUTERS>"
    )
    inside = [good.replace(t, many + t) for t in ("NEWID", "earn", "T</", "b<")]
    for sgml in (good, many, good + many, *inside):
        archive = tar_bytes({"reut2-000.sgm": sgml.encode()})
        with contextlib.suppress(KeyError):  # attributes may be lost
            found = parse.reuters({"reuters21578.tar.gz": archive})
            assert len(found) == sgml.count(good) or sgml in inside


def test_expanded_files_are_of_bounded_size(monkeypatch):
    monkeypatch.setattr(parse, "_LARGEST", 20_000)
    zeros = bytes(20_001)
    files = {o.name: gzip.compress(zeros) for o in _originals("mnist")}
    with pytest.raises(ValueError, match="20,000 bytes when it is expanded"):
        parse.idx(files)
    files = {o.name: bz2.compress(zeros) for o in _originals("usps")}
    with pytest.raises(ValueError, match="20,000 bytes when it is expanded"):
        parse.usps(files)
    # Lines of one byte become rows of 256 numbers.
    files = {o.name: bz2.compress(b"1\n" * 20) for o in _originals("usps")}
    with pytest.raises(ValueError, match="20,000 bytes when it is expanded"):
        parse.usps(files)
    archive = tar_bytes({"reut2-000.sgm": zeros})
    with pytest.raises(ValueError, match="20,000 bytes when it is expanded"):
        parse.reuters({"reuters21578.tar.gz": archive})


def _originals(name):
    return catalogue.ENTRIES[name].originals


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
