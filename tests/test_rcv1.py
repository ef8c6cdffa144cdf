"""RCV1: which documents, in which order."""

import hashlib
import json
import types
import urllib.error

import numpy as np
import pytest
import scipy.sparse
import sklearn.datasets

from kerasdc import datasets
from kerasdc.datasets import rcv1
from kerasdc.datasets import store

pytestmark = pytest.mark.usefixtures("isolated")


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


def test_order_of_documents_is_frozen():
    # An eighth of Reuters' ids; which of them the corpus has, changes nothing.
    ids = np.arange(2286, 102_286)
    first = ids[rcv1.hash_order(ids, np.arange(len(ids)))[:10_000]]
    assert first[:3].tolist() == [32608, 8104, 16523]
    assert rcv1.ids_sha256(first) == (
        "a56519f1fa00db5e0fec9de707b364dd9e6fbb16fe0e29752bbd1fcb47a99cf1"
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


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sha256": 1}'])
def test_damaged_list_of_documents_is_named(tmp_path, content):
    path = tmp_path / rcv1.IDS_FILE
    path.write_text(content)
    with pytest.raises(ValueError, match="damaged.*Received: file=.*ids.json"):
        rcv1.freeze(tmp_path, [3, 1])


def test_rcv1_comes_through_scikit_learn(tmp_path, monkeypatch):
    def fetch(data_home=None):
        return small_rcv1()

    monkeypatch.setattr(sklearn.datasets, "fetch_rcv1", fetch)
    first = rcv1.fetch(tmp_path)
    kept = json.loads((tmp_path / rcv1.IDS_FILE).read_text())["ids"]
    assert sorted(kept) == [11, 13, 14, 15]
    np.testing.assert_array_equal(rcv1.fetch(tmp_path)["ids"], first["ids"])
    monkeypatch.setattr(rcv1, "ROOTS", ("CCAT", "ECAT", "GCAT", "C11"))
    with pytest.raises(ValueError, match="are not those listed"):
        rcv1.fetch(tmp_path)


def test_rcv1_that_cannot_be_had_says_what_to_put_where(monkeypatch):
    def fetch(data_home=None):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(sklearn.datasets, "fetch_rcv1", fetch)
    with pytest.raises(OSError) as error:
        datasets.load("rcv1")
    message = str(error.value)
    assert "no route" in message and "rcv1.npz.sha256" in message
    assert str(store.cache_folder()) in message


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
