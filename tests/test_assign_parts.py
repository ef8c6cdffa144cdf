"""`python -m kerasdc assign`: files to files, each once."""

import numpy as np
import pytest

import kerasdc
from kerasdc.__main__ import main

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
X = kerasdc.datasets.load("digits").x[:300]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for i, rows in enumerate(np.array_split(np.arange(len(X)), 3)):
        pixels = X[rows].reshape(len(rows), -1).tolist()
        table = pyarrow.table({"id": rows, "pixels": pixels})
        parquet.write_table(table, tmp_path / "in" / f"part-{i}.parquet")
    return tmp_path


def assign(folder, *arguments, model="dec_digits"):
    common = ["--input", str(folder / "in" / "*.parquet")]
    common += ["--output", str(folder / "out"), "--model", str(model)]
    return main(["assign", *common, *arguments])


def test_each_file_is_written_once(folder, capsys):
    assert assign(folder, "--shard", "2/2", "--id-column", "id") == 0
    assert [p.name for p in (folder / "out").iterdir()] == ["part-1.parquet"]
    before = (folder / "out" / "part-1.parquet").stat().st_mtime_ns
    capsys.readouterr()
    assert assign(folder, "--id-column", "id") == 0
    assert "3 files, 1 already written" in capsys.readouterr().out
    assert (folder / "out" / "part-1.parquet").stat().st_mtime_ns == before
    found = parquet.read_table(folder / "out").sort_by("id")
    expected = kerasdc.load("dec_digits").assign(X)
    assert found["id"].to_pylist() == list(range(len(X)))
    assert np.array_equal(found["cluster"].to_numpy(), expected)


def test_a_saved_model_and_its_embedding(folder):
    model = kerasdc.load("dec_digits")
    model.save(folder / "mine.keras")
    saved = folder / "mine.keras"
    columns = ["--columns", "pixels", "--write", "embedding"]
    assert assign(folder, *columns, model=saved) == 0
    found = parquet.read_table(folder / "out" / "part-0.parquet")
    z = model.embed(X[:100])
    assert np.allclose(found["embedding"].to_pylist(), z, atol=1e-5)


def test_a_damaged_file_stops_with_its_name(folder, capsys):
    path = folder / "in" / "part-1.parquet"
    path.write_bytes(path.read_bytes()[:500])
    assert assign(folder, "--columns", "pixels") == 2
    assert "part-1.parquet" in capsys.readouterr().err
    # The first one is whole; of the damaged one there is nothing.
    names = [p.name for p in (folder / "out").iterdir()]
    assert names == ["part-0.parquet"]


def test_a_file_without_rows_is_written_without_rows(folder):
    path = folder / "in" / "part-1.parquet"
    parquet.write_table(parquet.read_table(path).slice(0, 0), path)
    with pytest.warns(UserWarning, match="part-1.parquet holds no rows"):
        assert assign(folder, "--columns", "pixels") == 0
    rows = [len(parquet.read_table(p)) for p in sorted(folder.glob("out/*"))]
    assert rows == [100, 0, 100]


def test_wrong_arguments(folder, capsys):
    assert assign(folder, model="dec_digit") == 2
    assert "dec_digits" in capsys.readouterr().err
    assert assign(folder, "--columns", "id") == 2
    assert "(1,)" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        assign(folder, "--shard", "4/3")
    assert "from 1 to the second one" in capsys.readouterr().err
    assert not any((folder / "out").iterdir())
