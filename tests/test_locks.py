import os
import threading

import pytest

from kerasdc.utils import locks


class Visitor(threading.Thread):
    """Enters a locked block, and stays until it is let go."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.entered = threading.Event()
        self.leave = threading.Event()
        self.start()

    def run(self):
        with locks.locked(self.path):
            self.entered.set()
            self.leave.wait(10)

    def waits(self):
        return not self.entered.wait(0.3)


@pytest.mark.parametrize("name", ["folder", "file"])
def test_one_after_the_other(tmp_path, name):
    (tmp_path / "folder").mkdir()
    path = tmp_path / name
    with locks.locked(path):
        with locks.locked(path):  # its own thread may
            pass
        visitor = Visitor(path)
        assert visitor.waits()
    assert visitor.entered.wait(10)
    visitor.leave.set()
    visitor.join()
    assert os.listdir(tmp_path) == ["folder"]


def test_lock_that_was_removed_keeps_nobody_out(tmp_path):
    path = tmp_path / "file"
    with locks.locked(path):
        second = Visitor(path)
        assert second.waits()
    # It waited for a file that is gone: its lock is another one now.
    assert second.entered.wait(10)
    third = Visitor(path)
    assert third.waits()
    second.leave.set()
    assert third.entered.wait(10)
    third.leave.set()
    third.join()
    assert os.listdir(tmp_path) == []


def test_lock_is_given_back_after_an_error(tmp_path):
    with pytest.raises(KeyError):
        with locks.locked(tmp_path):
            raise KeyError
    visitor = Visitor(tmp_path)
    assert visitor.entered.wait(10)
    visitor.leave.set()
    visitor.join()


def test_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError):
        with locks.locked(tmp_path / "none" / "file"):
            pass


@pytest.mark.parametrize("name", ["folder", "file"])
def test_who_does_not_wait_is_told(tmp_path, name):
    (tmp_path / "folder").mkdir()
    path = tmp_path / name
    with locks.locked(path):
        with pytest.raises(BlockingIOError):
            locks.open_locked(path, wait=False)
    os.close(locks.open_locked(path, wait=False))
