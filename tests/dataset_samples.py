"""A server and small sets that the tests of data sets share."""

import hashlib
import http.server
import os
import re
import time

import numpy as np
import pytest

from kerasdc.datasets import store

REAL = os.environ.get("KERASDC_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="KERASDC_DATA is not set")


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; can misbehave as `Server` says."""

    def do_GET(self):
        data = self.server.files.get(self.path[1:])
        start = self.server.range_start(self.headers["Range"])
        self.server.starts.append(start)
        self.server.logins.append(self.headers["Authorization"])
        if self.server.redirect:
            self.send_response(302)
            self.send_header("Location", self.server.redirect)
            return self.end_headers()
        if data is None:
            return self.send_error(404)
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if not self.server.endless:
            self.send_header("Content-Length", str(len(data) - start))
        if start:
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send_header("Content-Range", span)
        if self.server.pause != "headers":
            self.end_headers()
        self.send_all(data[start:][: self.server.limit])

    def send_all(self, data):
        try:
            if self.server.pause:
                for _ in range(1000):
                    self.wfile.write(b"x")
                    time.sleep(0.01)
            self.wfile.write(data)
            while self.server.endless:
                self.server.sent += self.wfile.write(bytes(2**16))
        except OSError:  # the client has had enough
            pass

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.starts, self.logins = {}, [], []
        # Bytes sent before the connection is cut, and whether ranges work.
        self.limit, self.ranges = None, True
        self.shift = 0  # how far ranges begin from where they should
        self.redirect = None  # where all requests are sent on to
        self.pause = None  # what comes byte by byte: "headers", "body"
        self.endless, self.sent = False, 0  # more than there is, for ever

    def range_start(self, header):
        found = re.match(r"bytes=(\d+)-$", header or "")
        return int(found[1]) + self.shift if found and self.ranges else 0

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()


def save_toy(folder, value):
    x = np.full((3, 2), value, np.uint8)
    y = np.array([0, 1, 1], np.uint8)
    store.write(folder / "toy.npz", {"x": x, "y": y})
