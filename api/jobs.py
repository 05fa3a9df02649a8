"""One writer: what changes many objects waits in a queue and is done by one thread, in the order of arrival.

A job lies in a folder of its own under the store, ``jobs/<id>``: ``job.json`` says what is to be done and how far it
is, ``files/`` holds what was uploaded. So a job outlives the server: what was waiting or under way when it stopped, or
was killed, is taken up by the next one (an ingest goes on where it was). While a process has a job at hand it holds
the folder's lock, so that several servers on one Neo4j store each do their own.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from ..client import Client
from ..errors import Cancelled, CohortGraphError, NotFound, StoreError, StoreOwned
from ..graph.allowance import Allowance, allowed
from ..graph.store.lock import Lock
from ..ingest.outcome import Event, Report
from .errors import Busy, described
from .logs import places
from .metrics import Metrics

_LOG = logging.getLogger("cohortgraph.jobs")
_FILE = "job.json"
FILES = "files"
_KEPT = 100
"""Finished jobs without files that are remembered."""
_AGAIN_S = 0.5

Kind = Literal["ingest", "retry", "delete", "check", "declare", "forget", "upgrade"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDS = ("done", "failed", "cancelled")


@dataclass(slots=True)
class Job:
    """What is to be done, and how far it is.

    Attributes
    ----------
    arguments
        Of the client's method.
    progress
        The last event of the work; None before the first.
    result
        Where it is done: the report of an ingest with the names of ignored files, the counts of a deletion, how many
        headers were read again, the problems that a check found.
    error
        Where it failed: code and message, as of any error.
    """

    id: str
    kind: Kind
    arguments: dict[str, Any]
    state: State = "waiting"
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    progress: dict[str, Any] | None = None
    result: Any = None
    error: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it but the paths, which are the server's own."""
        told = asdict(self)
        told["arguments"] = {name: value for name, value in self.arguments.items() if name != "paths"}
        return told


class Jobs:
    """The queue and its thread.

    Parameters
    ----------
    folder
        Where the jobs lie.
    most
        How many may wait.
    """

    def __init__(self, client: Client, folder: Path, most: int, metrics: Metrics) -> None:
        self._client = client
        self._folder = folder
        self._most = most
        self._metrics = metrics
        self._own: dict[str, tuple[Job, Lock]] = {}
        self._waiting: queue.Queue[Job | None] = queue.Queue()
        self._cancelled: set[str] = set()
        self._at_hand: tuple[str, Allowance] | None = None
        self._guard = threading.Lock()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        """Take up what an earlier server left, and begin."""
        self._folder.mkdir(exist_ok=True)
        for job in sorted((job for job in self.all() if job.state not in ENDS), key=lambda job: job.created):
            with contextlib.suppress(StoreError):  # another server has it at hand
                self._take(job)
        for left in self._folder.glob("incoming-*"):
            if time.time() - left.stat().st_mtime > 3600:
                shutil.rmtree(left, ignore_errors=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._waiting.qsize()

    def incoming(self) -> Path:
        """A new folder for an upload, which :meth:`submit` takes over.

        Raises
        ------
        Busy
            where no job would be taken.
        """
        self._check_room()
        folder = self._folder / f"incoming-{uuid4().hex}"
        (folder / FILES).mkdir(parents=True)
        return folder

    def submit(self, kind: Kind, arguments: dict[str, Any], incoming: Path | None = None) -> Job:
        """Queue a job.

        Parameters
        ----------
        incoming
            The folder with the files that it is to ingest.

        Raises
        ------
        Busy
            where too many wait, or the server is stopping.
        """
        self._check_room()
        job = Job(uuid4().hex, kind, arguments)
        folder = self._folder / job.id
        if incoming is None:
            folder.mkdir()
        else:
            job.arguments["paths"] = [str(folder / FILES)]
            incoming.rename(folder)
        self._take(job)
        self._prune()
        return job

    def get(self, identifier: str) -> Job:
        """One job.

        Raises
        ------
        NotFound
            where there is none of that id.
        """
        if identifier in self._own:
            return self._own[identifier][0]
        path = self._folder / identifier / _FILE
        if not identifier.isalnum() or not path.is_file():
            raise NotFound("there is no job of that id; GET /api/jobs lists them")
        return Job(**json.loads(path.read_text(encoding="utf-8")))

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        ids = [path.parent.name for path in self._folder.glob(f"*/{_FILE}")]
        return sorted((self.get(each) for each in ids), key=lambda job: job.created, reverse=True)

    def cancel(self, identifier: str) -> Job:
        """Stop a job; what it has committed stays.

        Raises
        ------
        NotFound
            where this server has no such job at hand.
        """
        job = self.get(identifier)
        if job.state in ENDS:
            return job
        if identifier not in self._own:
            raise NotFound("another server has that job at hand; cancel it there")
        with self._guard:
            self._cancelled.add(identifier)
            at_hand = self._at_hand
            if job.state == "waiting":
                self._end(job, "cancelled")
                shutil.rmtree(self._folder / identifier / FILES, ignore_errors=True)
        if at_hand and at_hand[0] == identifier:
            at_hand[1].cancel()
        return job

    def stop(self, seconds: float) -> None:
        """Let the job at hand stop where it can go on, and leave it and those that wait to the next server."""
        self.stopping.set()
        self._waiting.put(None)
        if at_hand := self._at_hand:
            at_hand[1].cancel()
        if self._thread.is_alive():
            self._thread.join(seconds)
        for _, lock in self._own.values():
            lock.release()

    def _check_room(self) -> None:
        if self.stopping.is_set():
            raise Busy("the server is stopping; come again when it is back", 5)
        if self.waiting >= self._most:
            raise Busy(f"{self.waiting} jobs wait already; come again", 10)

    def _take(self, job: Job) -> None:
        self._own[job.id] = (job, Lock(self._folder / job.id))
        job.state = "waiting"
        self._write(job)
        self._waiting.put(job)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None and not self.stopping.is_set():
            allowance = Allowance()
            with self._guard:
                if job.state != "waiting":
                    continue
                self._at_hand = (job.id, allowance)
                job.state = "running"
                self._write(job)
            self._run(job, allowance)

    def _run(self, job: Job, allowance: Allowance) -> None:
        try:
            with allowed(allowance):
                result = self._when_free(job)
        except Cancelled:
            if job.id in self._cancelled:
                self._end(job, "cancelled")
        except Exception as error:  # whatever it is: the job tells it, and the next one is taken up
            _, job.error, _ = described(error)
            if not isinstance(error, CohortGraphError):
                told = {"error": type(error).__name__, "places": " < ".join(places(error))}
                _LOG.error("job failed", extra={"told": told})
            self._end(job, "failed")
        else:
            job.result = _plain(result)
            if isinstance(result, Report):
                self._metrics.ingested(result)
            self._end(job, "done")
        finally:
            with self._guard:
                self._at_hand = None
            self._metrics.read(allowance.reads)

    def _when_free(self, job: Job) -> Any:
        """Do the work; where another process changes the same store on Neo4j, after it."""
        while True:
            try:
                return _METHODS[job.kind](self._client, job.arguments, lambda event: self._tell(job, event))
            except StoreOwned:
                self._check(job)
                time.sleep(_AGAIN_S)

    def _tell(self, job: Job, event: Event) -> None:
        job.progress = asdict(event)
        self._check(job)

    def _check(self, job: Job) -> None:
        if self.stopping.is_set() or job.id in self._cancelled:
            raise Cancelled("the job was stopped; what it had committed stays")

    def _end(self, job: Job, state: State) -> None:
        job.state = state
        self._write(job)
        _, lock = self._own.pop(job.id)
        lock.release()
        self._metrics.job(job.kind, state)
        _LOG.info("job ended", extra={"told": {"job": job.id, "kind": job.kind, "state": state}})

    def _write(self, job: Job) -> None:
        """Its job.json, whole or not at all."""
        path = self._folder / job.id / _FILE
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(job), ensure_ascii=False, default=str), encoding="utf-8")
        partial.replace(path)

    def _prune(self) -> None:
        ended = [job for job in self.all() if job.state in ENDS and not (self._folder / job.id / FILES).exists()]
        for job in ended[_KEPT:]:
            shutil.rmtree(self._folder / job.id, ignore_errors=True)


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [asdict(each) for each in result]
    if isinstance(result, Report):
        return result.to_dict() | {"ignoredFiles": result.ignored_files}
    return asdict(result)


_METHODS: dict[Kind, Callable[[Client, dict[str, Any], Callable[[Event], None]], Any]] = {
    "ingest": lambda client, arguments, progress: client.ingest(**arguments, progress=progress),
    "retry": lambda client, arguments, progress: client.retry_quarantine(**arguments, progress=progress),
    "delete": lambda client, arguments, progress: client.delete_dataset(**arguments, progress=progress),
    "check": lambda client, _, __: client.check(),
    "declare": lambda client, arguments, progress: client.declare_tags(**arguments, progress=progress),
    "forget": lambda client, arguments, progress: client.forget_tags(**arguments, progress=progress),
    "upgrade": lambda client, _, progress: client.upgrade(progress=progress),
}
"""What each kind of job does with the client."""
