"""Folders that are there whole or not at all."""

import contextlib
import os
import secrets
import shutil


@contextlib.contextmanager
def staged(target, replace=False):
    """A folder that takes its place only when all in it is written.

    Args:
        target: `pathlib.Path` of the folder to make.
        replace: Boolean. Whether `target` may be there.

    Yields:
        `pathlib.Path` of an empty folder beside `target`.

    Raises:
        FileExistsError: If `target` is there and `replace` is not set.
        OSError: If it cannot be written; then `target` is as it was.
    """
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
