"""Which run becomes the zoo's model, which may not."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from zoo_samples import NAME
from zoo_samples import make_row

import train
from kerasdc import recipes
from kerasdc import zoo
from kerasdc.report import Outputs
from kerasdc.runs import publication
from kerasdc.runs.settings import Settings
from kerasdc.zoo import entry
from kerasdc.zoo import readmes

ROOT = Path(__file__).parent.parent


@pytest.fixture
def publish(model, digits, tmp_path, monkeypatch, eagerly):
    """A function that publishes a run; returns the zoo's metadata of it."""
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "zoo"))
    monkeypatch.setattr(publication, "_preview", lambda run: None)

    def publish(seed, objective, recipe=None, **changes):
        settings = Settings(seed=seed)
        run = SimpleNamespace(
            settings=settings,
            recipe=recipe or {**settings.values(), "tuple": (1,)},
            model=model,
            data=digits,
            x_scored=digits.x,
            outputs=Outputs(model, digits.x, digits.y),
        )
        row = make_row(seed=seed, objective=objective, **changes)
        text = publication.publish_run(run, row)
        assert ("Published" in text) == (f"seed {seed}." in text)
        if NAME not in zoo.list_models():
            return None
        return entry.read_metadata(tmp_path / "zoo" / NAME)

    return publish


def test_lowest_objective_of_all_backends_is_published(publish, tmp_path):
    assert publish(4, float("nan")) is None
    assert publish(0, 0.2)["seed"] == 0
    assert publish(1, 0.3, backend="tensorflow/mixed_bfloat16")["seed"] == 0
    assert publish(2, float("nan"), backend="jax")["seed"] == 0
    metadata = publish(3, 0.1, backend="tensorflow/mixed_bfloat16")
    assert metadata["seed"] == metadata["figures"]["seed"] == 3
    assert len(zoo.read_results()) == 5
    card = (tmp_path / "zoo" / NAME / entry.CARD).read_text(encoding="utf-8")
    assert "- Backend tensorflow, dtype policy mixed_bfloat16\n" in card


def test_worse_run_of_the_published_seed_leaves_the_model(publish):
    publish(0, 0.2, accuracy=0.6)
    metadata = publish(0, 0.3, accuracy=0.7, commit="def5678")
    assert metadata["commit"] == "abc1234"
    assert metadata["figures"]["accuracy"] == 0.6
    assert metadata["rows"][0]["accuracy"] == 0.7
    assert publish(0, 0.2, commit="def5678")["commit"] == "def5678"


def test_model_of_a_changed_recipe_makes_way(publish):
    publish(0, 0.2)
    recipe = {**Settings().values(), "batch_size": 13}
    assert publish(1, 0.3, recipe)["seed"] == 1
    prose = {**recipe, "deviations": ["In other words."]}
    assert publish(2, 0.4, prose)["seed"] == 1


def test_entry_that_a_kill_took_away_counts(publish, tmp_path):
    publish(0, 0.2)
    target = tmp_path / "zoo" / NAME
    target.rename(target.with_name(f".{NAME}.0123abcd.tmp.previous"))
    assert publish(1, 0.3)["seed"] == 0


def test_readmes_are_written_once(publish, tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(f"{readmes.BEGIN}\n{readmes.END}\n")
    written, write = [], readmes.write_zoo_readme

    def count(folder=None):
        written.append(folder)
        return write(folder)

    monkeypatch.setattr(readmes, "write_zoo_readme", count)
    publish(0, 0.2)
    assert "| dec | digits | best | all | 0.5000 |" in readme.read_text()
    publish(1, 0.3, accuracy=0.7)  # not the model
    assert "| dec | digits | best | all | 0.6000 " in readme.read_text()
    assert written == [tmp_path / "zoo", None]


@pytest.mark.parametrize("named", ["", str(ROOT / "zoo")])
@pytest.mark.parametrize("option", ["--epochs", "--pretrain-epochs"])
def test_shortened_run_is_not_published(
    option, named, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KERASDC_ZOO", named)
    out = tmp_path / "out"
    arguments = [option, "1", "--publish", "--out", str(out)]
    assert train.main(arguments) == 2
    assert f"Received: {option} 1" in capsys.readouterr().err
    assert not out.exists()


def test_address_is_refused_before_training(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERASDC_ZOO", "https://zoo.example")
    out = tmp_path / "out"
    assert train.main(["--publish", "--out", str(out)]) == 2
    assert "local folder" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("split", "wanted", "num_train", "chosen"),
    [
        ("all", "all", 1700, True),
        ("test", "all", 1700, False),
        ("test", "test", 1700, True),
        ("all", "test", 1700, False),
        ("all", "test", None, True),  # a data set without parts
    ],
)
def test_models_are_published_of_their_split(
    split, wanted, num_train, chosen, digits, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path))
    monkeypatch.setitem(recipes.PUBLISHED_SPLITS, "dec", wanted)
    run = SimpleNamespace(
        settings=Settings(split=split),
        data=replace(digits, num_train=num_train, num_test=97),
    )
    row = {**make_row(), "split": split}
    assert publication._is_choice(run, row, "dec_digits") == chosen


def test_models_with_empty_clusters_make_way(publish, monkeypatch):
    def empty(number):
        monkeypatch.setattr(
            publication, "_num_empty_clusters", lambda run: number
        )

    empty(3)
    assert publish(0, 0.0)["empty_clusters"] == 3
    assert publish(1, -1.0)["seed"] == 0
    empty(0)
    there = publish(2, 9.0)
    assert there["seed"] == 2 and "empty_clusters" not in there
    empty(1)
    assert publish(3, 0.0)["seed"] == 2


def test_empty_clusters_are_counted(fitted, blobs):
    x, y = blobs
    for rows, expected in ((y >= 0, 0), (y != 1, 1), (y == 0, 2)):
        outputs = Outputs(fitted, x[rows])
        assert outputs.num_empty_clusters == expected
        run = SimpleNamespace(model=fitted, outputs=outputs)
        assert publication._num_empty_clusters(run) == expected
