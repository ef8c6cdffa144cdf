"""Files of others: of bounded size, and regular."""

import io
import os

import pytest

from kerasdc.utils import reading


def test_file_of_at_most_so_many_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert reading.read_bytes(path, 5) == b"12345"
    with pytest.raises(ValueError, match="at most 4 bytes. Received: file="):
        reading.read_bytes(path, 4)
    with pytest.raises(FileNotFoundError):
        reading.read_bytes(tmp_path / "none", 4)


def test_devices_pipes_and_folders_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", tmp_path):
        with pytest.raises(ValueError, match="must be a file.*Received"):
            reading.read_bytes(path, 100)


def test_as_much_as_there_is():
    data = bytes(3 * 2**20 + 1)
    for size in (0, 1, 2**20, len(data), len(data) + 5):
        assert reading.up_to(size, io.BytesIO(data)) == data[:size]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 10**6, b'{"a": 1}}']
)
def test_what_is_not_an_object(data):
    with pytest.raises(ValueError):
        reading.parse_json(data)


def test_object():
    assert reading.parse_json('{"é": [1]}'.encode()) == {"é": [1]}
