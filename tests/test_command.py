"""The command line: signals, terminals, paths."""

import io
import os
import signal
import sys
import threading

import pytest
import small_runs
import systems

import train
from kerasdc import datasets
from kerasdc import zoo
from kerasdc.runs import command
from kerasdc.runs import ownership
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings

SHORT = ["--model", "imsat", "--recipe", "paper", "--epochs", "3"]


def stopped(out, monkeypatch, number):
    """Exit status of a training that gets a signal in its second epoch."""

    def stop():
        os.kill(os.getpid(), number)

    monkeypatch.setattr(datasets, "load", small_runs.few_digits)
    with systems.eager(), small_runs.stopped_by(stop, "fit", 1):
        return train.main([*SHORT, "--out", str(out)])


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_a_signal_ends_the_run_in_one_line(
    number, status, tmp_path, monkeypatch, capsys
):
    before = signal.getsignal(number)
    assert stopped(tmp_path / "a b", monkeypatch, number) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert f"stopped by {number.name}. Every finished epoch is saved" in line
    command = f"train.py {' '.join(SHORT)} --out '{tmp_path}/a b' --resume"
    assert line.endswith(command)
    assert signal.getsignal(number) is before
    assert not (tmp_path / "a b" / "owner.json").exists()
    assert (tmp_path / "a b/backup/fit/epoch_1.sha256").is_file()
    stages = small_runs.stages_of(tmp_path / "a b")
    assert stages == [("adapt", "1"), ("fit", "1")]


def test_a_closed_terminal_ends_a_run_likewise():
    with pytest.raises(train.Stopped) as stop, train.stoppable():
        os.kill(os.getpid(), signal.SIGHUP)
    assert train.explain_stop(stop.value, []) == 129


def test_a_signal_that_is_ignored_stays_so(monkeypatch):
    """As `nohup` wants it."""
    monkeypatch.setattr(train, "_stop", lambda *_: pytest.fail("not ignored"))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with train.stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_handle_no_signals():
    found = []

    def run():
        with train.stoppable():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def test_list_is_stopped_without_a_hint(monkeypatch, capsys):
    monkeypatch.setattr(command, "print_list", small_runs.interrupt)
    assert train.main(["--list"]) == 130
    assert capsys.readouterr().err == "train.py: stopped by SIGINT.\n"


def test_list_on_a_terminal_of_few_characters(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert train.main(["--list"]) == 0
    terminal.flush()
    printed = terminal.buffer.getvalue().decode("ascii")
    assert "paper_short" in printed
    assert "+-" in printed
    assert "±" in zoo.results_table()


@pytest.mark.parametrize("out", ["", "gs://bucket/run", "a\0b"])
def test_a_folder_that_is_no_local_path(out, capsys):
    assert train.main([*SHORT, "--out", out]) == 2
    assert "`out` must be a path of this machine" in capsys.readouterr().err


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_training_in_a_folder_is_refused(resume, tmp_path, capsys):
    arguments = [*SHORT, "--out", str(tmp_path)]
    settings = Settings(system="imsat", recipe="paper", epochs=3)
    with Run(settings, tmp_path) as run:
        run.start()
        kept = (tmp_path / "settings.json").read_bytes()
        again = [*arguments, *(["--resume"] if resume else [])]
        assert train.main(again) == 2
        message = capsys.readouterr().err
        assert f"is being trained by process {os.getpid()} on" in message
        assert {path.name for path in tmp_path.iterdir()} == {
            "owner.json",
            "settings.json",
        }
    assert (tmp_path / "settings.json").read_bytes() == kept
    assert not (tmp_path / "owner.json").exists()


def test_of_two_that_start_at_once_one_wins(tmp_path):
    """Of many pairs that begin in the same moment."""
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        owners = [ownership.Ownership(folder) for _ in range(2)]
        gate, won = threading.Barrier(2), []

        def start(owner, gate=gate, won=won):
            gate.wait()
            try:
                owner.take()
                won.append(owner)
            except BlockingIOError:
                pass

        threads = [threading.Thread(target=start, args=[o]) for o in owners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        won[0].free()
