"""An export in the foreground: all samples of a plan, on processes of this machine or on any other executor."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ..errors import WorkFailed
from ..ingest.outcome import Event, Progress
from ..ingest.spawning import Spawning
from ..ingest.workers import default_workers, settle_in
from .finish import finish
from .place import Place
from .plan.options import AS_THEY_ARE
from .unwritable import Unwritable
from .work import Outcome, work
from .written import Exported

TRIES = 3
"""So often a sample is tried, where another try may help."""
_BACK_OFF_S = 1.0
_AHEAD = 2
_COPIES = 50
"""Samples to copy for which another process, which takes a second to start, pays."""
_NAMED = 3


@dataclass
class Failures:
    """Samples that could not be made."""

    most: int = _NAMED
    count: int = 0
    first: str = ""

    lasting: bool = False

    def add(self, outcome: Outcome) -> None:
        """Take up one."""
        self.take(1, f"{outcome.name or outcome.sample}: {outcome.error}", lasting=outcome.lasting)

    def take(self, count: int, first: str, *, lasting: bool) -> None:
        """Take up ``count``, of which ``first`` names some."""
        if first and self.count < self.most:
            self.first += f"{'; ' if self.first else ''}{first}"
        self.count += count
        self.lasting |= lasting

    def check(self, place: Place) -> None:
        """End the export where there are any.

        Raises
        ------
        WorkFailed
            naming the first.
        """
        if self.count:
            goes_on = f"the others are kept in {place.under_way}, and the same command goes on"
            if self.lasting:
                goes_on = f"with other options it is another export, for which {place.under_way} has to go first"
            raise WorkFailed(
                f"{self.count} samples failed ({self.first}{' …' if self.count > self.most else ''}); {goes_on}"
            )


def drive(
    place: Place,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    skip_missing: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Make what is not made yet of a planned export, and finish it.

    Parameters
    ----------
    workers
        Processes, each of which holds one sample in memory; by default one per core where there is enough to do for
        it; 1: this process.
    executor
        Where samples are made instead, such as Dask's ``Client.get_executor()``: any whose machines see the folder.

    Raises
    ------
    WorkFailed
        where samples fail, or the folder can't be written; what is complete stays, and the same call goes on.
    """
    failures = Failures()
    began = time.monotonic()
    with place.opened() as plan:
        total = len(plan)
        each = _COPIES if plan.head.form in AS_THEY_ARE else 1
    made = kept = size = 0
    workers = workers or min(default_workers(), max(1, total // each))
    for done, outcome in enumerate(outcomes(place, range(total), workers, executor), start=1):
        if outcome.stops:
            raise Unwritable(outcome.error)
        if outcome.error:
            failures.add(outcome)
        made += outcome.fresh and not outcome.error
        kept += not outcome.fresh and not outcome.error
        size += outcome.size
        if progress:
            counts = {"kept": made, "unchanged": kept, "failed": failures.count}
            progress(Event("export", done, total, time.monotonic() - began, **counts, size=size))
    failures.check(place)
    return finish(place, skip_missing=skip_missing)


def outcomes(place: Place, numbers: range, workers: int, executor: Executor | None) -> Iterator[Outcome]:
    """What comes of each sample, in the order in which they end; few are under way at a time."""
    if executor is None and workers == 1:
        for number in numbers:
            yield tried(partial(work, place.address, number))
        return
    with _on(executor, workers) as submit:
        waiting: dict[Future[Outcome], tuple[int, int]] = {}
        ahead = iter(numbers)
        while True:
            for following in islice(ahead, workers * _AHEAD - len(waiting)):
                waiting[submit(work, place.address, following)] = (following, 1)
            if not waiting:
                return
            ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                number, times = waiting.pop(future)
                outcome = result_of(future, number)
                if outcome.again and times < TRIES:
                    time.sleep(_BACK_OFF_S * 2 ** (times - 1))
                    waiting[submit(work, place.address, number)] = (number, times + 1)
                else:
                    yield outcome


def tried(once: Callable[[], Outcome]) -> Outcome:
    """The outcome of up to ``TRIES`` tries, with a growing pause before another."""
    for times in range(1, TRIES):
        outcome = once()
        if not outcome.again:
            return outcome
        time.sleep(_BACK_OFF_S * 2 ** (times - 1))
    return once()


def result_of(future: Future[Outcome], number: int) -> Outcome:
    """What a process tells; where it died, that another try may help."""
    try:
        return future.result()
    except BrokenExecutor:
        return Outcome(number, error="the process that made it died, perhaps for want of memory", again=True)


class Processes:
    """A pool of processes that is renewed when one of them dies; safe to use from several threads."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._guard = threading.Lock()
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        context = Spawning()
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=settle_in)

    def submit(self, function: Callable[[str, int], Outcome], out: str, number: int) -> Future[Outcome]:
        """As an executor's."""
        with self._guard:
            try:
                return self._pool.submit(function, out, number)
            except BrokenExecutor:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = self._new()
                return self._pool.submit(function, out, number)

    def close(self, *, at_once: bool = False) -> None:
        """End when what is under way has ended, or give that up too; what is not begun is dropped."""
        if at_once:
            for each in multiprocessing.active_children():
                each.terminate()
        self._pool.shutdown(cancel_futures=True)


Submit = Callable[[Callable[[str, int], Outcome], str, int], "Future[Outcome]"]


@contextmanager
def _on(executor: Executor | None, workers: int) -> Iterator[Submit]:
    if executor is not None:
        yield executor.submit
        return
    processes = Processes(workers)
    try:
        yield processes.submit
    finally:
        processes.close()
