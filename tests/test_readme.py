"""What README.md, CONTRIBUTING.md and docs/ tell people to type, works."""

import dataclasses
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import small_runs
from sklearn.cluster import KMeans

import train
from kerasdc import automatic
from kerasdc import baselines
from kerasdc import datasets
from kerasdc import metrics
from kerasdc import models
from kerasdc import zoo
from kerasdc.runs import own_data
from kerasdc.runs.command import settings_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTEST = PROJECT["tool"]["pytest"]["ini_options"]
FIRST_RUN = "runs/dec_digits_best_0"
WHOLE_BAR = r"(\d+)/\1\b.*/run"


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def programs(text):
    """Python blocks; one without its own import goes on where the last was."""
    found = []
    for block in blocks(text, "python"):
        if re.search(r"^import kerasdc$", block, re.M):
            found.append(block)
        else:
            found[-1] += block
    return found


def commands(block):
    """The commands of a shell block, without the words of a loop."""
    lines = re.split(r"\n|&&|;", block)
    lines = [re.sub(r"^\s*(do|done)\b", "", line).strip() for line in lines]
    return [s for s in lines if s and not re.fullmatch(r"for \w+ in .*", s)]


PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
PROGRAMS = {
    f"{page}:{i}": program
    for page, text in PAGES.items()
    for i, program in enumerate(programs(text))
}
SHELL_BLOCKS = [
    block
    for text in (*PAGES.values(), CONTRIBUTING)
    for block in blocks(text, "bash")
]
COMMANDS = sorted({c for block in SHELL_BLOCKS for c in commands(block)})


@pytest.fixture
def run_in(tmp_path):
    """A function that runs Python in an empty folder, warnings as errors."""
    warnings = [f"-W{line.strip()}" for line in PYTEST["filterwarnings"]]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    # The zoo is the repository's.
    environment.pop("KERASDC_ZOO", None)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *warnings, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


# === Python ===


def shortened(program):
    """The program with one epoch wherever it names a number of them."""
    return re.sub(r"""(\bepochs=|"epochs": )\d+""", r"\g<1>1", program)


@pytest.fixture
def short_stages(monkeypatch, eagerly):
    """Few digits, and one epoch wherever a program names no number."""
    digits = datasets.load("digits")
    few = dataclasses.replace(
        digits, x=digits.x[:200], y=digits.y[:200], num_train=200, num_test=0
    )
    monkeypatch.setattr(datasets, "load", lambda name: few)
    for system in models.SYSTEMS.values():
        monkeypatch.setattr(system, "default_epochs", 1)
    few_steps = {"pretrain_steps": 2, "fit_steps": 2}
    quick = functools.partial(automatic.cluster, **few_steps)
    monkeypatch.setattr(automatic, "cluster", quick)
    once = functools.partialmethod(models.Pretraining.pretrain, epochs=1)
    monkeypatch.setattr(models.Pretraining, "pretrain", once)
    with small_runs.few_steps():
        yield


@pytest.fixture
def run_program(tmp_path, monkeypatch):
    """A function that runs a program in an empty folder."""
    # The zoo is the repository's.
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(program):
        names = {}
        exec(program, names)
        written = r'\.(?:save|export|savefig)\((?:.*, )?"(.+?)"'
        for path in re.findall(written, program):
            assert (tmp_path / path).exists()
        return names

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_python_of_a_page_runs(name, short_stages, run_program):
    """Its calls and files: the trainings are cut, see `shortened`."""
    run_program(shortened(PROGRAMS[name]))


def test_programs_are_shortened():
    program = 'adapt({"num": 2, "epochs": 15}), fit(x, epochs=20)'
    expected = 'adapt({"num": 2, "epochs": 1}), fit(x, epochs=1)'
    assert shortened(program) == expected
    assert sum(shortened(p) != p for p in PROGRAMS.values()) >= 5


@pytest.fixture(scope="module")
def kmeans_accuracy():
    digits = datasets.load("digits")
    kmeans = KMeans(10, n_init=20, random_state=0)
    found = kmeans.fit_predict(digits.x.reshape(len(digits.x), -1))
    return metrics.clustering_accuracy(digits.y, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_python_of_a_page_beats_kmeans(name, run_program, kmeans_accuracy):
    """Word for word, with the epochs that people will copy."""
    model = run_program(PROGRAMS[name]).get("model")
    digits = datasets.load("digits")
    if isinstance(model, models.ClusteringModel):
        assignments = model.assign(digits.x)
        accuracy = metrics.clustering_accuracy(digits.y, assignments)
        assert accuracy >= kmeans_accuracy + 0.05
    elif model is not None:
        found = metrics.embedding_scores(model.embed(digits.x), digits.y)
        assert found["neighbor_error"] < 0.1


# === Commands ===


def check_first_run(folder, at_least):
    assert (folder / "report.html").stat().st_size > 10_000
    assert (folder / "serving" / "1" / "saved_model.pb").is_file()
    accuracy = json.loads((folder / "metrics.json").read_text())["accuracy"]
    assert accuracy > at_least


@pytest.mark.slow  # `test_training` has such a run
def test_first_command_reports(tmp_path, monkeypatch, capsys, eagerly):
    """In a few steps on a few digits."""
    assert "python train.py" in COMMANDS
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "load", small_runs.few_digits)
    with small_runs.quick_pictures(), small_runs.few_steps():
        short = ["--pretrain-epochs", "1", "--epochs", "1"]
        assert train.main(short) == 0
    assert re.search(WHOLE_BAR, capsys.readouterr().out)
    check_first_run(tmp_path / FIRST_RUN, at_least=0.1)


@pytest.mark.slow
def test_first_command_trains(run_in, tmp_path):
    assert re.search(WHOLE_BAR, run_in(ROOT / "train.py"))
    check_first_run(tmp_path / FIRST_RUN, at_least=0.9)


def test_list_command_prints_recipes_and_results(capsys, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    assert "python train.py --list" in COMMANDS
    assert train.main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"dec +mnist +best", printed)
    assert printed.endswith(zoo.results_table() + "\n")


def test_shell_can_read_the_blocks():
    for block in SHELL_BLOCKS:
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_one_that_works(command):
    match shlex.split(command):
        case ["git", "clone", address]:
            assert address == PROJECT["project"]["urls"]["Homepage"]
        case ["cd", folder]:
            assert folder == "kerasdc"
        case ["python", "examples/serving_client.py", *_]:
            pass  # test_serving_client runs it
        case ["pip", "install", "-e", target]:
            check_extras(target)
        case ["python", "train.py", *arguments]:
            check_training(arguments)
        case ["python", "-m", "kerasdc.zoo", "gallery", "gallery"]:
            pass  # test_gallery runs it
        case ["python", "-m", "kerasdc", *arguments]:
            own_data.parse_arguments(arguments)  # test_own_data runs it
        case ["python", "-m", "pytest"]:
            assert all((ROOT / path).is_dir() for path in PYTEST["testpaths"])
        case [".ci/run"]:
            assert os.access(ROOT / command, os.X_OK)
        case _:
            pytest.fail(f"Nothing here checks the command {command!r}")


def check_extras(target):
    folder, extras = re.fullmatch(r"(.+)\[(.+)\]", target).groups()
    assert folder == "."
    assert set(extras.split(",")) <= set(
        PROJECT["project"]["optional-dependencies"]
    )


def check_training(arguments):
    # In a loop over seeds.
    arguments = [a.replace("$seed", "0") for a in arguments]
    settings = settings_of(train.parse_arguments(arguments))
    if settings.system not in baselines.list_baselines():
        settings.values()
    assert settings.dataset in datasets.list_names()


def test_ci_installs_what_the_readme_says():
    extra = '-e ".[test]"'
    assert f"pip install {extra}" in COMMANDS
    lines = [line for line in CI.splitlines() if "#" not in line]
    assert any("pip install" in line and extra in line for line in lines)


def test_results_are_those_of_the_zoo(tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    for page, recipe in (("README.md", "best"), ("docs/results.md", None)):
        copy = Path(shutil.copy(ROOT / page, tmp_path))
        zoo.update_readme(copy, recipe=recipe)
        assert copy.read_text(encoding="utf-8") == PAGES[page]


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 250
