"""Intervals for a histogram: round steps, few enough to read."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

MOST = 10
"""Up to so many different numbers stand each by itself; above it about so many intervals are made."""


class Interval(NamedTuple):
    """From ``low`` up to but without ``high``, None where it is open; one number where both are equal."""

    low: float | None
    high: float | None

    def holds(self, number: float) -> bool:
        """Whether the number lies in it."""
        if self.low == self.high:
            return number == self.low
        return (self.low is None or self.low <= number) and (self.high is None or number < self.high)


def intervals(matched: Collection[float], others: Collection[float], *, whole: bool = False) -> list[Interval]:
    """Intervals over the matched numbers; what lies beyond them of the others falls into an open one at either end.

    ``whole`` numbers have no step below 1.
    """
    distinct = sorted({*matched, *others})
    if len(distinct) <= MOST:
        return [Interval(number, number) for number in distinct]
    within = matched if len(set(matched)) > 1 else distinct
    step = _step(min(within), max(within))
    if whole:
        step = max(step, 1.0)
    first, last = (math.floor(round(bound / step, 9)) for bound in (min(within), max(within)))
    edges = [float(f"{each * step:.12g}") for each in range(first, last + 2)]
    inner = [Interval(low, high) for low, high in pairwise(edges)]
    below = [Interval(None, edges[0])] if distinct[0] < edges[0] else []
    above = [Interval(edges[-1], None)] if distinct[-1] >= edges[-1] else []
    return [*below, *inner, *above]


def _step(low: float, high: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that makes at most MOST steps of the range."""
    least = (high - low) / MOST
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
