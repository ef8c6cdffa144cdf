"""Files and folders written atomically."""

import contextlib
import csv
import errno
import glob
import io
import json
import os
import pathlib
import secrets
import shutil
import time

from kerasdc.utils.arguments import shown

_STALE = 24 * 60 * 60  # seconds


# === Files ===


def local_path(name, value):
    """A path of the user's as a `pathlib.Path`, or raises.

    Args:
        name: String, the argument's name.
        value: String or path; `~` is the home folder.

    Returns:
        `pathlib.Path`.

    Raises:
        ValueError: If it is something else, empty, or an address such as
            `gs://bucket`, which would be a local folder named `gs:`.
    """
    is_path = isinstance(value, (str, os.PathLike)) and os.fspath(value)
    if not is_path or "://" in str(value) or "\0" in str(value):
        raise ValueError(
            f"`{name}` must be a path of this machine, not an address. "
            f"Received: {name}={shown(value)}"
        )
    return pathlib.Path(value).expanduser()


def replace(path, data):
    """Writes bytes atomically: `path` has either the old content or the new.

    Args:
        path: `pathlib.Path` of the file. Its folder must exist.
        data: Its new bytes.

    Raises:
        OSError: If it cannot be written; it is unchanged then.
    """
    temporary = temporary_beside(path)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_beside(path):
    """Where a file or folder is written that is then renamed to `path`.

    Args:
        path: `pathlib.Path`.

    Returns:
        `pathlib.Path` in the same folder, another one each time, because
        several threads may write the same file.
    """
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def check_space(folder, num_bytes):
    """Raises unless the disk has space for a file.

    Args:
        folder: `pathlib.Path` of an existing folder.
        num_bytes: Integer, size of the file.

    Raises:
        OSError: If the disk has less free space.
    """
    free = shutil.disk_usage(folder).free
    if free < num_bytes:
        raise OSError(
            errno.ENOSPC,
            f"The disk has {free:,} bytes left, {num_bytes:,} are needed. "
            f"Received: folder={str(folder)!r}",
        )


def write_text(path, text):
    """Writes text atomically, and only if it changes the file.

    Args:
        path: `pathlib.Path` of the file.
        text: String.
    """
    data = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != data:
        replace(path, data)


def write_json(path, values):
    """Writes indented JSON atomically, and only if it changes the file.

    Args:
        path: `pathlib.Path` of the file.
        values: Plain values.

    Raises:
        ValueError: If one is NaN or infinite, which JSON does not support.
    """
    write_text(path, json_text(values))


def json_text(values):
    """The text that `write_json` writes.

    Args:
        values: Plain values.

    Returns:
        String.

    Raises:
        ValueError: As `write_json`.
    """
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def write_csv(path, columns, rows):
    """Writes a CSV file atomically.

    Args:
        path: `pathlib.Path` of the file.
        columns: Column names, in order.
        rows: Dictionaries; missing values are left empty.

    Raises:
        ValueError: If a row has an unknown column.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace(path, text.getvalue().encode("utf-8"))


# === Folders ===


@contextlib.contextmanager
def staged(target, overwrite=False):
    """Writes a folder atomically: it is renamed to `target` at the end.

    What a killed process left behind is cleaned up first: see `recover`.

    Args:
        target: `pathlib.Path` of the folder to make.
        overwrite: Boolean. Whether `target` may exist.

    Yields:
        `pathlib.Path` of an empty folder next to `target`, to write to.

    Raises:
        FileExistsError: If `target` exists and `overwrite` is not set.
        OSError: If it cannot be written; `target` is unchanged then.
    """
    recover(target)
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"The folder already exists. Received: {str(target)!r}"
        )
    # Not `tempfile`, whose folders other users, such as a server, cannot read.
    folder = temporary_beside(target)
    try:
        folder.mkdir(parents=True)
        yield folder
        _put_in_place(folder, target, overwrite)
    except OSError as error:
        raise OSError(
            f"The folder could not be written, nothing was changed: {error}. "
            f"Received: {str(target)!r}"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recover(target):
    """Cleans up after a process that was killed inside `staged`.

    If a replacement was interrupted, the previous folder is restored. Unused
    previous folders are deleted, and unfinished ones older than a day.

    Args:
        target: `pathlib.Path` of a folder that `staged` makes.
    """
    # The names that `staged` and `_put_in_place` make.
    unfinished = f".{glob.escape(target.name)}.{'[0-9a-f]' * 8}.tmp"
    if not target.parent.is_dir():
        return
    previous = list(target.parent.glob(f"{unfinished}.previous"))
    for folder in sorted(previous, key=_age):
        if target.exists():
            shutil.rmtree(folder, ignore_errors=True)
        else:
            os.replace(folder, target)
    for folder in target.parent.glob(unfinished):
        # A newer one may belong to a running process.
        if _age(folder) > _STALE:
            shutil.rmtree(folder, ignore_errors=True)


def interrupted(folder):
    """Folders that a kill inside `staged` moved away, by their names.

    Args:
        folder: `pathlib.Path` of the folder around them.
    """
    previous = sorted(folder.glob(".*.tmp.previous"), key=_age, reverse=True)
    found = {path.name[1:].rsplit(".", 3)[0]: path for path in previous}
    return {k: v for k, v in found.items() if not (folder / k).exists()}


def _age(folder):
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:  # deleted meanwhile
        return 0.0


def _put_in_place(folder, target, overwrite):
    """Moves `folder` to `target`; restores the previous one on failure."""
    if not (overwrite and target.exists()):
        os.replace(folder, target)
        return
    previous = folder.with_name(folder.name + ".previous")
    os.replace(target, previous)
    try:
        os.replace(folder, target)
    except OSError:
        os.replace(previous, target)
        raise
    shutil.rmtree(previous, ignore_errors=True)
