import pathlib
import warnings

import keras
import numpy as np
import pytest
from scipy import sparse

from kerasdc.utils.inputs import Checked
from kerasdc.utils.inputs import evenly_spaced
from kerasdc.utils.inputs import fingerprint
from kerasdc.utils.inputs import to_array
from kerasdc.utils.refusals import reject_labels

tf = pytest.importorskip("tensorflow")
pd = pytest.importorskip("pandas")

VALUES = [[0, 1], [2, 3], [4, 5]]


class Batches(keras.utils.PyDataset):
    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


class Infinite(keras.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.ones((2, 2))


def dataset(values, batch_size=2):
    return tf.data.Dataset.from_tensor_slices(values).batch(batch_size)


def read_only(values):
    array = np.array(values, "float32")
    array.flags.writeable = False
    return array


def objects(*arrays):
    found = np.empty(len(arrays), object)
    found[:] = arrays
    return found


FORMS = {
    "objects": objects(*map(np.array, VALUES)),
    "list": VALUES,
    "tuple": tuple(map(tuple, VALUES)),
    "list of arrays": [np.array(row) for row in VALUES],
    "float64": np.array(VALUES, "float64"),
    "float16": np.array(VALUES, "float16"),
    "longdouble": np.array(VALUES, "longdouble"),
    "int64": np.array(VALUES),
    "uint8": np.array(VALUES, "uint8"),
    "columns first": np.asfortranarray(np.array(VALUES, "float32")),
    "strided": np.repeat(np.array(VALUES), 2, axis=1)[:, ::2],
    "read-only": read_only(VALUES),
    "big-endian": np.array(VALUES, ">f8"),
    "nothing masked": np.ma.masked_array(VALUES),
    "tensor": tf.constant(VALUES),
    "bfloat16": tf.cast(VALUES, "bfloat16"),
    "sparse tensor": tf.sparse.from_dense(VALUES),
    "csr matrix": sparse.csr_matrix(VALUES),
    "coo array": sparse.coo_array(VALUES),
    "frame": pd.DataFrame(VALUES),
    "nullable frame": pd.DataFrame(VALUES).convert_dtypes(),
    "mixed frame": pd.DataFrame({"a": [0, 2, 4], "b": [1.0, 3.0, 5.0]}),
    "tf.data": dataset(VALUES),
    "tf.data of tuples": dataset((np.array(VALUES),)),
    "PyDataset": Batches(np.array(VALUES[:2]), np.array(VALUES[2:])),
    "PyDataset of tuples": Batches((VALUES[:2],), (VALUES[2:], None)),
}


@pytest.mark.parametrize("form", FORMS)
def test_accepts(form):
    array = to_array(FORMS[form], (2,))
    assert type(array) is np.ndarray
    assert array.tolist() == VALUES
    assert array.dtype.kind in "iu" or array.dtype == "float32"


def test_small_integers_and_float32_are_not_copied():
    for dtype in ("uint8", "int64", "float32"):
        x = np.array(VALUES, dtype)
        assert np.shares_memory(to_array(x), x)


def test_booleans_become_numbers():
    array = to_array(np.array([[True, False]]))
    assert array.dtype == "uint8"
    assert array.tolist() == [[1, 0]]
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]})
    assert to_array(frame).tolist() == [[1, 1], [2, 0]]


REFUSED = {
    "NaN": ([[1.0, np.nan]], "Received: nan in row 0"),
    "infinity": ([[1.0, 2.0], [np.inf, 0.0]], "Received: inf in row 1"),
    "above float32": (np.full((2, 2), 1e300), "Received: inf in row 0"),
    "sparse NaN": (sparse.csr_matrix([[np.nan, 0]]), "Received: nan in row"),
    "missing": (
        pd.DataFrame({"a": [1, None], "b": [1, 2]}).convert_dtypes(),
        "Received: nan in row 1",
    ),
    "objects": (np.array(VALUES, dtype=object), "x of dtype object"),
    "object column": (
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        "Received: column 'b' of dtype ",
    ),
    "text columns": (
        pd.DataFrame({"a": ["x", "y"], "b": [1, 2], "c": ["x", "y"]}),
        ", 'c' of dtype ",
    ),
    "dates and categories": (
        pd.DataFrame({"a": [1, 2], "b": [1, 2], "c": [3, 4]}).astype(
            {"b": "datetime64[ns]", "c": "category"}
        ),
        "column 'b' of dtype datetime64[ns], 'c' of dtype category",
    ),
    "path": ("images/", "Received: x='images/'"),
    "path object": (pathlib.Path("a.csv"), "Received: x=PosixPath('a.csv')"),
    "paths": (["a.png", "b.JPG"], "Received: 2 paths, the first 'a.png'"),
    "array of paths": (np.array(["a.png"]), "Received: 1 paths, the first"),
    "path objects": ([pathlib.Path("a")], "Received: 1 paths, the first"),
    "images of several sizes": (
        [np.zeros((8, 8)), np.zeros((8, 9)), np.zeros((8, 8))],
        "Received: samples of shapes (8, 8), (8, 9)",
    ),
    "images of several ranks": (
        [np.zeros((8, 8)), np.zeros((8, 8, 3))],
        "Received: samples of shapes (8, 8), (8, 8, 3)",
    ),
    "objects of several sizes": (
        objects(np.zeros((2, 3)), np.zeros((2, 4))),
        "Received: samples of shapes (2, 3), (2, 4)",
    ),
    "huge integers": ([[10**400, 1]], "Received: x of dtype object"),
    "strings": (np.array([["a", "b"]]), "Received: x of dtype <U1"),
    "list of strings": (["a", "b"], "Received: x of dtype object"),
    "bytes": (np.array([b"a"]), "Received: x of dtype |S1"),
    "ragged": ([[1, 2], [3]], "Received: a list that is not"),
    "ragged tensor": (
        tf.ragged.constant([[1, 2], [3]]),
        "Received: a RaggedTensor that is not",
    ),
    "x and y": ((np.eye(3), np.ones(3)), "Received: a tuple that is not"),
    "no samples": (np.empty((0, 2)), "Received: a ndarray of shape (0, 2)"),
    "no features": (np.empty((2, 0)), "Received: a ndarray of shape (2, 0)"),
    "empty list": ([], "Received: a list of shape (0,)"),
    "empty dataset": (dataset(VALUES).take(0), "of shape (0, 0)"),
    "nothing": (None, "Received: a NoneType of shape ()"),
    "a number": (3, "Received: a int of shape ()"),
    "generator": ((i for i in range(3)), "Received: a generator"),
    "dictionary": ({"x": VALUES}, "Received: a dict with the keys ['x']"),
    "one sample": (np.arange(2), "Received: x of shape (2,)"),
    "series": (pd.Series([1, 2]), "Received: x of shape (2,)"),
    "rank": (np.ones((3, 2, 1)), "Received: x of shape (3, 2, 1)"),
    "width": (np.ones((3, 4)), "Received: x of shape (3, 4)"),
    "complex": (np.ones((3, 2), complex), "Received: x of dtype complex128"),
    "sparse complex": (
        sparse.csr_matrix(np.ones((3, 2), complex)),
        "Received: x of dtype complex128",
    ),
    "dates": (np.zeros((3, 2), "datetime64[s]"), "dtype datetime64[s]"),
    "durations": (np.zeros((3, 2), "timedelta64[s]"), "dtype timedelta64[s]"),
    "masked": (
        np.ma.masked_equal(VALUES, 3),
        "Received: 1 masked values",
    ),
    "infinite tf.data": (
        dataset(VALUES).repeat(),
        "Received: an infinite _RepeatDataset",
    ),
    "infinite PyDataset": (Infinite(), "Received: an infinite Infinite"),
    "uneven batches": (
        Batches(np.ones((2, 2)), np.ones((2, 3))),
        "Received: a batch of shape (2, 3) after 2 samples of shape (2,)",
    ),
    "batches of dictionaries": (
        dataset({"x": VALUES}),
        "Received: a batch of shape () after 0 samples",
    ),
    "labels in tf.data": (
        dataset((VALUES, [0, 1, 2])),
        "Received: y of type ndarray",
    ),
    "labels in PyDataset": (
        Batches((VALUES, [0, 1, 2])),
        "Received: y of type list",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    x, message = REFUSED[case]
    with pytest.raises(ValueError) as error:
        to_array(x, (2,))
    assert "Received: " in str(error.value)
    assert message in str(error.value)
    assert str(error.value).startswith(("`x` ", "A dataset", "Clustering"))


def test_dataset_of_single_samples_is_refused():
    images = np.zeros((5, 8, 8), "float32")
    single = tf.data.Dataset.from_tensor_slices(images)
    for shape in (None, (8, 8)):
        with pytest.raises(ValueError, match=r"of shape \(8, 8\)$"):
            to_array(single, shape)
    with pytest.raises(ValueError, match=r"batch\(256\).*\(8,\)$"):
        to_array(tf.data.Dataset.from_tensor_slices(images[0]))


def test_dataset_of_batches_of_one_size_is_read():
    images = np.zeros((6, 8, 8), "float32")
    single = tf.data.Dataset.from_tensor_slices(images)
    batches = single.batch(3, drop_remainder=True)
    assert to_array(batches, (8, 8)).shape == (6, 8, 8)
    with pytest.raises(ValueError, match=r"of shape \(3, 8, 8\)$"):
        to_array(batches)
    at_once = tf.data.Dataset.from_tensors(images)
    assert to_array(at_once).shape == (6, 8, 8)


def test_width_says_what_was_expected():
    with pytest.raises(ValueError, match=r"shape \(n, 28, 28\)"):
        to_array(np.ones((28, 28)), (28, 28))


def test_a_late_nan_is_found():
    x = np.zeros((10_000, 2), "float32")
    x[9_999, 1] = np.nan
    with pytest.raises(ValueError, match="nan in row 9999"):
        to_array(x)


@pytest.mark.parametrize(
    "texts",
    [
        ["a b", "ä"],
        np.array(["a b", "ä"]),
        np.array([["a b"], ["ä"]]),
        np.array(["a b", "ä"], dtype=object),
        pd.Series(["a b", "ä"]),
        pd.DataFrame({"text": ["a b", "ä"]}),
        dataset(["a b", "ä"]),
    ],
)
def test_texts(texts):
    array = to_array(texts, allow_text=True)
    assert array.dtype == object
    decoded = [t.decode() if isinstance(t, bytes) else t for t in array]
    assert decoded == ["a b", "ä"]


@pytest.mark.parametrize("texts", [[["a", "b"]], np.array([["a", "b"]])])
def test_texts_in_two_columns_are_refused(texts):
    with pytest.raises(ValueError, match=r"Received: x of shape \(1, 2\)"):
        to_array(texts, allow_text=True)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_text_is_refused(missing):
    message = "missing texts: .* in row 1, one of 2 missing$"
    texts = ["a", missing, "b", missing]
    forms = [
        texts,
        objects(*texts),
        pd.Series(texts),
        pd.Series(texts, name="t"),
    ]
    for form in (*forms, pd.DataFrame({"text": texts})):
        with pytest.raises(ValueError, match=message):
            to_array(form, allow_text=True)
    with pytest.raises(ValueError, match="missing texts: .* in row 0"):
        to_array([missing, "b"], allow_text=True)


def test_texts_and_numbers_are_not_mixed():
    with pytest.raises(ValueError, match="a float in row 0, a str in row 1$"):
        to_array([0.5, "a"], allow_text=True)
    message = "not both. Received: a int in row 1, a str in row 0$"
    with pytest.raises(ValueError, match=message):
        to_array(["a", 3], allow_text=True)


def test_paths_are_refused_where_texts_are_accepted():
    for x in ("a.csv", pathlib.Path("a.csv"), [pathlib.Path("a.png")]):
        with pytest.raises(ValueError, match="image_dataset_from_directory"):
            to_array(x, allow_text=True)
    assert to_array(["a.png"], allow_text=True).tolist() == ["a.png"]


@pytest.mark.parametrize("most", [0, -1, 2.5, "2", 10**400])
def test_evenly_spaced_refuses(most):
    with pytest.raises(ValueError, match="`most` must be an integer"):
        evenly_spaced(np.eye(3), most)


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_array(np.array([[1e-300, 3e38]]))


def test_reject_labels():
    reject_labels(None)
    with pytest.raises(ValueError, match="ClusteringMetrics.*type list$"):
        reject_labels([0, 1])


@pytest.mark.parametrize(
    ("num", "most", "rows"),
    [
        (10, 4, [0, 2, 5, 7]),
        (9, 3, [0, 3, 6]),
        (5, 4, [0, 1, 2, 3]),
        (5, 1, [0]),
        (5, 5, [0, 1, 2, 3, 4]),
        (3, 8, [0, 1, 2]),
        (3, None, [0, 1, 2]),
        (0, 2, []),
    ],
)
def test_evenly_spaced(num, most, rows):
    x = np.arange(2 * num).reshape(num, 2)
    found = evenly_spaced(x, most)
    assert found[:, 0].tolist() == [2 * row for row in rows]
    assert (found is x) == (len(rows) == num)


def test_published_figures_are_of_the_same_samples():
    """Where one length divides the other, it is a stride."""
    x = np.arange(70_000)
    for most in (2_000, 10_000):
        expected = x[:: len(x) // most]
        np.testing.assert_array_equal(evenly_spaced(x, most), expected)


def test_checked_array_is_not_checked_again():
    x = np.float32(VALUES)
    x[2, 0] = np.nan  # which only a check would find
    model = keras.Model()
    checked = Checked.by(model, x)
    assert np.shares_memory(checked, x)
    assert to_array(checked) is checked
    with pytest.raises(ValueError, match=r"shape \(n, 3\)"):
        to_array(checked, (3,))
    for derived in (checked[1:], checked + 1, checked.copy()):
        assert derived.prepared_for is None
        with pytest.raises(ValueError, match="Received: nan"):
            to_array(derived)


def test_fingerprint_is_that_of_the_content():
    x = np.float32(VALUES)
    model = keras.Model()
    checked = Checked.by(model, x)
    expected = fingerprint(x)
    assert fingerprint(checked) == fingerprint(checked) == expected
    assert fingerprint(checked[:2]) == fingerprint(x[:2]) != expected
    assert fingerprint(x.reshape(2, 3)) != expected
