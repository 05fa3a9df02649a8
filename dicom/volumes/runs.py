"""Runs of planes at equal distances, and what to do where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .slices import Slice

_REGULAR, _ROUNDED, _MOST = 0.1, 0.1, 0.25
"""By how much planes may lie off the grid of a run: a tenth of their distance, or 0.1 mm, which positions are rounded
to, but no more than a quarter of their distance. A plane that is missing puts some off by half of it."""


def in_order(found: Sequence[Slice]) -> list[Slice]:
    """Along the normal of their planes; equal ones by UID and frame."""
    normal = found[0].normal

    def key(each: Slice) -> tuple[float, str, int]:
        return float(each.position @ normal), each.frame.sop_instance_uid, each.frame.number

    return sorted(found, key=key)


def places(ordered: Sequence[Slice], near: float) -> list[int]:
    """The number of each slice's place: those nearer than ``near`` mm to one another share it."""
    normal = ordered[0].normal
    found: list[int] = []
    known: list[tuple[int, NDArray[np.float64]]] = []
    last, count = -np.inf, 0
    for each in ordered:
        offset = float(each.position @ normal)
        known = [] if offset - last > near else known
        last = offset
        place = next((place for place, at in known if np.linalg.norm(each.position - at) <= near), None)
        if place is None:
            place, count = count, count + 1
            known.append((place, each.position))
        found.append(place)
    return found


def runs(ordered: Sequence[Slice]) -> list[list[Slice]]:
    """Slices, no two at one place, as runs of equal steps.

    One run where all lie on a grid but for rounding. Else the most common step (the median) joins neighbours, and what
    is left between is looked at alone: planes at 0, 5, 10, 20, 30 mm are three and two.
    """
    positions = np.array([each.position for each in ordered])
    if is_regular(positions):
        return [list(ordered)]
    steps = np.diff(positions, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    usual = steps[np.argsort(lengths, kind="stable")[(len(lengths) - 1) // 2]]
    joins = np.linalg.norm(steps - usual, axis=1) <= _tolerance(usual)
    found: list[list[Slice]] = []
    lone: list[Slice] = []
    ends = [0, *(np.flatnonzero(~joins) + 1).tolist(), len(ordered)]
    for begin, end in pairwise(ends):
        if end - begin > 1:
            found += [*(runs(lone) if lone else []), list(ordered[begin:end])]
            lone = []
        else:
            lone += ordered[begin:end]
    return found + (runs(lone) if lone else [])


def is_regular(positions: NDArray[np.float64]) -> bool:
    """Whether points (n × 3, mm) are equally spaced along a line."""
    if len(positions) < 3:
        return True
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    off = positions - positions[0] - np.arange(len(positions))[:, None] * step
    return bool(np.linalg.norm(off, axis=1).max() <= _tolerance(step))


def _tolerance(step: NDArray[np.float64]) -> float:
    length = float(np.linalg.norm(step))
    return min(_MOST * length, max(_REGULAR * length, _ROUNDED))
