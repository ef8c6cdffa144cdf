import numpy as np
import pytest

from kerasdc.datasets import Parts

X = np.random.default_rng(0).integers(0, 255, (100, 6)).astype("uint8")


def write(folder, parts, name="part-{}.npy"):
    for i, part in enumerate(parts):
        np.save(folder / name.format(i), part)


def write_parquet(folder, parts):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    start = 0
    for i, part in enumerate(parts):
        ids = np.arange(start, start + len(part))
        columns = {"id": ids, "a": part[:, 0], "b": part[:, 1:].tolist()}
        columns["word"] = ["w"] * len(part)
        parquet.write_table(pyarrow.table(columns), folder / f"p{i}.parquet")
        start += len(part)


def test_all_rows_in_the_order_of_the_names(tmp_path):
    write(tmp_path, np.array_split(X, 4))
    for paths in (tmp_path, tmp_path / "*.npy", sorted(tmp_path.iterdir())):
        parts = Parts(paths, batch_size=7)
        for _ in range(2):
            assert np.array_equal(np.concatenate(list(parts)), X)
        assert max(map(len, parts)) == 7


def test_columns_of_parquet_side_by_side(tmp_path):
    write_parquet(tmp_path, np.array_split(X, 3))
    parts = Parts(tmp_path, id_column="id", batch_size=9)
    rows, ids = zip(*parts.with_ids(), strict=True)
    assert np.array_equal(np.concatenate(rows), X)
    ids = [i for part in ids for i in part.to_pylist()]
    assert ids == list(range(100))
    chosen = Parts(tmp_path, columns=["b"])
    assert np.array_equal(np.concatenate(list(chosen)), X[:, 1:])
    shaped = Parts(tmp_path, id_column="id", sample_shape=(2, 3))
    assert next(iter(shaped)).shape == (34, 2, 3)


def test_texts(tmp_path):
    write_parquet(tmp_path, [X[:5]])
    (rows,) = Parts(tmp_path, columns=["word"])
    assert rows.tolist() == 5 * ["w"]


def test_shards_are_all_files_once(tmp_path):
    write(tmp_path, np.array_split(X, 5))
    parts = Parts(tmp_path)
    shards = [parts.shard(i, 2).paths for i in range(2)]
    assert [len(paths) for paths in shards] == [3, 2]
    assert sorted(shards[0] + shards[1]) == parts.paths
    with pytest.raises(ValueError, match="below `count`"):
        parts.shard(2, 2)
    with pytest.raises(ValueError, match="5 files, count=6"):
        parts.shard(0, 6)


def test_a_row_is_found_again(tmp_path):
    spoiled = X.astype("float32")
    spoiled[60, 1] = np.nan
    write(tmp_path, np.array_split(spoiled, 4))
    from kerasdc.utils.inputs import to_array

    with pytest.raises(ValueError, match="nan in row 10 of part-2.npy"):
        to_array(Parts(tmp_path, batch_size=8))


def test_parts_that_do_not_fit_are_named(tmp_path):
    write(tmp_path, [X[:10], X[10:20, :5]])
    with pytest.raises(ValueError, match=r"part-0.npy, of \(5,\) in part-1"):
        list(Parts(tmp_path))
    with pytest.raises(ValueError, match=r"\(2, 3\).* in part-1.npy"):
        list(Parts(tmp_path, sample_shape=(2, 3)))


def test_an_empty_part_is_told(tmp_path):
    write(tmp_path, [X[:10], X[:0]])
    with pytest.warns(UserWarning, match="part-1.npy holds no rows"):
        assert len(np.concatenate(list(Parts(tmp_path)))) == 10


@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_a_truncated_part_is_named(tmp_path, kind):
    if kind == "npy":
        write(tmp_path, [X])
    else:
        write_parquet(tmp_path, [X])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=f"Received: {path.name}"):
        list(Parts(tmp_path))


def test_lists_of_several_lengths_are_named(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"v": [[1.0, 2.0], [3.0]]})
    parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"\[1, 2\] in column 'v' of x.parq"):
        list(Parts(tmp_path))


def test_wrong_arguments(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        Parts(tmp_path / "*.npy")
    write(tmp_path, [X])
    with pytest.raises(ValueError, match="no columns"):
        Parts(tmp_path, columns=["a"])
    write_parquet(tmp_path, [X])
    with pytest.raises(ValueError, match="all be"):
        Parts(tmp_path)
    with pytest.raises(ValueError, match="'c'"):
        list(Parts(tmp_path / "*.parquet", columns=["c"]))
