import csv
import json

import keras
import numpy as np
import pytest
import small_runs

from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_points
from kerasdc.runs import own_data


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    monkeypatch.setattr(neighbor_points, "_BATCH_SIZE", 512)
    monkeypatch.setattr(graph_search, "NUM_POINT_SETS", 1)
    original = own_data.cluster

    def quick(*args, **kwargs):
        return original(*args, **kwargs, pretrain_steps=50, fit_steps=100)

    monkeypatch.setattr(own_data, "cluster", quick)
    with small_runs.quick_pictures():
        yield


def _table(path, num=30):
    generator = np.random.default_rng(0)
    names = np.repeat(["oak", "elm", "fir"], num)
    means = {"oak": (0, 0), "elm": (9, 500), "fir": (0, 900)}
    rows = [
        [f"tree {i}", *generator.normal(means[name], (1, 9)).round(3), name]
        for i, name in enumerate(names)
    ]
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["id", "width", "height", "kind"], *rows])
    return names


def test_a_table_from_the_command_line(tmp_path, capsys):
    names = _table(tmp_path / "trees.csv")
    out = tmp_path / "out"
    words = f"--data {tmp_path}/trees.csv --clusters 3 --label-column kind"
    words += f" --id-column id --out {out}"
    assert own_data.main(words.split()) == 0
    shown = capsys.readouterr().out
    assert "standardization" in shown and '"accuracy": 1.0' in shown
    with open(out / "assignments.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"tree {i}" for i in range(90)]
    pairs = {(row["cluster"], n) for row, n in zip(rows, names, strict=True)}
    assert len(pairs) == 3
    settings = json.loads((out / "settings.json").read_text())
    assert settings["num_clusters"] == 3
    page = (out / "report.html").read_text()
    places = [page.index(f"<h2>{title}") for title in ("What", "How it was")]
    assert places == sorted(places) and "width" in page and "tree " in page
    model = keras.models.load_model(out / "model.keras")
    x = np.array([[0.0, 900.0], [9.0, 500.0]])
    assert len(set(model.assign(x))) == 2
    assert (out / "serving" / "1" / "saved_model.pb").exists()


def test_an_existing_folder_is_left_alone(tmp_path, capsys):
    _table(tmp_path / "trees.csv")
    words = f"--data {tmp_path}/trees.csv --clusters 3 --out {tmp_path}"
    assert own_data.main(words.split()) == 2
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n1,2\n3,\n", "b"), ("", "empty"), ("a,b\n1,2\n", "samples")],
)
def test_wrong_files(tmp_path, capsys, text, message):
    (tmp_path / "x.csv").write_text(text)
    words = f"--data {tmp_path}/x.csv --clusters 2 --out {tmp_path}/out"
    assert own_data.main(words.split()) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_python_m_kerasdc_is_it(monkeypatch):
    from kerasdc import __main__

    monkeypatch.setattr(own_data, "main", lambda arguments: arguments)
    assert __main__.main(["--data", "x.csv"]) == ["--data", "x.csv"]


def test_train_py_knows_it(tmp_path, capsys):
    import train

    assert train.main(["--data", str(tmp_path / "missing.csv")]) == 2
    assert "missing.csv" in capsys.readouterr().err
