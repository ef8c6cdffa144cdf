"""Baselines by the command line: what a run leaves, what is refused."""

import csv
import dataclasses
import json

import keras
import numpy as np
import pytest
import small_runs

import train
from kerasdc import baselines
from kerasdc import datasets
from kerasdc import metrics
from kerasdc import zoo
from kerasdc.runs import baseline_run
from kerasdc.runs.baseline_run import BaselineRun
from kerasdc.runs.settings import Settings
from kerasdc.zoo import readmes

FILES = {"assignments.csv", "metrics.json", "settings.json"}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch):
    monkeypatch.setattr(datasets, "load", small_runs.few_digits)


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo without models, and a README beside it; returns its folder."""
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "zoo"))
    (tmp_path / "README.md").write_text(f"{readmes.BEGIN}\n{readmes.END}\n")
    return tmp_path / "zoo"


def run(out, *arguments):
    return train.main(["--out", str(out), *arguments])


def clusters_of(out):
    with open(out / "assignments.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows] == list(range(len(rows)))
    return [int(row["cluster"]) for row in rows]


def test_a_run_leaves_figures_and_assignments(tmp_path, own_zoo, capsys):
    out = tmp_path / "out"
    assert run(out, "--model", "kmeans", "--seed", "3", "--publish") == 0
    assert "Added kmeans on digits, seed 3" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == FILES
    figures = json.loads((out / "metrics.json").read_text())
    (row,) = zoo.read_results(own_zoo)
    rounded = {name: round(figures[name], 5) for name in zoo.results.SCORES}
    assert row == {**figures, **rounded}
    assert (row["system"], row["recipe"], row["seed"]) == ("kmeans", "plain", 3)
    assert (row["backend"], row["objective"]) == ("scikit-learn", None)
    assert (row["split"], row["num_samples"]) == ("all", 300)
    digits = small_runs.few_digits()
    kmeans = baselines.kmeans(10, random_state=3)
    expected = kmeans.fit_predict(digits.x)
    np.testing.assert_array_equal(clusters_of(out), expected)
    expected = metrics.evaluate(digits.y, expected)
    assert {name: figures[name] for name in expected} == expected
    settings = json.loads((out / "settings.json").read_text())
    assert settings["values"] == {
        "estimator": "Pipeline(steps=[('preparation', Preparation()), "
        "('kmeans', KMeans(n_clusters=10, n_init=10, random_state=3))])"
    }
    assert {path.name for path in own_zoo.iterdir()} >= {"results.csv"}
    assert zoo.list_models(zoo_dir=own_zoo) == []
    assert "kmeans" in (own_zoo / "README.md").read_text(encoding="utf-8")


def test_held_out_samples_are_assigned_and_not_fitted(tmp_path):
    assert run(tmp_path, "--model", "pca_kmeans", "--split", "test") == 0
    digits = small_runs.few_digits()
    fitted = baselines.pca_kmeans(10, random_state=0).fit(digits.x[:240])
    expected = fitted.predict(digits.x[240:])
    np.testing.assert_array_equal(clusters_of(tmp_path), expected)
    figures = json.loads((tmp_path / "metrics.json").read_text())
    assert (figures["split"], figures["num_samples"]) == ("test", 60)


def test_labels_are_for_scores_only(tmp_path, monkeypatch):
    assert run(tmp_path / "a", "--model", "ward") == 0
    digits = small_runs.few_digits()
    other = dataclasses.replace(digits, y=digits.y[::-1].copy())
    monkeypatch.setattr(datasets, "load", lambda *args: other)
    assert run(tmp_path / "b", "--model", "ward") == 0
    assert clusters_of(tmp_path / "a") == clusters_of(tmp_path / "b")


def test_a_run_is_not_overwritten_but_begun_again(tmp_path, capsys):
    ward = ["--model", "ward"]
    assert run(tmp_path, *ward) == 0
    assert run(tmp_path, *ward) == 2
    assert "holds a run" in capsys.readouterr().err
    assert run(tmp_path, *ward, "--resume") == 0
    assert run(tmp_path, "--model", "kmeans", "--resume") == 2
    assert "system, values differ" in capsys.readouterr().err


def test_an_autoencoder_computes_by_the_policy(tmp_path):
    policy = "mixed_bfloat16"
    settings = Settings(
        system="autoencoder_kmeans", recipe="plain", dtype_policy=policy
    )
    run = BaselineRun(settings, tmp_path)
    run.start()
    run.estimator.set_params(autoencodercode__num_steps=2)
    encoder = run.train()["autoencodercode"].model_.encoder
    assert "bfloat16" in {layer.compute_dtype for layer in encoder.layers}
    backend = baseline_run.write_baseline(run)["backend"]
    assert backend == f"{keras.backend.backend()}/{policy}"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ward", "--split", "test"], "ward cannot assign samples"),
        (["spectral", "--split", "test"], "spectral cannot assign samples"),
        (["lsa_kmeans"], "takes data of the kind text only"),
        (
            ["kmeans", "--recipe", "best"],
            "recipe of a baseline is 'plain'",
        ),
        (["kmeans", "--epochs", "3"], "no `epochs`"),
        (["kmeans", "--pretrain-epochs", "3"], "no `pretrain_epochs`"),
        (["kmeans", "--dtype-policy", "float32"], "no `dtype_policy`"),
        (["kmeans", "--seed", "-1"], "Received: seed=-1"),
        (["kmeens"], "Unknown system or baseline; the closest names are"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(out, "--model", *arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "Received: " in error
    assert not out.exists()


def test_data_without_parts_have_no_test(tmp_path, monkeypatch):
    whole = dataclasses.replace(
        small_runs.few_digits(), num_train=None, num_test=None
    )
    monkeypatch.setattr(datasets, "load", lambda *args: whole)
    settings = Settings(system="kmeans", recipe="plain", split="test")
    with pytest.raises(ValueError, match="no split into train and test"):
        BaselineRun(settings, tmp_path)


def test_missing_umap_ends_the_run_before_it_begins(
    tmp_path, monkeypatch, capsys
):
    def missing(*args):
        raise ImportError("needs umap-learn. Received: umap missing")

    monkeypatch.setattr(baseline_run, "make_baseline", missing)
    out = tmp_path / "out"
    assert run(out, "--model", "umap_gmm") == 2
    assert "needs umap-learn" in capsys.readouterr().err
    assert not out.exists()


def test_list_names_baselines(capsys):
    assert train.main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert ", ".join(baselines.list_baselines()) in printed
