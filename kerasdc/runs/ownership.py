"""One owner for each run folder: a second training there is refused."""

import json
import os
import socket
import time
import weakref


class Ownership:
    """Who trains in a folder, as long as the process lives.

    The system frees a lock when its process ends, however it ends. On Windows
    nothing is locked.

    Args:
        folder: `pathlib.Path` of the run. The file `owner.json` in it says
            who owns it.
    """

    def __init__(self, folder):
        self._path = folder / "owner.json"
        self._free = None

    def take(self):
        """Makes this process the owner; an owner stays it.

        Raises:
            BlockingIOError: If another training owns the folder.
            OSError: If the file cannot be written or locked.
        """
        if self._free is not None and self._free.alive:
            return
        try:
            import fcntl
        except ImportError:
            return
        descriptor = self._open_locked(fcntl)
        self._free = weakref.finalize(
            self, _free, self._path, descriptor, os.getpid()
        )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(_owner()).encode("utf-8"))

    def free(self):
        """Ends the ownership, if there is one."""
        if self._free is not None:
            self._free()

    def _open_locked(self, fcntl):
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner = os.read(descriptor, 1000)
                os.close(descriptor)
                raise self._refusal(owner) from error
            except BaseException:
                os.close(descriptor)
                raise
            if _is_at(self._path, descriptor):
                return descriptor
            # The owner before has removed it; others may lock a new file.
            os.close(descriptor)

    def _refusal(self, owner):
        try:
            who = "process {pid} on {host}, since {since}".format(
                **json.loads(owner)
            )
        except (KeyError, TypeError, ValueError):  # it is just being written
            who = "another process"
        if who.startswith(f"process {os.getpid()} on {socket.gethostname()},"):
            who += " (this one: `close()` its run first)"
        return BlockingIOError(
            f"{self._path.parent} is being trained by {who}. Wait for it, "
            f"stop it, or use another --out. Received: "
            f"out={str(self._path.parent)!r}"
        )


def _owner():
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _free(path, descriptor, pid):
    if os.getpid() == pid:  # not in a copy of the process
        # Removed while it is locked: nobody else has it then.
        path.unlink(missing_ok=True)
    os.close(descriptor)


def _is_at(path, descriptor):
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
