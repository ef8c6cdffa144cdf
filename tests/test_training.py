import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import small_runs
import systems
from small_runs import stages_of

import train
from kerasdc import datasets
from kerasdc import zoo
from kerasdc.recipes import get_recipe
from kerasdc.report import Outputs
from kerasdc.runs import artifacts
from kerasdc.runs import publication
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings
from kerasdc.runs.stage_log import read_log

ROOT = Path(__file__).parent.parent
SHORT = ["--pretrain-epochs", "2", "--epochs", "2"]

# The training of `whole`, in another process.
TRAIN = """
import sys
import small_runs
run = small_runs.train(sys.argv[1])
print()
print(*run.outputs.assignments)
"""


@pytest.fixture(scope="module", autouse=True)
def quick_pictures():
    with small_runs.quick_pictures():
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory, quick_pictures):
    """A run of the command line, which also publishes."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASDC_ZOO", str(folder / "zoo"))
        patch.setattr(datasets, "load", small_runs.few_digits)
        arguments = [*SHORT, "--publish", "--out", str(folder / "out")]
        with small_runs.few_steps(), systems.eager():
            assert train.main(arguments) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training of a few digits that was not stopped."""
    return small_runs.train(tmp_path_factory.mktemp("whole"))


def clusters_of(out):
    with open(out / "assignments.csv", newline="") as file:
        return [int(row["cluster"]) for row in csv.DictReader(file)]


def test_run_folder_holds_everything(finished):
    names = {path.name for path in finished.iterdir()}
    assert {
        "settings.json",
        "log.csv",
        "tensorboard",
        "metrics.json",
        "model.keras",
        "assignments.csv",
        "report.html",
        "serving",
    } <= names
    figures = json.loads((finished / "metrics.json").read_text())
    assert figures["num_samples"] == 300
    assert 0 < figures["accuracy"] <= 1
    log = read_log(finished / "log.csv")
    assert stages_of(finished) == [
        ("adapt", "1"),
        ("fit", "1"),
        ("fit", "2"),
    ]
    assert float(log[0]["seconds"]) > 0
    total = sum(float(row["seconds"]) for row in log)
    assert figures["seconds"] == pytest.approx(total, abs=0.06)
    assert list((finished / "tensorboard").rglob("events.*"))


def test_assignments_are_those_of_the_model(finished):
    model = keras.models.load_model(finished / "model.keras")
    q = model.predict(small_runs.few_digits().x, verbose=0)
    assert np.array_equal(clusters_of(finished), q.argmax(axis=1))
    with open(finished / "assignments.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    confidences = [float(row["confidence"]) for row in rows]
    assert np.allclose(confidences, q.max(axis=1), atol=2e-6)


def test_run_is_published(finished):
    assert zoo.list_models(zoo_dir=finished.parent / "zoo") == ["dec_digits"]
    (row,) = zoo.read_results(finished.parent / "zoo")
    figures = json.loads((finished / "metrics.json").read_text())
    assert row["accuracy"] == pytest.approx(figures["accuracy"], abs=1e-5)


@pytest.mark.slow  # a run that was killed shows it, too
def test_same_seed_same_assignments(whole, tmp_path, run_python):
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    printed = run_python(TRAIN, str(tmp_path), PYTHONPATH=path)
    again = [int(cluster) for cluster in printed.splitlines()[-1].split()]
    assert again == list(whole.outputs.assignments)


def test_one_pass_for_results_report_and_publication(
    whole, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "zoo"))
    best = dataclasses.replace(whole.settings, recipe="best")
    monkeypatch.setattr(whole, "settings", best)  # which is published
    whole.outputs = Outputs(whole.model, whole.x_scored, whole.y_scored)
    with small_runs.counted_passes() as passes:
        figures = artifacts.write_results(whole)
        message = publication.publish_run(whole, figures)
    assert message == "Published dec_digits of seed 0."
    assert passes == {
        "DEC.predict of 300": 1,
        "DEC.embed of 300": 1,
        # What lays the embedding out in the plane.
        "NeighborEmbedding.fit of 300": 1,
        "NeighborEmbedding.predict of 300": 1,
    }


def test_a_run_is_not_overwritten(finished, capsys):
    assert train.main([*SHORT, "--out", str(finished)]) == 2
    assert "--resume" in capsys.readouterr().err


def test_a_run_of_other_settings_is_not_resumed(finished, capsys):
    arguments = ["--seed", "1", *SHORT, "--out", str(finished), "--resume"]
    assert train.main(arguments) == 2
    assert "seed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[1]", "{}"])
def test_damaged_settings_are_named(text, tmp_path, capsys):
    (tmp_path / "settings.json").write_text(text)
    assert train.main(["--out", str(tmp_path), "--resume"]) == 2
    assert "settings.json" in capsys.readouterr().err


def test_unknown_names_are_explained(tmp_path, capsys):
    arguments = ["--dataset", "digit", "--out", str(tmp_path / "x")]
    assert train.main(arguments) == 2
    assert "digits" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.slow  # as the next one, by the command line
def test_killed_run_goes_on_from_the_last_epoch(tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["--recipe", "autoencoder", "--pretrain-epochs", "25"]
    arguments += ["--epochs", "1", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(read_log(out / "log.csv")) < 3:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(read_log(out / "log.csv"))
    assert 3 <= done < 25
    assert train.main([*arguments, "--resume"]) == 0
    # The bar counts what is left: epochs already done are not run again.
    shown = capsys.readouterr().out
    left = [f"epochs to go: {25 - done + extra}\n" for extra in (0, 1)]
    assert any(text in shown for text in left)
    log = read_log(out / "log.csv")
    epochs = [int(row["epoch"]) for row in log if row["stage"] == "pretrain"]
    assert epochs == list(range(1, 26))


def test_killed_run_ends_as_one_that_was_not(whole, tmp_path):
    out, script = tmp_path / "out", ROOT / "tests" / "small_runs.py"
    killed = subprocess.run(
        [sys.executable, script, out, "begin", "fit", "1"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    resumed = small_runs.train(out, resume=True)
    expected = whole.model.assign(whole.x)
    assert np.array_equal(resumed.model.assign(whole.x), expected)
    logs = [read_log(run.out / "log.csv") for run in (whole, resumed)]
    for ours, its in zip(*logs, strict=True):
        assert (ours["stage"], ours["epoch"]) == (its["stage"], its["epoch"])
        assert ours["label_change"] == its["label_change"]
        if ours["loss"]:
            loss = float(its["loss"])
            assert float(ours["loss"]) == pytest.approx(loss, rel=1e-4)
    assert float(logs[1][-1]["label_change"]) >= 0


LAYERWISE = ["layerwise_1", "layerwise_2"]


def shorten_layers(recipe):
    small_runs.shorten_dec(recipe)
    recipe["network"]["units"] = [32]


@pytest.mark.filterwarnings("ignore:Cluster . is empty")  # of narrow layers
@pytest.mark.slow  # between stages it does by default, too
def test_layerwise_stage_goes_on_from_its_last_epoch(tmp_path):
    settings = {"recipe": "paper_short", "epochs": 1}
    settings |= {"shorten": shorten_layers, "eager": True}
    whole = small_runs.train(tmp_path / "whole", **settings)
    out = tmp_path / "out"
    with small_runs.stopped_by(small_runs.interrupt, "layerwise_2", 1):
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(out, **settings)
    assert stages_of(out)[2:] == [("layerwise_2", "1")]
    resumed = small_runs.train(out, resume=True, **settings)
    names = [*LAYERWISE, "pretrain"]
    expected = [(name, epoch) for name in names for epoch in "12"]
    expected += [("adapt", "1"), ("fit", "1")]
    assert stages_of(out) == stages_of(whole.out) == expected
    x = whole.x
    assert np.array_equal(resumed.model.assign(x), whole.model.assign(x))


@pytest.mark.filterwarnings("ignore:Cluster . is empty")
def test_layerwise_stages_resume_between_stages(tmp_path, monkeypatch):
    settings = {"recipe": "paper", "pretrain_epochs": 1, "epochs": 1}
    settings |= {"shorten": shorten_layers, "eager": True}
    save = Run._save_finished

    def stop(run, names, index):
        save(run, names, index)
        if names[index] == "layerwise_1":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_save_finished", stop)
        with pytest.raises(KeyboardInterrupt):
            small_runs.train(tmp_path, **settings)
    assert stages_of(tmp_path) == [("layerwise_1", "1")]
    resumed = small_runs.train(tmp_path, resume=True, **settings)
    names = [*LAYERWISE, "pretrain", "adapt", "fit"]
    assert stages_of(tmp_path) == [(name, "1") for name in names]
    assert resumed.model.adapted


@pytest.mark.filterwarnings("ignore:Cluster . is empty")  # after 2 epochs
@pytest.mark.slow
def test_augmented_images_in_mixed_precision(tmp_path, monkeypatch):
    """The same seed gives the same model, which is of float32."""
    computed_in, train_stages = set(), Run._train_stages

    def train(run):
        computed_in.add(run.model.encoder.layers[-2].compute_dtype)
        train_stages(run)

    def convolve(recipe):
        small_runs.shorten_dec(recipe)
        images = get_recipe("dec", "usps", "best")
        recipe["network"] = {**images["network"], "filters": [8, 8, 16]}
        recipe["augmentation"] = images["augmentation"]

    monkeypatch.setattr(Run, "_train_stages", train)
    first, second = (
        small_runs.train(
            tmp_path / name,
            shorten=convolve,
            recipe="autoencoder",
            dtype_policy="mixed_bfloat16",
            pretrain_epochs=1,
            epochs=1,
            eager=True,
        )
        for name in ("first", "second")
    )
    predicted = first.model.predict(first.x, verbose=0)
    assert predicted.dtype == "float32"
    assert np.array_equal(second.model.predict(first.x, verbose=0), predicted)
    assert "--dtype-policy mixed_bfloat16" in first.settings.command
    model = first.model
    assert computed_in == {"bfloat16"}
    assert keras.config.dtype_policy().name == "float32"
    layers = [*model.encoder.layers, *model.decoder.layers, model.clustering]
    assert {layer.compute_dtype for layer in layers} == {"float32"}
    assert model.adapted and model.pretrained


def test_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    assert train.main([*SHORT, "--out", str(out)]) == 2
    assert str(out) in capsys.readouterr().err


@pytest.mark.parametrize("name", ["matplotlib", "tensorboard"])
def test_missing_package_is_named_at_once(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, name, None)
    out = tmp_path / "out"
    assert train.main([*SHORT, "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert 'pip install -e ".[plot]"' in message
    assert f"Received: {name} missing" in message
    assert not out.exists()


def test_held_out_split_needs_one(tmp_path):
    with pytest.raises(ValueError, match="Received: split='test'"):
        Run(Settings(split="test"), tmp_path)


def test_list_prints_recipes(capsys):
    assert train.main(["--list"]) == 0
    assert "paper_short" in capsys.readouterr().out


def test_list_of_a_zoo_elsewhere_is_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "none"))
    assert train.main(["--list"]) == 2
    assert "Received: " in capsys.readouterr().err
