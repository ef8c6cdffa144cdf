"""Files and folders that are there whole or not at all, and locks."""

import contextlib
import csv
import errno
import glob
import io
import json
import os
import secrets
import shutil
import threading
import time

_STALE = 24 * 60 * 60  # seconds
_held = threading.local()  # what each thread has locked


# === Files ===


def replace(path, data):
    """Writes bytes so that `path` holds the old file or the new, never half.

    Args:
        path: `pathlib.Path` of the file. Its folder must exist.
        data: Its new bytes.

    Raises:
        OSError: If it cannot be written; then it is as it was.
    """
    # Threads of one process, too, may write the same file.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_space(folder, num_bytes):
    """Raises where a file would not fit.

    Args:
        folder: `pathlib.Path` of a folder that exists.
        num_bytes: Integer, size of the file.

    Raises:
        OSError: If the disk has less space left.
    """
    free = shutil.disk_usage(folder).free
    if free < num_bytes:
        raise OSError(
            errno.ENOSPC,
            f"The disk has {free:,} bytes left, {num_bytes:,} are needed. "
            f"Received: folder={str(folder)!r}",
        )


def write_text(path, text):
    """Writes a text in one move, and only where it changes the file.

    Args:
        path: `pathlib.Path` of the file.
        text: String.
    """
    data = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != data:
        replace(path, data)


def write_json(path, values):
    """Writes JSON for people to read, the same for the same values.

    Args:
        path: `pathlib.Path` of the file.
        values: Plain values.

    Raises:
        ValueError: If one is NaN or infinite, which JSON does not know.
    """
    write_text(path, json_text(values))


def json_text(values):
    """What `write_json` writes.

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
    """Writes a CSV file in one move.

    Args:
        path: `pathlib.Path` of the file.
        columns: Their names, in order.
        rows: Dictionaries; what one has not, is left empty.

    Raises:
        ValueError: If a row has other columns.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace(path, text.getvalue().encode("utf-8"))


# === Folders ===


@contextlib.contextmanager
def staged(target, overwrite=False):
    """A folder that takes its place only when all in it is written.

    What a killed process left of it is put right first: see `recover`.

    Args:
        target: `pathlib.Path` of the folder to make.
        overwrite: Boolean. Whether `target` may be there.

    Yields:
        `pathlib.Path` of an empty folder beside `target`.

    Raises:
        FileExistsError: If `target` is there and `overwrite` is not set.
        OSError: If it cannot be written; then `target` is as it was.
    """
    recover(target)
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"There is such a folder already. Received: {str(target)!r}"
        )
    # Not `tempfile`: other users, such as a server, may read the folder.
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
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
    """Ends what a process began before it was killed.

    Of a replacement that stopped half-way, the folder that was there comes
    back; one that is no longer needed goes, as does what was never finished
    and is older than a day.

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
        # A younger one may be another process's.
        if _age(folder) > _STALE:
            shutil.rmtree(folder, ignore_errors=True)


def _age(folder):
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:  # gone by now
        return 0.0


def _put_in_place(folder, target, overwrite):
    """Moves `folder` to `target`; what was there comes back on failure."""
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


# === Locks ===


@contextlib.contextmanager
def locked(path):
    """Keeps other processes and threads out, as long as the block lasts.

    A thread may enter a block again within its own. On Windows nothing is
    locked.

    Args:
        path: `pathlib.Path` of a folder, or of a file that is made for this
            and removed afterwards, in a folder that exists.

    Raises:
        OSError: If it cannot be opened or locked.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    key, held = path.resolve(), vars(_held).setdefault("paths", set())
    if key in held:
        yield
        return
    descriptor = _open_locked(path, fcntl)
    try:
        held.add(key)
        yield
    finally:
        held.discard(key)
        if not path.is_dir():
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _open_locked(path, fcntl):
    # Network file systems lock a file only where it is open for writing.
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    while True:
        descriptor = os.open(path, flags)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        if _is_of(path, descriptor):
            return descriptor
        # Whoever held it has removed it; others lock a new one by now.
        os.close(descriptor)


def _is_of(path, descriptor):
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
