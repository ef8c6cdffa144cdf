"""The forms in which users pass the same samples."""

import keras
import numpy as np
import pytest
from scipy import sparse


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y=None):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 2

    def __getitem__(self, index):
        rows = slice(index * 50, (index + 1) * 50)
        if self.y is None:
            return (self.x[rows],)
        return self.x[rows], self.y[rows]


def dataset(*arrays):
    tf = pytest.importorskip("tensorflow")
    arrays = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(arrays).batch(40)


def frame(x):
    return pytest.importorskip("pandas").DataFrame(x)


def read_only(x):
    x = x.astype("float32")
    x.flags.writeable = False
    return x


FORMS = {
    "list": np.ndarray.tolist,  # integers of 64 bits
    "read only": read_only,
    "float64": lambda x: x.astype("float64"),
    "float16": lambda x: x.astype("float16"),
    "columns first": np.asfortranarray,
    "frame": frame,
    "sparse": sparse.csr_matrix,
    "tf.data": dataset,
    "PyDataset": Batches,
}


def with_value(value):
    """A function that puts a value into row 3 of float samples."""

    def change(x):
        x = x.astype("float32")
        x[3, 2] = value
        return x

    return change


# What no system takes, by what it says of it.
BAD = {
    "empty": (lambda x: x[:0], r"Received: a ndarray of shape \(0, 6\)$"),
    "nan": (with_value(np.nan), "Received: nan in row 3"),
    "infinity": (with_value(-np.inf), "Received: -inf in row 3"),
    "narrow": (lambda x: x[:, :5], r"Received: "),
    "deep": (lambda x: x[..., None], r"Received: "),
    "flat": (lambda x: x[0], r"Received: x of shape \(6,\)"),
    "strings": (lambda x: x.astype(str), "Received: x of dtype <U3"),
    "objects": (lambda x: x.astype(object), "Received: x of dtype object"),
    "nothing": (lambda x: None, "Received: a NoneType"),
}
