"""Names, digits, the record; the real sets."""

import dataclasses
import hashlib

import numpy as np
import pytest
from dataset_samples import REAL
from dataset_samples import needs_data

from kerasdc import datasets
from kerasdc.datasets import catalogue
from kerasdc.datasets.dataset import content_sha256

pytestmark = pytest.mark.usefixtures("isolated")


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
            "digits mnist fashion_mnist usps pendigits coil20 cmu_pie "
            "20newsgroups reuters21578 rcv1 imagenet50_moco "
            "20newsgroups_minilm mnist_imbalanced"
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
        ("cmu_pie", (2856, 32, 32), None, None, np.uint8),
        ("20newsgroups", (18846,), 11314, 7532, object),
        ("reuters21578", (8246,), 5756, 2256, object),
        ("imagenet50_moco", (2500, 128), None, None, np.float32),
        ("20newsgroups_minilm", (18846, 384), 11314, 7532, np.float32),
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
def test_features_are_those_of_the_texts():
    news = datasets.load("20newsgroups", REAL)
    features = datasets.load("20newsgroups_minilm", REAL)
    np.testing.assert_array_equal(features.y, news.y)
    assert features.class_names == news.class_names


def test_a_set_without_a_public_home():
    message = "public home: none is known. Put imagenet50_moco.npz"
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("imagenet50_moco")


@needs_data
def test_real_texts():
    reuters = datasets.load("reuters21578", REAL)
    assert reuters.class_names[:3] == ("earn", "acq", "crude")
    title, text = reuters.x[0].split("\n", 1)
    assert title.isupper() and text
    news = datasets.load("20newsgroups", REAL)
    assert news.class_names[0] == "alt.atheism"
    assert news.x[0].startswith("From: ") and news.y[0] == 0
