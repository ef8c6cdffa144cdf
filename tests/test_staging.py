import os
import time

import pytest

from kerasdc.staging import recover
from kerasdc.staging import staged


def write(target, text, replace=False):
    with staged(target, replace=replace) as folder:
        (folder / "file").write_text(text)


def test_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a" / "entry"
    with pytest.raises(KeyError):
        with staged(target) as folder:
            (folder / "file").write_text("half")
            raise KeyError
    assert os.listdir(tmp_path / "a") == []
    write(target, "whole")
    with pytest.raises(FileExistsError, match="Received: "):
        write(target, "again")
    write(target, "again", replace=True)
    assert (target / "file").read_text() == "again"
    assert os.listdir(tmp_path / "a") == ["entry"]


def test_replacement_killed_half_way_is_undone(tmp_path, monkeypatch):
    target = tmp_path / "entry"
    write(target, "old")
    # Where a kill leaves it: after the first of two moves.
    target.rename(tmp_path / ".entry.0123abcd.tmp.previous")
    write(tmp_path / "other", "other")
    assert not target.exists()
    with pytest.raises(KeyError):
        with staged(target, replace=True):
            assert (target / "file").read_text() == "old"
            raise KeyError
    assert sorted(os.listdir(tmp_path)) == ["entry", "other"]
    assert (target / "file").read_text() == "old"


def test_leftovers_go(tmp_path):
    target = tmp_path / "entry"
    write(target, "new")
    names = [".entry.0123abcd.tmp.previous", ".entry.0123abcd.tmp"]
    names += [".entry.89ab4567.tmp", ".entry_2.0123abcd.tmp"]
    for name in names:
        (tmp_path / name).mkdir()
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    for name in (names[1], names[3]):
        os.utime(tmp_path / name, (two_days_ago, two_days_ago))
    recover(target)
    # One may be in use, the other is not of this folder.
    assert sorted(os.listdir(tmp_path)) == [names[2], names[3], "entry"]
    assert (target / "file").read_text() == "new"
