"""Files of others, read so that none can hang or fill the memory."""

import json
import os
import stat

_BLOCK = 2**20


def read_bytes(path, max_bytes):
    """Reads a file of bounded size.

    A pipe or a device is refused, not waited for.

    Args:
        path: `pathlib.Path`.
        max_bytes: Integer, the largest size.

    Returns:
        Bytes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is larger, or not a regular file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(
            f"{path.name} must be a file, not a folder, pipe or device. "
            f"Received: file={str(path)!r}"
        )
    # It may be another file by now: without waiting, no pipe blocks.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        data = up_to(max_bytes + 1, file)
    if len(data) > max_bytes:
        raise ValueError(
            f"{path.name} may have at most {max_bytes:,} bytes. "
            f"Received: file={str(path)!r}"
        )
    return data


def up_to(num_bytes, file):
    """Reads the first bytes of a file, with memory for no more than it has.

    Args:
        num_bytes: Integer.
        file: Binary file, open for reading.

    Returns:
        Bytes: so many, or all.
    """
    blocks, left = [], num_bytes
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)


def parse_json(data):
    """The object that JSON describes.

    Args:
        data: Bytes.

    Returns:
        Dictionary.

    Raises:
        ValueError: If it is not JSON, or not of an object.
    """
    try:
        values = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError("it must hold names and values")
    return values
