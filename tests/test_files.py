import json
import os
import threading
import time

import pytest

from kerasdc.utils import files
from kerasdc.utils.files import recover
from kerasdc.utils.files import staged

# === Files ===


def test_file_is_the_old_or_the_new(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.replace(path, b"old")
    assert path.read_bytes() == b"old"

    def fail(*paths):
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_threads_may_write_one_file(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([i]) * 100_000 for i in range(8)]
    threads = [
        threading.Thread(target=files.replace, args=(path, content))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert os.listdir(tmp_path) == ["file"]


def test_equal_text_is_not_written(tmp_path):
    path = tmp_path / "file"
    files.write_text(path, "é\n")
    before = path.stat()
    files.write_text(path, "é\n")
    assert path.stat().st_ino == before.st_ino
    files.write_text(path, "è\n")
    assert path.read_bytes() == "è\n".encode()


def test_json_is_for_people_and_for_every_reader(tmp_path):
    path = tmp_path / "file"
    files.write_json(path, {"a": [1, "é"], "b": None})
    text = path.read_text(encoding="utf-8")
    assert text == '{\n  "a": [\n    1,\n    "é"\n  ],\n  "b": null\n}\n'
    assert json.loads(text) == {"a": [1, "é"], "b": None}
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            files.write_json(path, {"a": value})
    assert path.read_text(encoding="utf-8") == text


def test_csv(tmp_path):
    path = tmp_path / "file"
    files.write_csv(path, ("a", "b"), [{"a": 1, "b": "x,y"}, {"a": 2}])
    assert path.read_bytes() == b'a,b\n1,"x,y"\n2,\n'
    with pytest.raises(ValueError, match="'c'"):
        files.write_csv(path, ("a", "b"), [{"c": 1}])
    assert path.read_bytes() == b'a,b\n1,"x,y"\n2,\n'


# === Folders ===


def write(target, text, overwrite=False):
    with staged(target, overwrite) as folder:
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
    write(target, "again", overwrite=True)
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
        with staged(target, overwrite=True):
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
