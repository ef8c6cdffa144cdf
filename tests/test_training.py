import csv
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

import train
from kerasdc.recipes import get_recipe
from kerasdc.runs.backup import read_log
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings

ROOT = Path(__file__).parent.parent
SHORT = ["--pretrain-epochs", "2", "--epochs", "2"]


def command(*arguments):
    return [sys.executable, str(ROOT / "train.py"), *map(str, arguments)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    assert train.main([*SHORT, "--out", str(out)]) == 0
    return out


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
    assert figures["num_samples"] == 1797
    assert 0 < figures["accuracy"] <= 1
    log = read_log(finished / "log.csv")
    stages = [(row["stage"], row["epoch"]) for row in log]
    assert stages == [
        ("pretrain", "1"),
        ("pretrain", "2"),
        ("adapt", "1"),
        ("fit", "1"),
        ("fit", "2"),
    ]
    assert float(log[2]["seconds"]) > 0
    total = sum(float(row["seconds"]) for row in log)
    assert figures["seconds"] == pytest.approx(total, abs=0.06)
    assert list((finished / "tensorboard").rglob("events.*"))


def test_assignments_are_those_of_the_model(finished):
    import keras

    from kerasdc import datasets

    with open(finished / "assignments.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    model = keras.models.load_model(finished / "model.keras")
    q = model.predict(datasets.load("digits").x, verbose=0)
    clusters = [int(row["cluster"]) for row in rows]
    assert np.array_equal(clusters, q.argmax(axis=1))
    confidences = [float(row["confidence"]) for row in rows]
    assert np.allclose(confidences, q.max(axis=1), atol=2e-6)


def test_same_seed_same_assignments(finished, tmp_path):
    arguments = [*SHORT, "--out", tmp_path / "again"]
    subprocess.run(command(*arguments), check=True, capture_output=True)
    again = (tmp_path / "again" / "assignments.csv").read_text()
    assert again == (finished / "assignments.csv").read_text()


def test_a_run_is_not_overwritten(finished, capsys):
    assert train.main([*SHORT, "--out", str(finished)]) == 2
    assert "--resume" in capsys.readouterr().err


def test_a_run_of_other_settings_is_not_resumed(finished, capsys):
    arguments = ["--seed", "1", *SHORT, "--out", str(finished), "--resume"]
    assert train.main(arguments) == 2
    assert "seed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_damaged_settings_are_named(text, tmp_path, capsys):
    (tmp_path / "settings.json").write_text(text)
    assert train.main(["--out", str(tmp_path), "--resume"]) == 2
    assert "settings.json" in capsys.readouterr().err


def test_unknown_names_are_explained(tmp_path, capsys):
    arguments = ["--dataset", "digit", "--out", str(tmp_path / "x")]
    assert train.main(arguments) == 2
    assert "digits" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_killed_run_goes_on_from_the_last_epoch(tmp_path):
    out = tmp_path / "out"
    arguments = ["--pretrain-epochs", "60", "--epochs", "2", "--out", out]
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(read_log(out / "log.csv")) < 3:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(read_log(out / "log.csv"))
    assert 3 <= done < 60
    resumed = subprocess.run(
        command(*arguments, "--resume"),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert resumed.returncode == 0, resumed.stderr
    # The bar counts what is left: epochs already done are not run again.
    left = [f"/{60 - done + extra}" for extra in (0, 1)]
    assert any(text in resumed.stdout for text in left)
    log = read_log(out / "log.csv")
    epochs = [int(row["epoch"]) for row in log if row["stage"] == "pretrain"]
    assert epochs == list(range(1, 61))


def test_killed_run_ends_as_one_that_was_not(tmp_path):
    whole = small_runs.train(tmp_path / "whole")
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


def test_layerwise_stage_goes_on_from_its_last_epoch(tmp_path):
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    arguments = {"recipe": "paper_short", "epochs": 1}
    whole = small_runs.train(tmp_path / "whole", **arguments)
    out = tmp_path / "out"
    with pytest.raises(Stopped), small_runs.stopped_by(stop, "layerwise_2", 1):
        small_runs.train(out, **arguments)
    resumed = small_runs.train(out, resume=True, **arguments)
    stages = [
        [(row["stage"], row["epoch"]) for row in read_log(run.out / "log.csv")]
        for run in (whole, resumed)
    ]
    assert ("layerwise_2", "2") in stages[0]
    assert stages[0] == stages[1]
    x = whole.x
    assert np.array_equal(resumed.model.assign(x), whole.model.assign(x))


@pytest.mark.filterwarnings("ignore:Cluster . is empty")  # after 2 epochs
def test_same_seed_same_assignments_of_augmented_images(tmp_path):
    def convolve(recipe):
        small_runs.shorten_dec(recipe)
        images = get_recipe("dec", "usps", "best")
        recipe["network"] = images["network"]
        recipe["augmentation"] = images["augmentation"]

    first, second = (
        small_runs.train(
            tmp_path / name, shorten=convolve, dtype_policy="mixed_bfloat16"
        )
        for name in ("first", "second")
    )
    predicted = first.model.predict(first.x, verbose=0)
    assert np.array_equal(second.model.predict(first.x, verbose=0), predicted)


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


def test_layerwise_stages_resume_between_stages(tmp_path):
    settings = Settings(recipe="paper", pretrain_epochs=1, epochs=1)
    run = Run(settings, tmp_path, tensorboard=False)
    run.start()
    stopped_after = []

    def stop(index, name, save=run._save_finished):
        save(index, name)
        stopped_after.append(name)
        if name == "layerwise_2":
            raise KeyboardInterrupt

    run._save_finished = stop
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert stopped_after == ["layerwise_1", "layerwise_2"]
    resumed = Run(settings, tmp_path, tensorboard=False)
    resumed.start(resume=True)
    resumed.train()
    stages = [row["stage"] for row in read_log(tmp_path / "log.csv")]
    assert stages == [f"layerwise_{i}" for i in (1, 2, 3, 4)] + [
        "pretrain",
        "adapt",
        "fit",
    ]
    assert resumed.model.adapted


def test_mixed_precision_leaves_a_float32_model(tmp_path):
    settings = Settings(
        pretrain_epochs=2, epochs=1, dtype_policy="mixed_bfloat16"
    )
    assert "--dtype-policy mixed_bfloat16" in settings.command
    run = Run(settings, tmp_path, tensorboard=False)
    computed_in = set()
    train_stages = run._train_stages

    def train():
        computed_in.add(run.model.encoder.layers[-2].compute_dtype)
        train_stages()

    run.start()
    run._train_stages = train
    model = run.train()
    assert computed_in == {"bfloat16"}
    assert keras.config.dtype_policy().name == "float32"
    layers = [*model.encoder.layers, *model.decoder.layers, model.clustering]
    assert {layer.compute_dtype for layer in layers} == {"float32"}
    assert model.adapted and model.pretrained
    assert model.predict(run.x, verbose=0).dtype == "float32"


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
