"""Medians of paired runs: ours and the other in turn, so that a drifting machine touches both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one run."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one run, of all threads of this process."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def paired(
    ours: Callable[[], object],
    other: Callable[[], object],
    runs: int = 5,
    clock: Callable[[Callable[[], object]], float] = seconds,
) -> tuple[float, float]:
    """Median seconds of both over ``runs`` pairs."""
    pairs = [(clock(ours), clock(other)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
