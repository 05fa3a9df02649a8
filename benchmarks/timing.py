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


def paired(ours: Callable[[], object], other: Callable[[], object], runs: int = 5) -> tuple[float, float]:
    """Median seconds of both over ``runs`` pairs."""
    pairs = [(seconds(ours), seconds(other)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
