"""What README.md and CONTRIBUTING.md tell people to type, works."""

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

import train
from kerasdc import zoo
from kerasdc.recipes import get_recipe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTEST = PROJECT["tool"]["pytest"]["ini_options"]
FIRST_RUN = "runs/dec_digits_best_0"


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


PROGRAMS = programs(README)
SHELL_BLOCKS = blocks(README, "bash") + blocks(CONTRIBUTING, "bash")
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


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_python_of_the_readme_runs(number, tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    monkeypatch.chdir(tmp_path)
    program = PROGRAMS[number]
    exec(program, {})
    for path in re.findall(r'(?:save|export_saved_model)\(.*"(.+)"', program):
        assert (tmp_path / path).exists()


def test_first_command_trains_and_reports(run_in, tmp_path):
    assert "python train.py" in COMMANDS
    shown = run_in(ROOT / "train.py")
    assert re.search(r"24/24.*/partition", shown)
    out = tmp_path / FIRST_RUN
    assert (out / "report.html").stat().st_size > 10_000
    assert (out / "serving" / "1" / "saved_model.pb").is_file()
    assert json.loads((out / "metrics.json").read_text())["accuracy"] > 0.8


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
        case ["pip", "install", "-e", target]:
            check_extras(target)
        case ["python", "train.py", *arguments]:
            check_training(arguments)
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
    options = train.parse_arguments(arguments)
    get_recipe(options.model, options.dataset, options.recipe)


def test_ci_installs_what_the_readme_says():
    extra = '-e ".[test]"'
    assert f"pip install {extra}" in COMMANDS
    lines = [line for line in CI.splitlines() if "#" not in line]
    assert any("pip install" in line and extra in line for line in lines)


def test_results_are_those_of_the_zoo(tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    copy = Path(shutil.copy(ROOT / "README.md", tmp_path))
    zoo.update_readme(copy)
    assert copy.read_text(encoding="utf-8") == README
