"""Reading processes: results in the order of their jobs, with so many under way that memory stays bounded.

Each worker is a `ProcessPoolExecutor` of one process, so that it is known which jobs a dying process had: these are
run again, one at a time, and the one that kills its process or outlasts the time limit is given up. Processes are
spawned, not forked: a fork would share the store's lock and the engine's threads.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar

from ..errors import WorkFailed
from .spawning import Spawning

I = TypeVar("I")  # noqa: E741  an item that travels along
J = TypeVar("J")
R = TypeVar("R")

LIMIT_S = 60.0
"""Seconds after which an object is given up."""
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 17
_ITEMS = 256
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Lost:
    """A job whose process died or ran out of time, and which of the two."""

    reason: str


@dataclass(slots=True)
class _Chunk(Generic[I, J, R]):
    items: list[tuple[I, J | None]]
    worker: _Worker | None = None
    future: Future[list[R]] | None = None

    @property
    def jobs(self) -> list[J]:
        return [job for _, job in self.items if job is not None]


def default_workers() -> int:
    """One process per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    function: Callable[[J], R],
    items: Iterable[tuple[I, J | None]],
    workers: int,
    *,
    size: Callable[[J], int] = lambda _: 0,
    chunk: int = 16,
    limit_s: float = LIMIT_S,
) -> Generator[tuple[I, R | Lost | None], None, None]:
    """Each item with what ``function`` makes of its job, None where it has none, in the order given.

    Parameters
    ----------
    function
        Picklable by name; it does not raise.
    workers
        Processes; with 1 the jobs run in this process, without time limit.
    size
        Bytes that a job reads.
    chunk
        Jobs in one message to a process.
    limit_s
        Seconds for one job.

    Raises
    ------
    WorkFailed
        where no process can be started.
    """
    if workers == 1:
        for item, job in items:
            yield item, None if job is None else function(job)
        return
    chunks: Iterator[_Chunk[I, J, R]] = _chunks(items, size, chunk)
    ahead: deque[_Chunk[I, J, R]] = deque()
    with _Pool(workers, limit_s) as pool:
        while True:
            while len(ahead) < _AHEAD * workers and (following := next(chunks, None)):
                pool.start(function, following)
                ahead.append(following)
            if not ahead:
                return
            first = ahead.popleft()
            found: list[R | Lost] = pool.finish(function, first)
            results = iter(found)
            for item, job in first.items:
                yield item, None if job is None else next(results)


def _chunks(items: Iterable[tuple[I, J | None]], size: Callable[[J], int], most: int) -> Iterator[_Chunk[I, J, R]]:
    """Enough jobs to be worth a message; of large files only the head counts."""
    chunk: list[tuple[I, J | None]] = []
    jobs = total = 0
    for item, job in items:
        chunk.append((item, job))
        if job is not None:
            jobs += 1
            total += min(size(job), _HEAD_BYTES)
        if jobs >= most or total >= _CHUNK_BYTES or len(chunk) >= _ITEMS:
            yield _Chunk(chunk)
            chunk, jobs, total = [], 0, 0
    if chunk:
        yield _Chunk(chunk)


class _Worker:
    """One process."""

    def __init__(self) -> None:
        self._executor = ProcessPoolExecutor(1, mp_context=Spawning(), initializer=settle_in)
        self._process_id = self._executor.submit(os.getpid)
        self._futures: list[Future[object]] = []

    def submit(self, function: Callable[[J], R], jobs: list[J]) -> Future[list[R]]:
        future = self._executor.submit(_run, function, jobs)
        self._futures = [f for f in self._futures if not f.done()] + [future]  # type: ignore[list-item]
        return future

    @property
    def waiting(self) -> int:
        return sum(not future.done() for future in self._futures)

    @property
    def began(self) -> bool:
        """Whether its process ever ran what it was given."""
        return self._process_id.done() and not self._process_id.exception()

    def wait_until_begun(self) -> None:
        """Wait for its process, however long the machine takes: a job's time begins there.

        Raises
        ------
        BrokenProcessPool
            where it can't begin.
        """
        self._process_id.result()

    def kill(self) -> None:
        if self.began:
            with suppress(ProcessLookupError):
                os.kill(self._process_id.result(), signal.SIGKILL)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        self._executor.shutdown()


@dataclass(slots=True)
class _Pool:
    size: int
    limit_s: float
    workers: list[_Worker] = field(default_factory=list)
    alone: _Worker | None = None

    def start(self, function: Callable[[J], R], chunk: _Chunk[I, J, R]) -> None:
        if not (jobs := chunk.jobs):
            return
        if len(self.workers) < self.size and all(worker.waiting for worker in self.workers):
            self.workers.append(_Worker())
        chunk.worker = min(self.workers, key=lambda worker: worker.waiting)
        try:
            chunk.future = chunk.worker.submit(function, jobs)
        except BrokenProcessPool:
            self._replace(chunk.worker)
            self.start(function, chunk)

    def finish(self, function: Callable[[J], R], chunk: _Chunk[I, J, R]) -> list[R | Lost]:
        """The results of the chunk that was started before all others still under way: its process is at it."""
        if chunk.future is None or chunk.worker is None:
            return []
        try:
            return list(chunk.future.result(self.limit_s))
        except (BrokenProcessPool, TimeoutError):
            self._replace(chunk.worker)
            return [self._run_alone(function, job) for job in chunk.jobs]

    def _run_alone(self, function: Callable[[J], R], job: J) -> R | Lost:
        self.alone = self.alone or _Worker()
        try:
            self.alone.wait_until_begun()
            return self.alone.submit(function, [job]).result(self.limit_s)[0]
        except BrokenProcessPool as error:
            if not self.alone.began:  # whatever the job is
                raise WorkFailed(
                    "no process can be started to read files; mend that, or read in one process with --workers 1"
                ) from error
            reason = "the process that read it died"
        except TimeoutError:
            reason = f"reading it took more than {self.limit_s:g} s"
        self.alone.kill()
        self.alone = None
        return Lost(reason)

    def _replace(self, worker: _Worker) -> None:
        if worker in self.workers:
            self.workers.remove(worker)
            worker.kill()

    def __enter__(self) -> _Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in (*self.workers, *([self.alone] if self.alone else [])):
            worker.close() if kind is None else worker.kill()


def _run(function: Callable[[J], R], jobs: list[J]) -> list[R]:
    return [function(job) for job in jobs]


def settle_in() -> None:
    """Let the parent alone decide when to stop, end with it even if it is killed, and keep libraries silent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    logging.disable()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
