import numpy as np
import pytest

from kerasdc.utils.mapped import PageLimit
from kerasdc.utils.mapped import blocks
from kerasdc.utils.mapped import extremes
from kerasdc.utils.mapped import is_mapped
from kerasdc.utils.mapped import mapping_of
from kerasdc.utils.mapped import release

X = np.random.default_rng(0).normal(size=(1000, 3)).astype("float32")


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return tmp_path / "x.npy"


def resident_kilobytes():
    """What this process has of files."""
    with open("/proc/self/status", encoding="utf-8") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["RssFile"].split()[0])


def test_views_of_a_mapped_file_are_mapped(path):
    mapped = np.load(path, mmap_mode="r")
    views = (mapped, np.asarray(mapped), mapped[5:], mapped.view("int32"))
    for view in views:
        assert is_mapped(view)
        assert mapping_of(view) is mapped._mmap
    assert not is_mapped(X)
    assert mapping_of(mapped[[1, 2]]) is None


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_what_was_written_stays_when_pages_are_released(path, mode):
    mapped = np.load(path, mmap_mode=mode)
    mapped[7] = 5
    release(np.asarray(mapped), X)
    expected = X.copy()
    expected[7] = 5
    assert np.array_equal(mapped, expected)
    # Changes of a private copy would be lost: it is not released.
    assert (mapping_of(mapped) is None) == (mode == "c")


def test_blocks_are_all_rows_and_leave_little_in_memory(tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "large.npy"
    large = np.lib.format.open_memmap(path, "w+", "uint8", (64, 2**20))
    large.flush()
    del large
    mapped = np.load(path, mmap_mode="r")
    before, most, rows = resident_kilobytes(), 0, 0
    for place, block in blocks(mapped, 2**22):
        assert np.shares_memory(block, mapped[place])
        assert block.sum() == 0
        rows += len(block)
        most = max(most, resident_kilobytes() - before)
    assert rows == 64
    assert most < 16 * 1024  # of 64 MB


def test_blocks_are_at_least_a_row():
    sizes = [len(block) for _, block in blocks(X, num_bytes=1)]
    assert sizes == 1000 * [1]


def test_extremes():
    assert extremes(X) == (X.min(), X.max())
    spoiled = X.copy()
    spoiled[500, 1] = np.nan
    assert np.isnan(extremes(spoiled)).all()


def test_a_limit_releases_when_much_was_touched(path, monkeypatch):
    released = []
    monkeypatch.setattr(
        "kerasdc.utils.mapped.release", lambda *arrays: released.append(arrays)
    )
    mapped = np.load(path, mmap_mode="r")
    limit = PageLimit(mapped, X)
    limit.touch(32)
    assert not released
    limit.touch(32)
    assert [len(arrays) for arrays in released] == [1]  # X is in memory
    PageLimit(X).touch(10**9)
    assert len(released) == 1
