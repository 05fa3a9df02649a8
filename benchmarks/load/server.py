"""``cohortgraph serve`` as a process of its own, which can be killed and started again, and its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

_MIB = 1 << 10
"""KiB, as /proc tells them."""
_LATELY_S = 2.0


class Server:
    """A server of a store, always at the same address."""

    def __init__(self, store: Path, port: int) -> None:
        self._command = [sys.executable, "-m", "cohortgraph", "serve", "--store", str(store), "--port", str(port)]
        self._log = store.with_suffix(".log")
        self.url = f"http://127.0.0.1:{port}"
        self.up = threading.Event()
        self._since = 0.0
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, env=os.environ | {"COHORTGRAPH_TOKEN": ""})
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError(f"the server did not start; {self._log} says why")
            if self._ready():
                self._since = time.monotonic()
                self.up.set()
                return
            time.sleep(0.1)
        raise RuntimeError("the server did not answer within a minute")

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        self.up.clear()
        self._process.kill()
        self._process.wait()

    def restarted_lately(self) -> bool:
        """Whether a connection of the time before may just have been found broken."""
        return time.monotonic() - self._since < _LATELY_S

    def stop(self) -> int:
        """Stop it in order; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def memory(self) -> int:
        """MiB that it holds; 0 while it is down."""
        try:
            lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) // _MIB for line in lines if line.startswith("VmRSS")), 0)
