"""A small server of files with ranges, which fails as it is told: a peer for downloads, and for S3's GetObject."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Server:
    """What it serves and how it fails.

    ``failures``: in turn, what becomes of the next requests: a status, a status with Retry-After, or (as a text) the
    number of bytes after which the connection is cut.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    failures: list[int | tuple[int, str] | str] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tag: str = ""
    moved: dict[str, str] = field(default_factory=dict)
    lengths: bool = True


@contextmanager
def serving() -> Iterator[Server]:
    """A server on this machine, as long as the context lasts."""
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            told.requests.append((self.path, dict(self.headers.items())))
            failure = told.failures.pop(0) if told.failures else None
            if isinstance(failure, (int, tuple)):
                status, after = failure if isinstance(failure, tuple) else (failure, "")
                self.send_response(status)
                if after:
                    self.send_header("Retry-After", after)
                return self._end(b"")
            if self.path in told.moved:
                self.send_response(302)
                self.send_header("Location", told.moved[self.path])
                return self._end(b"")
            decoded = unquote(self.path)  # clients differ in what they encode
            held = next((data for path, data in told.files.items() if unquote(path) == decoded), None)
            if held is None:
                self.send_response(404)
                return self._end(b"")
            tag = told.tag or f'"{hashlib.md5(held).hexdigest()}"'
            first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if self.headers.get("If-Match", tag) != tag:
                self.send_response(412)
                return self._end(b"")
            if self.headers.get("If-Range", tag) != tag:
                first = 0
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(held) - 1}/{len(held)}")
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            self.send_header("Content-Type", told.types.get(self.path, "application/octet-stream"))
            cut = int(failure) if isinstance(failure, str) else None
            return self._end(held[first:], cut)

        def _end(self, body: bytes, cut: int | None = None) -> None:
            if told.lengths:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body[:cut])
            if cut is not None:
                self.wfile.flush()
                self.close_connection = True

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client may leave at any time."""

    server = Quiet(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
