import numpy as np
import pytest

from kerasdc.utils.sinks import sink_of

PARTS = [np.arange(6).reshape(3, 2), np.arange(6, 14).reshape(4, 2)]
WHOLE = np.concatenate(PARTS)


def written(out, parts=PARTS):
    with sink_of(out, "name") as sink:
        for part in parts:
            sink.write(part)
    return sink.result


@pytest.mark.parametrize("column", [False, True])
def test_every_kind_holds_all_parts(tmp_path, column):
    parquet = pytest.importorskip("pyarrow.parquet")
    parts = [part[:, 0] for part in PARTS] if column else PARTS
    whole = np.concatenate(parts)
    assert np.array_equal(written(None, parts), whole)
    array = np.zeros_like(whole)
    assert written(array, parts) is array
    assert np.array_equal(array, whole)
    path = written(tmp_path / "x.npy", parts)
    assert np.array_equal(np.load(path), whole)
    assert np.array_equal(np.load(path, mmap_mode="r"), whole)
    table = parquet.read_table(written(str(tmp_path / "x.parquet"), parts))
    assert table.column_names == ["name"]
    assert table["name"].to_pylist() == whole.tolist()


def test_without_parts_a_file_has_no_rows(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert len(np.load(written(tmp_path / "x.npy", []))) == 0
    path = written(tmp_path / "x.parquet", [])
    assert parquet.read_table(path).num_rows == 0


@pytest.mark.parametrize("name", ["x.npy", "x.parquet"])
@pytest.mark.parametrize("after", [0, 1])
def test_an_error_leaves_nothing(tmp_path, name, after):
    pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(b"before")
    with pytest.raises(RuntimeError), sink_of(tmp_path / name, "n") as sink:
        for part in PARTS[:after]:
            sink.write(part)
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"before"


@pytest.mark.parametrize("rows", [6, 8])
def test_an_array_must_have_as_many_rows(rows):
    with pytest.raises(ValueError, match="a row for each"):
        written(np.zeros((rows, 2)))


def test_other_places_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .npy or .parquet"):
        sink_of(tmp_path / "x.csv", "n")
    with pytest.raises(FileNotFoundError, match="folder of `out`"):
        sink_of(tmp_path / "missing" / "x.npy", "n")
