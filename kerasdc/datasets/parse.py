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

from kerasdc.utils.reading import up_to

_SPLITS = ("train", "test")
_LARGEST = 2**29  # bytes that a file may have when it is expanded


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
    data = _expanded(gzip.open, data)
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
        x, y = _svmlight(_expanded(bz2.open, files[name]))
        # float32 arithmetic gives the same values as the common usps.h5.
        arrays[f"x_{split}"] = ((x + 1) / 2).reshape(-1, 16, 16)
        arrays[f"y_{split}"] = (y - 1).astype(np.uint8)
    return arrays


def _svmlight(data):
    from sklearn.datasets import load_svmlight_file

    _check_size(1024 * data.count(b"\n"))  # of 256 numbers a line
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
    """COIL20.mat, see `_images_of_matlab`."""
    return _images_of_matlab(files["COIL20.mat"])


def cmu_pie(files):
    """PIE_pose27.mat, see `_images_of_matlab`."""
    return _images_of_matlab(files["PIE_pose27.mat"])


def _images_of_matlab(data):
    """A MATLAB file: `fea` (n, 1024), columns first, and `gnd` from 1."""
    from scipy.io import loadmat

    content = loadmat(io.BytesIO(data), variable_names=("fea", "gnd"))
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
    return [_reuters_record(document) for document in _documents(text)]


# Text is searched from left to right once: a regular expression would begin
# anew at each of many tags that are never closed.


def _documents(text):
    end = 0
    while (start := text.find("<REUTERS", end)) >= 0:
        end = text.find("</REUTERS>", start)
        if end < 0:
            return
        yield text[start + len("<REUTERS") : end]


def _reuters_record(document):
    attributes, _, body = document.partition(">")
    attributes = dict(re.findall(r'\b([A-Z]+)="([^"\n]*)"', attributes))
    return {
        "id": attributes["NEWID"],
        "lewissplit": attributes["LEWISSPLIT"],
        "topics_flag": attributes["TOPICS"],
        "topics": _topics(_element("TOPICS", body)),
        "title": html.unescape(_element("TITLE", body)).strip(),
        "text": html.unescape(_element("BODY", body)).strip(),
    }


def _topics(text):
    """What stands between `<D>` and `</D>`."""
    parts = [part.partition("<D>") for part in text.split("</D>")[:-1]]
    return [topic for _, tag, topic in parts if tag]


def _element(tag, text):
    _, found, rest = text.partition(f"<{tag}>")
    content, closed, _ = rest.partition(f"</{tag}>")
    return content if found and closed else ""


# === Compressed files, whose size is not known before ===


def _members(archive):
    file = io.BytesIO(_expanded(gzip.open, archive))
    num_bytes = 0
    with tarfile.open(fileobj=file, mode="r:") as tar:
        for member in tar:
            if member.isfile():
                num_bytes += member.size  # that of a sparse file is made up
                _check_size(num_bytes)
                yield member.name, tar.extractfile(member).read()


def _expanded(opener, data):
    with opener(io.BytesIO(data)) as file:
        expanded = up_to(_LARGEST + 1, file)
    _check_size(len(expanded))
    return expanded


def _check_size(num_bytes):
    if num_bytes > _LARGEST:
        raise ValueError(
            f"A file may have {_LARGEST:,} bytes when it is expanded. "
            f"Received: {num_bytes:,} bytes or more"
        )


PARSERS = {
    "mnist": idx,
    "mnist_imbalanced": idx,
    "fashion_mnist": idx,
    "usps": usps,
    "pendigits": pendigits,
    "cmu_pie": cmu_pie,
    "coil20": coil20,
    "20newsgroups": newsgroups,
    "reuters21578": reuters,
}
