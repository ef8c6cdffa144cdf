"""Locks of files and folders; the system frees them when a process ends.

On Windows nothing is locked.
"""

import contextlib
import os
import threading

try:
    import fcntl
except ImportError:
    fcntl = None

_held = threading.local()  # the paths locked by each thread


@contextlib.contextmanager
def locked(path):
    """Excludes other processes and threads while the block runs.

    A thread may lock the same path again inside the block.

    Args:
        path: `pathlib.Path` of an existing folder, which may be read-only, or
            of a lock file, which is made and removed again.

    Raises:
        OSError: If it cannot be opened or locked.
    """
    key, held = path.resolve(), vars(_held).setdefault("paths", set())
    if key in held or fcntl is None:
        yield
        return
    descriptor = open_locked(path)
    try:
        held.add(key)
        yield
    finally:
        held.discard(key)
        if path.is_dir():
            os.close(descriptor)
        else:
            remove_locked(path, descriptor)


def open_locked(path, wait=True):
    """Opens and locks a file or folder until its descriptor is closed.

    Args:
        path: `pathlib.Path` of an existing folder, or of a file, which is
            made if it is missing.
        wait: Boolean. Whether to wait for whoever has locked it.

    Returns:
        Integer, the descriptor, or `None` on Windows.

    Raises:
        BlockingIOError: If it is locked, and `wait` is not set.
        OSError: If it cannot be opened or locked.
    """
    if fcntl is None:
        return None
    kind = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
    # Network file systems lock files only if they are open for writing.
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            fcntl.flock(descriptor, kind)
        except BaseException:
            os.close(descriptor)
            raise
        if _is_of(path, descriptor):
            return descriptor
        # The previous holder has removed it; others may lock a new file.
        os.close(descriptor)


def remove_locked(path, descriptor):
    """Removes a file while it is locked, so that nobody else has it then.

    Args:
        path: `pathlib.Path` of the file, which may be gone.
        descriptor: Integer, of `open_locked`.
    """
    path.unlink(missing_ok=True)
    os.close(descriptor)


def _is_of(path, descriptor):
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
