"""What a caller allows the reads it causes: how long they may take, and the right to stop them from another thread.

A question is several reads of the engine, deep below who asked it. So the allowance is a context variable: the engines
take it up in each ``read``, and no function in between has to hand it down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import Cancelled, TimedOut, UsageError


class Allowance:
    """What one request may take of the engine.

    Parameters
    ----------
    seconds
        From now on, for all of its reads together; None for no limit.

    Attributes
    ----------
    reads
        How many reads the engine has begun for it.
    most_bytes
        What one answer of the engine may hold; None for no limit.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.reads = 0
        self.most_bytes: int | None = None
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._cancelled = False
        self._guard = threading.Lock()
        self._stops: dict[object, Callable[[], None]] = {}

    def cancel(self) -> None:
        """Stop the reads under way and refuse further ones. A read that was just beginning may need a second call."""
        with self._guard:
            self._cancelled = True
            stops = list(self._stops.values())
        for stop in stops:
            stop()

    def check(self) -> None:
        """Raise where nothing more is allowed.

        Raises
        ------
        Cancelled, TimedOut
        """
        if self._cancelled:
            raise Cancelled("the request was cancelled")
        if self._ends is not None and time.monotonic() >= self._ends:
            raise TimedOut(f"stopped after {self.seconds:g} s; ask for less, or allow it more time")

    def weigh(self, held: int) -> None:
        """Refuse an answer of the engine that holds so many bytes, where that is more than it may.

        Raises
        ------
        UsageError
        """
        if self.most_bytes is not None and held > self.most_bytes:
            raise UsageError(f"the answer holds more than {self.most_bytes >> 20} MiB: return less")

    def remaining(self, timeout: float | None) -> float | None:
        """The seconds a read may take that was given ``timeout`` of its own."""
        if self._ends is None:
            return timeout
        left = max(self._ends - time.monotonic(), 0.001)
        return left if timeout is None else min(left, timeout)

    @contextmanager
    def reading(self, stop: Callable[[], None]) -> Iterator[None]:
        """Count a read; while it is under way ``stop`` stops it."""
        self.check()
        token = object()
        with self._guard:
            self.reads += 1
            self._stops[token] = stop
        try:
            yield
        finally:
            with self._guard:
                del self._stops[token]


_current: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def current() -> Allowance | None:
    """The allowance of this thread's work."""
    return _current.get()


@contextmanager
def allowed(allowance: Allowance) -> Iterator[Allowance]:
    """Let the reads of this block be those of an allowance."""
    token = _current.set(allowance)
    try:
        yield allowance
    finally:
        _current.reset(token)
