"""Folders that are there whole or not at all."""

import contextlib
import glob
import os
import secrets
import shutil
import time

_STALE = 24 * 60 * 60  # seconds


@contextlib.contextmanager
def staged(target, replace=False):
    """A folder that takes its place only when all in it is written.

    What a killed process left of it is put right first: see `recover`.

    Args:
        target: `pathlib.Path` of the folder to make.
        replace: Boolean. Whether `target` may be there.

    Yields:
        `pathlib.Path` of an empty folder beside `target`.

    Raises:
        FileExistsError: If `target` is there and `replace` is not set.
        OSError: If it cannot be written; then `target` is as it was.
    """
    recover(target)
    if target.exists() and not replace:
        raise FileExistsError(
            f"There is such a folder already. Received: {str(target)!r}"
        )
    # Not `tempfile`: other users, such as a server, may read the folder.
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        folder.mkdir(parents=True)
        yield folder
        _put_in_place(folder, target, replace)
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


def _put_in_place(folder, target, replace):
    """Moves `folder` to `target`; what was there comes back on failure."""
    if not (replace and target.exists()):
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
