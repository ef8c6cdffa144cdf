"""The models of a folder, while others publish or were killed."""

import json
import os

import pytest
from zoo_samples import NAME
from zoo_samples import make_entry

from kerasdc.zoo import entry
from kerasdc.zoo import index
from kerasdc.zoo import location

PREVIOUS = f".{NAME}.0123abcd.tmp.previous"


@pytest.fixture
def killed(tmp_path):
    """A zoo whose replacement of an entry ended after the first rename."""
    make_entry(tmp_path)
    make_entry(tmp_path, "dec_more")
    (tmp_path / NAME).rename(tmp_path / PREVIOUS)
    (tmp_path / f".{NAME}.0123abcd.tmp").mkdir()
    return tmp_path


def test_entry_on_its_way_is_listed(killed):
    assert location.names(killed) == [NAME, "dec_more"]
    place = index.place_of(killed, NAME)
    assert place.name == PREVIOUS
    index.check_indexed(place, NAME)
    before = json.loads((killed / index.INDEX).read_bytes())
    index.write_index(killed)
    assert json.loads((killed / index.INDEX).read_bytes()) == before


def test_entry_that_is_asked_for_is_put_back(killed):
    assert location.checked_folder(NAME, killed) == killed / NAME
    assert not (killed / PREVIOUS).exists()
    assert location.names(killed) == [NAME, "dec_more"]


def test_whoever_publishes_next_puts_it_back(killed):
    with location.locked(killed):
        assert (killed / NAME).is_dir()
        with location.locked(killed):
            assert not (killed / PREVIOUS).exists()


def test_readers_need_not_write(killed, monkeypatch):
    def refuse(*paths):
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "replace", refuse)
    assert location.checked_folder(NAME, killed) == killed / PREVIOUS


def test_newest_of_several_is_taken(killed):
    older = killed / f".{NAME}.89abcdef.tmp.previous"
    older.mkdir()
    os.utime(older, (1, 1))
    assert index.place_of(killed, NAME).name == PREVIOUS


def test_other_folders_are_no_entries(tmp_path):
    make_entry(tmp_path)
    for name in ("My_model", "notes", f".{NAME}.0123abcd.tmp", "a_b" * 50):
        (tmp_path / name).mkdir()
        (tmp_path / name / entry.METADATA).touch()
    (tmp_path / ".dec_x.0123abcd.tmp.previous").mkdir()
    index.write_index(tmp_path)
    assert location.names(tmp_path) == [NAME]
    index.check_indexed(tmp_path / NAME, NAME)


def test_old_and_new_metadata_are_valid_while_they_are_exchanged(tmp_path):
    make_entry(tmp_path)
    old = (tmp_path / NAME / entry.METADATA).read_bytes()
    with index.exchanging(tmp_path, {NAME: "0" * 64}):
        index.check_indexed(tmp_path / NAME, NAME)
        (tmp_path / NAME / entry.METADATA).write_bytes(old + b" ")
        with pytest.raises(ValueError, match="Expected SHA-256 .* or 0000"):
            index.check_indexed(tmp_path / NAME, NAME)
    index.check_indexed(tmp_path / NAME, NAME)
