"""RCV1 as in the deep-clustering papers: four root topics, 10,000 documents.

The papers draw their 10,000 documents at random and publish no list. Here a
fixed rule, chosen without looking at the data, selects them:

* documents with exactly one of CCAT, ECAT, GCAT and MCAT are eligible;
* they are sorted by the SHA-256 of `kerasdc-rcv1-<document id>`, and the
  first 10,000 are taken, which depends on no random generator or version;
* the terms are the 2,000 that occur in most eligible documents; of two with
  equal counts, the lower column comes first.

The chronological split of the corpus is not used: only about 290 of the
10,000 documents are in its training part, and the papers do not use it.

A test checks the SHA-256 of the order, and scikit-learn checks that of each
archive, so the list is the same on every machine. It is stored with the
data on first use, with its own SHA-256, and must be the same later.

References:
    D. D. Lewis et al., "RCV1: a new benchmark collection for text
    categorization research", JMLR 5, 2004.
    J. Xie, R. Girshick and A. Farhadi, "Unsupervised deep embedding for
    clustering analysis", ICML 2016, for the four roots and 2,000 terms.
"""

import hashlib
import json

import numpy as np

from kerasdc.utils import reading
from kerasdc.utils.files import replace

ROOTS = ("CCAT", "ECAT", "GCAT", "MCAT")
NUM_DOCUMENTS = 10_000
NUM_TERMS = 2_000
IDS_FILE = "rcv1_ids.json"
_LARGEST_LIST = 2**24  # bytes


def fetch(folder):
    """Downloads RCV1 with scikit-learn and selects the documents.

    Args:
        folder: `pathlib.Path` where the list of documents is stored.

    Returns:
        A dict of arrays, as `select` gives it.

    Raises:
        OSError: If the data cannot be downloaded.
        ValueError: If the selection is not the one stored in `folder`.
    """
    from sklearn.datasets import fetch_rcv1

    arrays = select(fetch_rcv1())
    freeze(folder, arrays["ids"])
    return arrays


def select(bunch, num_documents=NUM_DOCUMENTS, num_terms=NUM_TERMS):
    """Selects documents and terms by the rule.

    Rows are l2-normalized over the selected terms and multiplied by the
    square root of their number, so that the mean squared feature is 1. A
    document with none of the terms is a row of zeros.

    Args:
        bunch: What `sklearn.datasets.fetch_rcv1` returns: `data`, `target`
            (sparse), `sample_id`, `target_names`.
        num_documents: Largest number of documents.
        num_terms: Largest number of terms.

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
    """Sorts rows by the SHA-256 of their document ids.

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
    """Columns that are not 0 in most rows.

    Args:
        data: Sparse matrix, documents by terms.
        num_terms: Largest number of columns to return.

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
    """Writes the list of documents on first use, compares with it later.

    Args:
        folder: `pathlib.Path` where the list is stored.
        ids: Document ids in their order.

    Raises:
        ValueError: If the stored list is damaged or differs.
    """
    path = folder / IDS_FILE
    record = {"sha256": ids_sha256(ids), "ids": [int(i) for i in ids]}
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(record).encode("ascii"))
        return
    digest, digest_of_ids = _read(path)
    if {digest, digest_of_ids} != {record["sha256"]}:
        raise ValueError(
            f"The RCV1 documents are not those listed in {path}, SHA-256 "
            f"{digest}. Received: sha256={record['sha256']}"
        )


def _read(path):
    """The digest that a list of documents says, and the one that it has."""
    try:
        kept = reading.parse_json(reading.read_bytes(path, _LARGEST_LIST))
        return str(kept["sha256"]), ids_sha256(kept["ids"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"The list of the RCV1 documents is damaged: {error!r}. "
            f"Received: file={str(path)!r}"
        ) from error


def ids_sha256(ids):
    """SHA-256 of document ids, one per line.

    Args:
        ids: Document ids in their order.

    Returns:
        The digest in hexadecimal.
    """
    lines = "".join(f"{int(i)}\n" for i in ids)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()
