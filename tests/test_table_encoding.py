import numpy as np
import pytest

from kerasdc.automatic import cluster
from kerasdc.automatic.table_encoding import encode_table

pandas = pytest.importorskip("pandas")


def frame(**columns):
    values = {"size": [1.0, 2.0, np.nan, 6.0], "color": ["red", "blue"] * 2}
    return pandas.DataFrame({**values, **columns})


def test_words_become_columns_and_gaps_are_filled():
    found, encoder = encode_table(frame(), impute="median")
    assert list(found.columns) == ["size", "color=blue", "color=red"]
    expected = [[1, 0, 1], [2, 1, 0], [2, 0, 1], [6, 1, 0]]
    np.testing.assert_array_equal(found.to_numpy(), expected)
    new = frame(color=["green", None, "red", "red"])
    again = encoder.transform(new).to_numpy()
    np.testing.assert_array_equal(again[:3, 1:], [[0, 0], [1, 0], [0, 1]])


def test_arrays():
    x = np.array([[1.0, np.nan], [3.0, 4.0], [np.nan, 8.0]])
    found, encoder = encode_table(x, impute="mean")
    np.testing.assert_array_equal(found, [[1, 6], [3, 4], [2, 8]])
    new = encoder.transform(np.array([[np.nan, 1.0]]))
    np.testing.assert_array_equal(new, [[2, 1]])


@pytest.mark.parametrize(
    "x",
    [
        np.ones((3, 2)),
        ["a text", "another"],
        pandas.DataFrame({"a": [1, 2], "b": [True, False]}),
        pandas.DataFrame({"text": ["one text", "another"]}),
    ],
)
def test_others_stay_as_they_are(x):
    found, encoder = encode_table(x)
    assert found is x and encoder is None


@pytest.mark.parametrize(
    ("x", "impute", "message"),
    [
        (frame(), None, "missing value in row 2 of column 'size'"),
        (frame(color=["red", None] * 2), None, "row 2 of column 'size'"),
        (frame(size=[np.nan] * 4), "mean", "empty.*column 'size'"),
        (
            pandas.DataFrame({"a": range(30), "id": map(str, range(30))}),
            None,
            "30 in column 'id'",
        ),
        (np.ones((2, 2, 2)), "mean", r"shape \(2, 2, 2\)"),
        (["a", "b"], "mean", "in frames"),
        (np.ones((2, 2)), "zero", "impute='zero'"),
    ],
)
def test_bad_tables(x, impute, message):
    with pytest.raises(ValueError, match=f"Received: .*{message}|{message}"):
        encode_table(x, impute)


def test_cluster_takes_them():
    generator = np.random.default_rng(0)
    kind = np.repeat(["a", "b"], 40)
    size = np.where(kind == "a", 0, 9) + generator.normal(size=80)
    size[3] = np.nan
    x = pandas.DataFrame({"size": size, "kind": kind})
    steps = {"pretrain_steps": 20, "fit_steps": 200, "verbose": 0}
    steps["method"] = "linkage"  # the other one trains points
    result = cluster(x, 2, impute="median", **steps)
    found = result.assign(x)
    np.testing.assert_array_equal(found, result.labels)
    assert result.model.feature_names == ("size", "kind=a", "kind=b")
    plain = cluster(x[["size"]].fillna(0.0), 2, **steps)
    assert plain.table is None
    assert plain.assign(x[["size"]].fillna(0.0)).shape == (80,)
