"""Many readers: so many requests read the store at once, so many wait, and each can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import Request

from ..errors import Cancelled
from ..graph.allowance import Allowance, allowed
from .errors import Busy
from .metrics import Metrics

T = TypeVar("T")
_AGAIN_S = 0.05
"""An engine may miss a stop that arrives while it is planning: it is told again."""


class Readers:
    """A bounded pool of threads.

    Parameters
    ----------
    threads, waiting
        Requests at work, and waiting for their turn.
    seconds
        That each may take, waiting included.
    """

    def __init__(self, threads: int, waiting: int, seconds: float, metrics: Metrics) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")
        self._most = threads + waiting
        self._seconds = seconds
        self._metrics = metrics
        self._stopping: set[asyncio.Task[None]] = set()
        self.under_way = 0

    async def run(self, request: Request | None, function: Callable[[], T], seconds: float | None = None) -> T:
        """Run a function that reads; stop its reads when the client goes away or the server does.

        Parameters
        ----------
        request
            Whose body has been read; None where nobody waits.
        seconds
            Where not the pool's own.

        Raises
        ------
        Busy
            where too many wait already.
        TimedOut
            where it took too long.
        """
        if self.under_way >= self._most:
            self._metrics.refused()
            raise Busy(f"{self.under_way} requests are under way; come again")
        allowance = Allowance(self._seconds if seconds is None else seconds)
        self.under_way += 1
        future = self._pool.submit(_run, allowance, function)
        result = asyncio.wrap_future(future)
        result.add_done_callback(lambda done: self._ended(done, allowance))
        gone = asyncio.create_task(_gone(request))
        try:
            waiting: set[asyncio.Future[Any]] = {result, gone}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                raise Cancelled("the client went away")
            return result.result()
        finally:
            gone.cancel()
            if not future.done():
                self._stop(future, allowance)

    async def pages(self, items: Iterator[T]) -> AsyncIterator[T]:
        """What an iterator gives, each item read in the pool while the one before is being sent."""
        end = object()
        while (item := await self.run(None, lambda: next(items, end))) is not end:
            yield item  # type: ignore[misc]

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, done: asyncio.Future[T], allowance: Allowance) -> None:
        self.under_way -= 1
        self._metrics.read(allowance.reads)
        if not done.cancelled():
            done.exception()  # looked at, so that nobody logs it

    def _stop(self, future: Future[T], allowance: Allowance) -> None:
        async def stop() -> None:
            while not future.done():
                await asyncio.to_thread(allowance.cancel)
                await asyncio.sleep(_AGAIN_S)

        if not future.cancel():
            task = asyncio.create_task(stop())
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)


def _run(allowance: Allowance, function: Callable[[], T]) -> T:
    with allowed(allowance):
        allowance.check()
        return function()


async def _gone(request: Request | None) -> None:
    """Return when the client has gone away."""
    if request is None:
        await asyncio.Event().wait()
    else:
        while (await request.receive())["type"] != "http.disconnect":
            pass
