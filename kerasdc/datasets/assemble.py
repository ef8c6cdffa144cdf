"""Makes a `Dataset` of a normalized file's content, and checks it."""

import collections
import warnings

import numpy as np

from kerasdc.datasets.dataset import Dataset
from kerasdc.datasets.dataset import content_sha256

_NUM_TOPICS = 10
_SMALLEST_SHARE = 0.1  # of the last class, in `mnist_imbalanced`


def assemble(entry, content, sha256=None):
    """Makes the `Dataset` of a catalogue entry.

    Args:
        entry: The `catalogue.Entry`.
        content: Dict of arrays or list of records, as in the normalized file.
        sha256: Digest of the content. `None` computes it.

    Returns:
        A `Dataset`.
    """
    join = _JOIN.get(entry.name, _join_arrays)
    x, y, num_train, num_test, class_names = join(content)
    y = y.astype(np.int64)
    return Dataset(
        name=entry.name,
        x=x,
        y=y,
        num_train=num_train,
        num_test=num_test,
        class_names=entry.class_names or class_names,
        kind=entry.kind,
        value_range=entry.value_range,
        source=entry.source,
        sha256=sha256 or content_sha256(x, y),
    )


def check(entry, dataset):
    """Compares a data set with its catalogue entry.

    Args:
        entry: The `catalogue.Entry`.
        dataset: The `Dataset`.

    Raises:
        ValueError: If shape or class counts differ, or the content of an
            `exact` set.

    Warns:
        UserWarning: If the content of another set differs.
    """
    counts = tuple(np.bincount(dataset.y).tolist())
    found = (dataset.x.shape[1:], counts)
    expected = (entry.shape, entry.class_counts or counts)
    if found != expected:
        raise ValueError(
            f"The data of {entry.name!r} are wrong. "
            f"Expected shape and class counts {expected}. Received: {found}"
        )
    if entry.content_sha256 not in (None, dataset.sha256):
        _differs(entry, dataset)


def _differs(entry, dataset):
    message = (
        f"The content of {entry.name!r} differs from the copy used for the "
        f"zoo's figures, SHA-256 {entry.content_sha256}. "
        f"Received: sha256={dataset.sha256}"
    )
    if entry.exact:
        raise ValueError(message)
    warnings.warn(message, stacklevel=5)


def _join_arrays(arrays):
    if "x" in arrays:
        return _images(arrays["x"]), arrays["y"], None, None, ()
    x = np.concatenate([arrays["x_train"], arrays["x_test"]])
    y = np.concatenate([arrays["y_train"], arrays["y_test"]])
    sizes = len(arrays["y_train"]), len(arrays["y_test"])
    return _images(x), y, *sizes, ()


def _join_flagged(arrays):
    """One array of half precision, and which rows are the test part."""
    order = np.argsort(arrays["test"], kind="stable")
    x, y = arrays["x"].astype(np.float32), arrays["y"]
    num_test = int(np.count_nonzero(arrays["test"]))
    return x[order], y[order], len(y) - num_test, num_test, ()


def _join_imbalanced(arrays):
    """The first samples of each class, with geometrically falling shares."""
    kept = {}
    for split in ("train", "test"):
        rows = _falling(arrays[f"y_{split}"])
        for name in (f"x_{split}", f"y_{split}"):
            kept[name] = arrays[name][rows]
    return _join_arrays(kept)


def _falling(y):
    num_classes = y.max() + 1
    rows = []
    for label in range(num_classes):
        of_class = np.flatnonzero(y == label)
        share = _SMALLEST_SHARE ** (label / (num_classes - 1))
        rows.append(of_class[: round(share * len(of_class))])
    return np.sort(np.concatenate(rows))


def _images(x):
    # Some copies of USPS have rows of 256 values.
    return x.reshape(-1, 16, 16) if x.shape[1:] == (256,) else x


def _join_newsgroups(records):
    names = sorted({record["label"] for record in records})
    records = _by_split(records, "split", ("train", "test"))
    labels = [record["label"] for record in records]
    return _texts(records, labels, names, "split", lambda r: r["text"])


def _join_reuters(records):
    records = [record for record in records if len(record["topics"]) == 1]
    counts = collections.Counter(record["topics"][0] for record in records)
    names = sorted(counts, key=lambda topic: (-counts[topic], topic))
    names = names[:_NUM_TOPICS]
    records = [r for r in records if r["topics"][0] in names]
    records = _by_split(records, "lewissplit", ("TRAIN", "TEST", "NOT-USED"))
    labels = [record["topics"][0] for record in records]
    return _texts(records, labels, names, "lewissplit", _title_and_text)


def _by_split(records, key, order):
    # A stable sort keeps the documents of a split in their order.
    return sorted(records, key=lambda record: order.index(record[key]))


def _texts(records, labels, names, key, text):
    x = np.empty(len(records), dtype=object)
    x[:] = [text(record) for record in records]
    y = np.array([names.index(label) for label in labels])
    splits = collections.Counter(record[key].lower() for record in records)
    return x, y, splits["train"], splits["test"], tuple(names)


def _title_and_text(record):
    return record["title"] + "\n" + record["text"]


_JOIN = {
    "20newsgroups": _join_newsgroups,
    "20newsgroups_minilm": _join_flagged,
    "mnist_imbalanced": _join_imbalanced,
    "reuters21578": _join_reuters,
}
