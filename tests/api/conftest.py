"""Real servers: one in a thread for a store of a few real files, and processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cohortgraph.api.app import create_app
from cohortgraph.api.serve import Uvicorn, listening, url_of
from cohortgraph.api.settings import ServeSettings
from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store

FILES = (
    "dcmjs/examples/data/structured_report.dcm",
    "dcmjs/examples/data/QIICR_Test3/tumor_User1_Manual_Trial1.dcm",
    "dcmjs/test/sample-sr.dcm",
    "dcmjs/examples/data/IM-0001-0001.dcm",
    "dcmjs/test/sample-op.dcm",
)
"""A measurement report, a segmentation, a second report, two images."""


@dataclass
class Running:
    """A server in a thread of this process."""

    client: Client
    url: str
    http: httpx.Client
    app: Any = field(repr=False)


@contextlib.contextmanager
def served(store: Store, **settings: Any) -> Iterator[Running]:
    """Serve an open store."""
    chosen = ServeSettings(port=0, **settings)
    client = Client(store)
    app = create_app(client, settings=chosen)
    with listening(chosen) as bound:
        server = Uvicorn(app, chosen)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        until(lambda: server.started)
        headers = {"Authorization": f"Bearer {chosen.token}"} if chosen.token else {}
        url = url_of(bound, chosen)
        try:
            with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
                yield Running(client, url, http, app)
        finally:
            server.should_exit = True
            thread.join()


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """What a function returns, once it is true."""
    ends = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def files(shared_data: Path) -> list[Path]:
    """Some real files."""
    return [shared_data / each for each in FILES]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> Iterator[Store]:
    """A store with the real files, which tests only read."""
    with Store.init(tmp_path_factory.mktemp("api") / "store") as store:
        Client(store).ingest(files, "real", workers=1)
        yield store


@pytest.fixture(scope="session")
def reading(filled: Store) -> Iterator[Running]:
    """A server that tests only read from."""
    with served(filled) as running:
        yield running


@pytest.fixture
def writing(store: Store, tmp_path: Path) -> Iterator[Running]:
    """A server of an empty store."""
    with served(store, ingest_folders=(str(tmp_path / "in"),)) as running:
        yield running


class Process:
    """``cohortgraph serve`` as a process of its own."""

    def __init__(self, store: Path, *, url: str = "", **environment: str) -> None:
        self.log = store.parent / f"log-{time.monotonic_ns()}"
        command = [sys.executable, "-m", "cohortgraph", "serve", "--port", "0", "--store", str(store)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, env=os.environ | environment)
        self.url = until(self._url)
        token = environment.get("COHORTGRAPH_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        until(self._ready)

    def _url(self) -> str:
        assert self._process.poll() is None, self.log.read_text()
        told = (json.loads(line) for line in self.log.read_text().splitlines())
        return next((line["url"] for line in told if line.get("event") == "serving"), "")

    def _ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.http.get("/readyz").status_code == 200
        return False

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.http.close()
        self._process.send_signal(with_signal)
        return self._process.wait(60)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.end(signal.SIGKILL)


def ended(http: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """A job, once it came to an end."""

    def told() -> dict[str, Any] | None:
        found: dict[str, Any] = http.get(f"/api/jobs/{job['id']}").json()
        return found if found["state"] in ("done", "failed", "cancelled") else None

    found: dict[str, Any] = until(told)
    return found
