"""Which frames at different places belong to one phase, where their times differ from place to place.

Where all places have as many frames, the n-th of each make a phase. Where some lack a frame, times tell which one: they
lie in clusters of one phase each, or near the times that a phase has at places that lack none. Where most places lack
a frame, and each phase ends before the next one begins, a scan was broken off in its last one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_CLEAR = 2.0
"""Times are in clusters where the gaps between these are as many times those within."""
_FILLED = 0.75
"""How much of all places and phases must be there where no place has all phases."""
_BETTER = 0.25
"""By how much of a period times must fit better, than where the last ones lack."""
_TIME = re.compile(r"(\d{8})?(\d\d):?(\d\d)?:?(\d\d(?:\.\d*)?)?(?:[+-]\d{4})?", re.ASCII)

Times = NDArray[np.float64]


def seconds(text: str) -> float | None:
    """A TM or DT value as seconds since midnight, or since the year 1; None where it is none."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    day, hour, minute, second = found.groups()
    try:
        days = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal() if day else 0
    except ValueError:
        return None
    return days * 86400.0 + int(hour) * 3600 + int(minute or 0) * 60 + float(second or 0)


def phases(at: Sequence[Sequence[float]]) -> list[list[int]]:
    """The phase of each frame, by place.

    Parameters
    ----------
    at
        Of each place, in the order of places, its times, rising.
    """
    most = max(map(len, at))
    clusters = _clusters(at, most)
    if clusters is not None:
        return clusters
    short = sum(len(here) < most for here in at)
    if not short or (2 * short >= len(at) and _is_broken_off(at, most)):
        return [list(range(len(here))) for here in at]
    return _aligned([np.array(here, dtype=float) for here in at], most)


def _is_broken_off(at: Sequence[Sequence[float]], most: int) -> bool:
    """Whether each phase ends before the next one begins, if places lack their last ones."""
    turns = [[here[turn] for here in at if turn < len(here)] for turn in range(most)]
    return all(max(before) < min(after) for before, after in pairwise(turns))


def _clusters(at: Sequence[Sequence[float]], most: int) -> list[list[int]] | None:
    """The cluster of each time, where clusters are clear and hold each place once at most."""
    ordered = sorted((time, place) for place, here in enumerate(at) for time in here)
    gaps = np.diff([time for time, _ in ordered])
    least = np.inf
    last: dict[int, int] = {}
    for index, (_, place) in enumerate(ordered):  # between two times of a place there is a cut: at the widest gap
        if place in last:
            least = min(least, gaps[last[place] : index].max())
        last[place] = index
    cuts = gaps >= least
    number = np.concatenate(([0], np.cumsum(cuts)))
    count = int(number[-1]) + 1
    within = gaps[~cuts]
    is_clear = bool(least > _CLEAR * within.max(initial=0.0))
    is_filled = count == most or len(ordered) >= _FILLED * count * len(at)
    if not is_clear or not is_filled:
        return None
    found: list[list[int]] = [[] for _ in at]
    for (_, place), phase in zip(ordered, number.tolist(), strict=True):
        found[place].append(phase)
    return found


def _aligned(at: Sequence[Times], most: int) -> list[list[int]]:
    """The phases of each place by the median times of those that have all, shifted as the places beside it are."""
    full = [place for place, here in enumerate(at) if len(here) == most]
    typical = np.median([at[place] for place in full], axis=0)
    middle = float(typical.mean())
    offsets = [float(np.median(at[place] - middle - _scale(at[place], typical) * (typical - middle))) for place in full]
    line = np.polyfit(full, offsets, 1) if len(full) > 1 else np.array([0.0, offsets[0]])
    found = []
    for place, here in enumerate(at):
        expected = middle + _scale(here, typical) * (typical - middle)
        found.append(_nearest(here, expected, float(np.polyval(line, place))))
    return found


def _scale(here: Times, typical: Times) -> float:
    """How the steps of a place compare: hearts beat slower and faster; 1 where what lacks may hide it."""
    steps = np.diff(here)
    if len(steps) <= 2 * (len(typical) - len(here)) or not len(steps):
        return 1.0
    return float(np.median(steps) / np.median(np.diff(typical))) or 1.0


def _nearest(here: Times, expected: Times, offset: float) -> list[int]:
    """Rising phases whose expected times are nearest, all shifted by much the same, which is near ``offset``."""
    lacking = len(expected) - len(here)
    found = []
    for first in range(lacking + 1):
        shift = float(here[0] - expected[first])
        off, chosen = _chosen(here, expected + shift, lacking)
        found.append((off + abs(shift - offset), chosen))
    margin = _BETTER * float(np.median(np.diff(expected)))
    best = min(found, key=lambda each: each[0])
    return found[0][1] if found[0][0] <= best[0] + margin else best[1]


def _chosen(here: Times, expected: Times, lacking: int) -> tuple[float, list[int]]:
    """By dynamic programming: the n-th frame is of phase n, or of one that is later by no more than lack."""
    frames = np.arange(len(here))[:, None]
    costs = np.abs(here[:, None] - expected[frames + np.arange(lacking + 1)])
    total, came = costs[0], []
    for cost in costs[1:]:
        best = np.array([int(np.argmin(total[: late + 1])) for late in range(lacking + 1)])
        came.append(best)
        total = total[best] + cost
    late = [int(np.argmin(total))]
    for best in reversed(came):
        late.append(int(best[late[-1]]))
    return float(total.min()), [index + each for index, each in enumerate(reversed(late))]
