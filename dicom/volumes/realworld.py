"""From stored to real-world values: Modality LUT and Real World Value Mapping (PS3.3 C.11.1, C.7.6.16.2.9 and .11)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ..codes import read_code, text
from ..elements import items
from ..values import MalformedValue, numbers
from .dimensions import Said
from .tables import as_stored, table

_TRANSFORMATION, _SLOPE, _INTERCEPT, _RESCALE_TYPE = 0x00289145, 0x00281053, 0x00281052, 0x00281054
_MODALITY_LUT, _DESCRIPTOR, _LUT_TYPE, _LUT_DATA = 0x00283000, 0x00283002, 0x00283004, 0x00283006
_MAPPING, _REAL_SLOPE, _REAL_INTERCEPT, _UNITS = 0x00409096, 0x00409225, 0x00409224, 0x004008EA
_REAL_LUT, _LABEL = 0x00409212, 0x00409210
_FIRST, _LAST = (0x00409216, 0x00409214), (0x00409211, 0x00409213)
"""First and Last Value Mapped, each also as double-precision number."""
_DOSE_UNITS, _DOSE_GRID_SCALING = 0x30040002, 0x3004000E
_UNSPECIFIED = "US"
"""Of Rescale Type and Modality LUT Type (PS3.3 C.11.1.1.2)."""

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Line:
    """The real-world value is ``stored * slope + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether whole numbers become whole numbers."""
        return self.slope.is_integer() and self.intercept.is_integer()

    def look_up(self, stored: Array) -> Array:
        """Real-world values."""
        if (self.slope, self.intercept) == (1.0, 0.0):
            return stored
        if self.is_whole and stored.dtype.kind in "iu":
            return np.asarray(stored * np.int64(self.slope) + np.int64(self.intercept))
        return np.asarray(stored * self.slope + self.intercept)

    def reach(self, lowest: float, highest: float) -> tuple[float, float, float]:
        """Of stored values in a range: the lowest and highest real-world value, and the least distance of two."""
        ends = sorted(end * self.slope + self.intercept for end in (lowest, highest))
        return ends[0], ends[1], abs(self.slope)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The real-world value is ``values[stored - first]``, the end values beyond the ends."""

    values: Array
    first: int
    unit: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether real-world values are whole numbers."""
        return self.values.dtype.kind in "iu"

    def look_up(self, stored: Array) -> Array:
        """Real-world values."""
        return np.asarray(self.values[np.clip(stored.astype(np.int64) - self.first, 0, len(self.values) - 1)])

    def reach(self, lowest: float, highest: float) -> tuple[float, float, float]:
        """As of a line, of all its values."""
        steps = np.diff(np.unique(self.values))
        return float(self.values.min()), float(self.values.max()), float(min(steps, default=1.0))


@dataclass(frozen=True, slots=True)
class Range:
    """Stored values from the first to the last, both included, and what becomes of them."""

    first: float
    last: float
    by: Line | Table


@dataclass(frozen=True, slots=True)
class Ranges:
    """The real-world value of each stored value is by the range that holds it, NaN where none does.

    Attributes
    ----------
    otherwise
        How stored values are mapped without it.
    left_out
        Units, or labels, of further mappings that map the same stored values otherwise.
    """

    parts: tuple[Range, ...]
    unit: str
    otherwise: Line | Table
    left_out: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether whole numbers become whole numbers."""
        return all(part.by.is_whole for part in self.parts)

    def look_up(self, stored: Array) -> Array:
        """Real-world values; floating-point numbers where one is NaN."""
        within = [self._within(stored, part) for part in self.parts]
        for held, part in zip(within, self.parts, strict=True):
            if held.all():
                return part.by.look_up(stored)
        is_whole = self.is_whole and stored.dtype.kind in "iu" and bool(np.logical_or.reduce(within).all())
        made = np.zeros(stored.shape, np.int64) if is_whole else np.full(stored.shape, np.nan)
        for held, part in reversed(list(zip(within, self.parts, strict=True))):
            made[held] = part.by.look_up(stored[held])
        return made

    def reach(self, lowest: float, highest: float) -> tuple[float, float, float]:
        """As of a line."""
        ends = [(max(lowest, part.first), min(highest, part.last), part.by) for part in self.parts]
        found = [by.reach(low, high) for low, high, by in ends if low <= high]
        if not found:
            return self.otherwise.reach(lowest, highest)
        lows, highs, steps = zip(*found, strict=True)
        return min(lows), max(highs), min(steps)

    @staticmethod
    def _within(stored: Array, part: Range) -> NDArray[np.bool_]:
        """Limits of floating-point numbers are as exact as these; what is no number is mapped to none."""
        first, last = part.first, part.last
        if stored.dtype.kind == "f":
            first, last = stored.dtype.type(first), stored.dtype.type(last)
            return np.asarray(((stored >= first) & (stored <= last)) | np.isnan(stored))
        return np.asarray((stored >= first) & (stored <= last))


Mapping = Line | Table | Ranges


def factored(by: Mapping) -> tuple[Line, Mapping]:
    """A mapping as a line, and what maps stored values before it."""
    if isinstance(by, Line):
        return by, Line()
    if isinstance(by, Ranges) and len(by.parts) == 1 and isinstance(line := by.parts[0].by, Line):
        return line, replace(by, parts=(replace(by.parts[0], by=Line()),))
    return Line(), by


def mapping(said: Said) -> Mapping:
    """How the stored values of a frame become real-world values.

    What rescaling gives wins where it names its unit (HU), since that is what readers agree on. Else Real World Value
    Mapping wins, which names its unit, over rescaling to an unspecified one. Else values are as stored. Of several
    Real World Value Mappings those count that map other stored values to the unit of the first.
    """
    groups = (said.frame, said.shared, said.ds)
    rescaled = next((found for group in groups if (found := _modality(group, said.ds))), None)
    if rescaled is not None and rescaled.unit:
        return rescaled
    otherwise = rescaled or next((found for group in groups if (found := _dose(group))), None) or Line()
    real = (joined for group in groups if (joined := _real_world(group, said.ds, otherwise)))
    return next(real, None) or otherwise


def _modality(group: Dataset, ds: Dataset) -> Line | Table | None:
    for item in items(group, _MODALITY_LUT):
        if held := table(item, _DESCRIPTOR, _LUT_DATA, ds):
            return Table(held[0], held[1], _unit(item, _LUT_TYPE))
    for item in (*items(group, _TRANSFORMATION), group):
        slope, intercept = _numbers(item, _SLOPE), _numbers(item, _INTERCEPT)
        if slope and slope[0]:
            return Line(float(slope[0]), float(next(iter(intercept), 0.0)), _unit(item, _RESCALE_TYPE))
    return None


def _real_world(group: Dataset, ds: Dataset, otherwise: Line | Table) -> Ranges | None:
    """Its mappings joined (PS3.3 C.7.6.16.2.11): of a stored value that two map, the first one counts."""
    found = [(item, part) for item in items(group, _MAPPING) if (part := _range(item, ds))]
    if not found:
        return None
    unit = found[0][1].by.unit
    parts: list[Range] = []
    left_out: list[str] = []
    for item, part in found:
        apart = all(part.last <= other.first or other.last <= part.first for other in parts)
        if part.by.unit == unit and apart:
            parts.append(part)
        else:
            left_out.append(part.by.unit if part.by.unit != unit else text(item, _LABEL) or unit)
    return Ranges(tuple(parts), unit, otherwise, tuple(left_out))


def _range(item: Dataset, ds: Dataset) -> Range | None:
    """What an item maps; of a table no more than it holds. A range that ends before it begins is none."""
    codes = [code for code in map(read_code, items(item, _UNITS)) if code]
    unit = codes[0].value if codes else ""
    slope, intercept = _numbers(item, _REAL_SLOPE), _numbers(item, _REAL_INTERCEPT)
    first = next(_limits(item, ds, _FIRST), None)
    last = next(_limits(item, ds, _LAST), None)
    if slope and slope[0]:
        line = Line(float(slope[0]), float(next(iter(intercept), 0.0)), unit)
        low, high = -math.inf if first is None else first, math.inf if last is None else last
        return Range(low, high, line) if low <= high else Range(-math.inf, math.inf, line)
    if values := _numbers(item, _REAL_LUT):
        begin = int(first or 0)
        end = begin + len(values) - 1
        return Range(
            begin, end if last is None or last < begin else min(end, last), Table(np.array(values, float), begin, unit)
        )
    return None


def _limits(item: Dataset, ds: Dataset, tags: tuple[int, int]) -> Iterator[float]:
    whole, double = tags
    yield from (as_stored(value, ds) for value in _numbers(item, whole)[:1])
    yield from (float(value) for value in _numbers(item, double)[:1])


def _dose(group: Dataset) -> Line | None:
    """The dose that a stored value is (PS3.3 C.8.8.3)."""
    scaling = _numbers(group, _DOSE_GRID_SCALING)
    unit = {"GY": "Gy"}.get(text(group, _DOSE_UNITS), "")
    return Line(float(scaling[0]), 0.0, unit) if scaling and scaling[0] else None


def _unit(item: Dataset, tag: int) -> str:
    written = text(item, tag)
    return "" if written == _UNSPECIFIED else written


def _numbers(item: Dataset, tag: int) -> list[float] | list[int]:
    try:
        return numbers(item, tag)
    except MalformedValue:
        return []
