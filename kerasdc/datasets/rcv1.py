"""RCV1 as the deep-clustering papers use it: four roots, 10,000 documents.

The papers draw their 10,000 documents at random and publish no list, so here
a rule stands for the list. Frozen by the rule, without having seen the data:

* eligible are the documents with exactly one of CCAT, ECAT, GCAT and MCAT;
* they are ordered by the SHA-256 of `kerasdc-rcv1-<document id>`, and the
  first 10,000 are taken, which depends on no generator and no version;
* terms are the 2,000 found in most eligible documents, the lower column
  first where two are in equally many.

The chronological split of the corpus is not kept: it would leave some 290 of
the 10,000 documents to train on, and the papers take no such part.

A test pins the order by its SHA-256, and scikit-learn compares each archive
with a SHA-256 of its own, so the list that follows is the same everywhere. It
is written beside the data on first use, with its own SHA-256, and every later
use must give the same one.

References:
    D. D. Lewis et al., "RCV1: a new benchmark collection for text
    categorization research", JMLR 5, 2004.
    J. Xie, R. Girshick and A. Farhadi, "Unsupervised deep embedding for
    clustering analysis", ICML 2016, for the four roots and 2,000 terms.
"""

import hashlib
import json

import numpy as np

from kerasdc.utils.files import replace

ROOTS = ("CCAT", "ECAT", "GCAT", "MCAT")
NUM_DOCUMENTS = 10_000
NUM_TERMS = 2_000
IDS_FILE = "rcv1_ids.json"


def fetch(folder):
    """Gets RCV1 through scikit-learn and selects from it.

    Args:
        folder: `pathlib.Path` where the list of documents is kept.

    Returns:
        A dict of arrays, as `select` gives it.

    Raises:
        OSError: If the data are not there and cannot be downloaded.
        ValueError: If the selection is not the one kept in `folder`.
    """
    from sklearn.datasets import fetch_rcv1

    arrays = select(fetch_rcv1())
    freeze(folder, arrays["ids"])
    return arrays


def select(bunch, num_documents=NUM_DOCUMENTS, num_terms=NUM_TERMS):
    """Applies the rule to what `sklearn.datasets.fetch_rcv1` returns.

    Rows are l2-normalized over the terms kept and multiplied by the square
    root of their number, which makes the mean squared feature 1. A document
    with none of the terms stays zero.

    Args:
        bunch: Has `data`, `target` (sparse), `sample_id`, `target_names`.
        num_documents: How many documents to take, at most.
        num_terms: How many terms to keep, at most.

    Returns:
        A dict of `x` (float32), `y` (indices into `ROOTS`), and `ids` (int64
        document ids, in hash order).
    """
    names = list(bunch.target_names)
    roots = bunch.target.tocsc()[:, [names.index(root) for root in ROOTS]]
    roots = roots.toarray()
    eligible = np.flatnonzero(roots.astype(bool).sum(axis=1) == 1)
    terms = frequent_terms(bunch.data[eligible], num_terms)
    rows = hash_order(bunch.sample_id, eligible)[:num_documents]
    return {
        "x": scaled(bunch.data[rows][:, terms]),
        "y": roots[rows].argmax(axis=1).astype(np.uint8),
        "ids": np.asarray(bunch.sample_id)[rows].astype(np.int64),
    }


def hash_order(ids, rows):
    """Sorts rows by the SHA-256 of their document id.

    Args:
        ids: Document ids of all rows.
        rows: The rows to sort.

    Returns:
        An int64 array with the same rows.
    """

    def key(row):
        return hashlib.sha256(f"kerasdc-rcv1-{int(ids[row])}".encode()).digest()

    return np.array(sorted(rows, key=key), dtype=np.int64)


def frequent_terms(data, num_terms):
    """Columns with a value in most rows.

    Args:
        data: Sparse matrix, documents by terms.
        num_terms: How many columns to return, at most.

    Returns:
        The columns in ascending order.
    """
    stored = data.tocsr()
    terms = stored.indices[stored.data != 0]
    frequency = np.bincount(terms, minlength=data.shape[1])
    return np.sort(np.argsort(-frequency, kind="stable")[:num_terms])


def scaled(data):
    """Unit rows, times the square root of the number of columns.

    Args:
        data: Sparse matrix, documents by terms.

    Returns:
        A dense float32 array.
    """
    x = data.toarray()
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    x = x / np.where(norms == 0, 1, norms) * np.sqrt(x.shape[1])
    return x.astype(np.float32)


def freeze(folder, ids):
    """Writes the list of documents once, and compares with it ever after.

    Args:
        folder: `pathlib.Path` where the list is kept.
        ids: Document ids in their order.

    Raises:
        ValueError: If the list that is kept is damaged or another one.
    """
    path = folder / IDS_FILE
    record = {"sha256": ids_sha256(ids), "ids": [int(i) for i in ids]}
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(record).encode("ascii"))
        return
    kept = json.loads(path.read_text(encoding="ascii"))
    digests = {kept["sha256"], ids_sha256(kept["ids"])}
    if digests != {record["sha256"]}:
        raise ValueError(
            f"The RCV1 documents are not those listed in {path}, SHA-256 "
            f"{kept['sha256']}. Received: sha256={record['sha256']}"
        )


def ids_sha256(ids):
    """SHA-256 of document ids, one per line.

    Args:
        ids: Document ids in their order.

    Returns:
        The digest in hexadecimal.
    """
    lines = "".join(f"{int(i)}\n" for i in ids)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()
