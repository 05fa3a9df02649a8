"""The server's own worker of exports: a process that ends with the server, and is renewed when it dies."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

_LOG = logging.getLogger("cohortgraph.exports")
_LOOK_S = 0.5
_AGAIN_S = 5.0
_STOP_S = 10.0


class ExportWorker:
    """``cohortgraph worker`` for one store.

    Parameters
    ----------
    samples
        That it makes at the same time; 0: there is none, others do the work.
    """

    def __init__(self, directory: Path, samples: int) -> None:
        self._samples = samples
        self._command = [sys.executable, "-m", "cohortgraph", "worker", "--with-parent"]
        self._command += ["--store", str(directory), "--concurrency", str(samples)]
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where it hasn't begun."""
        with self._guard:
            if self._samples and self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="export-worker", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the process: what it has at hand goes back into the queue."""
        with self._guard:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Its standard input is a pipe that ends with this process, even if that is killed; then it ends too.
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603
            while process.poll() is None and not self._stopping.wait(_LOOK_S):
                pass
            if process.poll() is None:
                _end(process)
                return
            _LOG.warning("the export worker ended", extra={"told": {"exit": process.returncode}})
            self._stopping.wait(_AGAIN_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
