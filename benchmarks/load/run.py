"""The whole trial: choose the questions, load the server, kill it once, check every answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store

from .answers import Document, State
from .clients import Clients, Told
from .server import Server
from .truth import DATASET, corpus, heaviest, replay

QUESTIONS = 20
_ENDS = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial found: what the clients were told, what of it is wrong, and the server's memory in MiB by second;
    how many of the different answers the naive evaluator gave too, and how many came at a version of which no answer
    by GraphQL told the state, so that they could not be compared.
    """

    told: Told
    wrong: list[str]
    memory: list[int]
    states: int
    checked: int
    unknown: int
    same_digest: bool


def choose(folder: Path, archives: Sequence[Path]) -> list[Document]:
    """The heaviest questions over all of the objects."""
    with Store.init(folder) as store:
        client = Client(store)
        for archive in archives:
            client.ingest([archive], DATASET)
        return heaviest(client, corpus(), QUESTIONS)


def trial(
    folder: Path, archives: Sequence[Path], documents: Sequence[Document], *, clients: int, seconds: float, port: int
) -> Result:
    """Ask while the archives arrive, spread over the time; kill the server in the middle."""
    Store.init(folder / "served").close()
    server = Server(folder / "served", port)
    asking = Clients(server, documents, clients)
    memory: list[int] = []
    over = threading.Event()
    sampling = threading.Thread(target=_sample, args=(server, memory, over))
    _ingest(server, archives[:1], 0)  # so that the store knows the coding schemes that questions name
    sampling.start()
    asking.start()
    try:
        _ingest(server, archives[1:], seconds, killed=len(archives) // 2)
    finally:
        told = asking.stop()
        over.set()
        sampling.join()
    digest = httpx.get(f"{server.url}/api/digest", timeout=90).json()["digest"]
    server.stop()
    wanted: dict[State, set[int]] = {}
    unknown = 0
    for (version, number, _), times in told.answers.items():
        if version in told.states:
            wanted.setdefault(told.states[version], set()).add(number)
        else:
            unknown += times
    truth = replay(folder / "replayed", archives, documents, wanted)
    wrong = truth.differ + [
        f"{told.states[version]}, {documents[number]}: {found[0]} {found[1][:2]} instead of {expected[0]}"
        for version, number, found in told.answers
        if version in told.states and (expected := truth.answers[told.states[version], number]) != found
    ]
    return Result(told, wrong, memory, len(wanted), truth.checked, unknown, digest == truth.digest)


def _sample(server: Server, memory: list[int], over: threading.Event) -> None:
    while not over.wait(1):
        memory.append(server.memory())


def _ingest(server: Server, archives: Sequence[Path], seconds: float, killed: int = -1) -> None:
    """Upload the archives at even distances, each when the one before is in; amid one of them kill the server."""
    began = time.monotonic()
    with httpx.Client(base_url=server.url, timeout=90) as http:
        for number, archive in enumerate(archives):
            time.sleep(max(0.0, began + seconds * number / len(archives) - time.monotonic()))
            job = _upload(http, archive)
            if number == killed:
                while _state(http, job) == "waiting":
                    time.sleep(0.01)
                server.kill()
                server.start()
            while (state := _state(http, job)) not in _ENDS:
                time.sleep(0.1)
            if state != "done":
                raise RuntimeError(f"the ingest of {archive.name} {state}")
        time.sleep(max(0.0, began + seconds - time.monotonic()))


def _upload(http: httpx.Client, archive: Path) -> str:
    while True:
        with archive.open("rb") as file:
            answer = http.post("/api/ingest", params={"dataset": DATASET}, files={"files": (archive.name, file)})
        if answer.status_code != 503:
            return str(answer.raise_for_status().json()["id"])
        time.sleep(float(answer.headers["retry-after"]))


def _state(http: httpx.Client, job: str) -> str:
    return str(http.get(f"/api/jobs/{job}").raise_for_status().json()["state"])
