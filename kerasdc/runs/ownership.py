"""One owner for each run folder: a second training there is refused."""

import json
import os
import socket
import time
import weakref

from kerasdc.utils.locks import open_locked
from kerasdc.utils.locks import remove_locked


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
            descriptor = open_locked(self._path, wait=False)
        except BlockingIOError as error:
            raise self._refusal() from error
        if descriptor is None:
            return
        self._free = weakref.finalize(
            self, _free, self._path, descriptor, os.getpid()
        )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(_owner()).encode("utf-8"))

    def free(self):
        """Ends the ownership, if there is one."""
        if self._free is not None:
            self._free()

    def _refusal(self):
        try:
            owner = json.loads(self._path.read_bytes())
            who = "process {pid} on {host}, since {since}".format(**owner)
        except (KeyError, OSError, TypeError, ValueError):
            # It is just being written, or removed.
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
    if os.getpid() == pid:
        remove_locked(path, descriptor)
    else:  # in a copy of the process
        os.close(descriptor)
