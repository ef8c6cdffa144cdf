"""Parsers of the original files of the data sets.

Each parser takes the bytes of the original files, by name, and returns the
content of the normalized file: a dict of arrays, or a list of dicts for texts.
"""

import bz2
import gzip
import html
import io
import re
import tarfile

import numpy as np

_SPLITS = ("train", "test")


def idx(files):
    """MNIST and Fashion-MNIST: four gzipped IDX files.

    Reference: http://yann.lecun.com/exdb/mnist/
    """
    return {
        "x_train": _idx_array(files["train-images-idx3-ubyte.gz"]),
        "y_train": _idx_array(files["train-labels-idx1-ubyte.gz"]),
        "x_test": _idx_array(files["t10k-images-idx3-ubyte.gz"]),
        "y_test": _idx_array(files["t10k-labels-idx1-ubyte.gz"]),
    }


def _idx_array(data):
    data = gzip.decompress(data)
    # Two zeros, the type code 8 (unsigned byte), the number of dimensions.
    if data[:3] != b"\x00\x00\x08":
        raise ValueError(
            "Expected an IDX file of unsigned bytes. "
            f"Received: magic={data[:4].hex()}"
        )
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    return values.reshape(shape)


def usps(files):
    """USPS in LIBSVM's text format: labels 1..10, values in -1..1."""
    arrays = {}
    for split, name in zip(_SPLITS, ("usps.bz2", "usps.t.bz2")):
        x, y = _svmlight(bz2.decompress(files[name]))
        # float32 arithmetic gives the same values as the common usps.h5.
        arrays[f"x_{split}"] = ((x + 1) / 2).reshape(-1, 16, 16)
        arrays[f"y_{split}"] = (y - 1).astype(np.uint8)
    return arrays


def _svmlight(data):
    from sklearn.datasets import load_svmlight_file

    x, y = load_svmlight_file(
        io.BytesIO(data), n_features=256, dtype=np.float32, zero_based=False
    )
    return x.toarray(), y


def pendigits(files):
    """UCI's comma-separated rows: sixteen coordinates and the digit."""
    arrays = {}
    for split, name in zip(_SPLITS, ("pendigits.tra", "pendigits.tes")):
        file = io.BytesIO(files[name])
        rows = np.loadtxt(file, np.uint8, delimiter=",", ndmin=2)
        arrays[f"x_{split}"] = np.ascontiguousarray(rows[:, :-1])
        arrays[f"y_{split}"] = rows[:, -1]
    return arrays


def coil20(files):
    """A MATLAB file: `fea` (1440, 1024), columns first, and `gnd` 1..20."""
    from scipy.io import loadmat

    content = loadmat(io.BytesIO(files["COIL20.mat"]))
    x = content["fea"].astype(np.float64)
    if x.max() <= 1:
        x = x * 255
    x = np.rint(x).astype(np.uint8).reshape(-1, 32, 32).transpose(0, 2, 1)
    y = content["gnd"].ravel().astype(np.uint8) - 1
    return {"x": np.ascontiguousarray(x), "y": y}


def newsgroups(files):
    """The "bydate" archive: one file per message.

    Messages do not state their encoding; Latin-1 is what scikit-learn uses.
    """
    records = []
    for name, data in _members(files["20news-bydate.tar.gz"]):
        found = re.search(r"20news-bydate-(train|test)/([^/]+)/(\d+)$", name)
        if found:
            split, label, key = found.groups()
            text = data.decode("latin-1")
            records.append(dict(id=key, split=split, label=label, text=text))
    return sorted(records, key=lambda r: (r["split"], r["label"], r["id"]))


def reuters(files):
    """The 22 SGML files: all documents, used or not."""
    archive = files["reuters21578.tar.gz"]
    parts = {n: data for n, data in _members(archive) if n.endswith(".sgm")}
    text = "".join(parts[name].decode("latin-1") for name in sorted(parts))
    documents = re.findall(r"<REUTERS\s(.*?)>(.*?)</REUTERS>", text, re.S)
    return [_reuters_record(*document) for document in documents]


def _reuters_record(attributes, body):
    attributes = dict(re.findall(r'([A-Z]+)="(.*?)"', attributes))
    topics = re.findall(r"<D>(.*?)</D>", _element("TOPICS", body))
    return {
        "id": attributes["NEWID"],
        "lewissplit": attributes["LEWISSPLIT"],
        "topics_flag": attributes["TOPICS"],
        "topics": topics,
        "title": html.unescape(_element("TITLE", body)).strip(),
        "text": html.unescape(_element("BODY", body)).strip(),
    }


def _element(tag, text):
    found = re.search(f"<{tag}>(.*?)</{tag}>", text, re.S)
    return found.group(1) if found else ""


def _members(archive):
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if member.isfile():
                yield member.name, tar.extractfile(member).read()


PARSERS = {
    "mnist": idx,
    "mnist_imbalanced": idx,
    "fashion_mnist": idx,
    "usps": usps,
    "pendigits": pendigits,
    "coil20": coil20,
    "20newsgroups": newsgroups,
    "reuters21578": reuters,
}
