"""The `Dataset` that `load` returns, and its checksum."""

import dataclasses
import hashlib

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """One data set, with raw values: neither scaled nor shuffled.

    Samples are in the order train, test, unused; the splits are views.

    Args:
        name: Name for `load`.
        x: All samples: an array, or an object array of `str` for texts.
        y: Their int64 labels, for evaluation only.
        num_train: Length of the train split, `None` without a split.
        num_test: Length of the test split, `None` without a split.
        class_names: One name per label.
        kind: `"image"`, `"text"` or `"tabular"`.
        value_range: Smallest and largest value, `None` for texts.
        source: Where the data come from and who made them.
        sha256: Checksum of the content (`content_sha256`). It does not
            depend on the file or archive that the data were read from.
    """

    name: str
    x: np.ndarray = dataclasses.field(repr=False)
    y: np.ndarray = dataclasses.field(repr=False)
    num_train: int | None
    num_test: int | None
    class_names: tuple = dataclasses.field(repr=False)
    kind: str
    value_range: tuple | None
    source: str = dataclasses.field(repr=False)
    sha256: str

    @property
    def num_clusters(self):
        """Number of reference classes."""
        return len(self.class_names)

    @property
    def x_train(self):
        """Train samples, `None` where the set has no split."""
        return self._train(self.x)

    @property
    def y_train(self):
        """Train labels, `None` where the set has no split."""
        return self._train(self.y)

    @property
    def x_test(self):
        """Test samples, `None` where the set has no split."""
        return self._test(self.x)

    @property
    def y_test(self):
        """Test labels, `None` where the set has no split."""
        return self._test(self.y)

    def _train(self, values):
        return None if self.num_train is None else values[: self.num_train]

    def _test(self, values):
        if self.num_train is None:
            return None
        return values[self.num_train : self.num_train + self.num_test]


def content_sha256(x, y):
    """SHA-256 of samples and labels, independent of the file format.

    For `x`, then `y`, it hashes the little-endian dtype, the shape and the
    bytes in C order; for texts, each document's length in bytes and UTF-8.

    Args:
        x: Array of numbers, or object array of `str`.
        y: Array of labels.

    Returns:
        The digest in hexadecimal.
    """
    digest = hashlib.sha256()
    for values in (x, y):
        if values.dtype == object:
            _add_texts(digest, values)
        else:
            _add_numbers(digest, values)
    return digest.hexdigest()


def _add_numbers(digest, values):
    dtype = values.dtype.newbyteorder("<")
    digest.update(f"{dtype.str}{values.shape}".encode())
    # Flat, because memoryview rejects arrays without rows.
    digest.update(np.ascontiguousarray(values, dtype).reshape(-1))


def _add_texts(digest, texts):
    digest.update(f"text{texts.shape}".encode())
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(encoded)}:".encode() + encoded)
