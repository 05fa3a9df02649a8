"""From stored to real-world values: Modality LUT and Real World Value Mapping (PS3.3 C.11.1, C.7.6.16.2.9 and .11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ..codes import read_code, text
from ..elements import decoded, items
from ..values import MalformedValue, numbers

_TRANSFORMATION, _SLOPE, _INTERCEPT, _RESCALE_TYPE = 0x00289145, 0x00281053, 0x00281052, 0x00281054
_MODALITY_LUT, _DESCRIPTOR, _LUT_TYPE, _LUT_DATA = 0x00283000, 0x00283002, 0x00283004, 0x00283006
_MAPPING, _REAL_SLOPE, _REAL_INTERCEPT, _UNITS = 0x00409096, 0x00409225, 0x00409224, 0x004008EA
_REAL_LUT, _FIRST_MAPPED = 0x00409212, 0x00409216
_DOSE_UNITS, _DOSE_GRID_SCALING = 0x30040002, 0x3004000E
_UNSPECIFIED = "US"
"""Of Rescale Type and Modality LUT Type (PS3.3 C.11.1.1.2)."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The real-world value is ``values[stored - first]``, the end values beyond the ends."""

    values: NDArray[Any]
    first: int
    unit: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether real-world values are whole numbers."""
        return self.values.dtype.kind in "iu"

    def look_up(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Real-world values."""
        return np.asarray(self.values[np.clip(stored.astype(np.int64) - self.first, 0, len(self.values) - 1)])


Mapping = Line | Table


def mapping(groups: Iterable[Dataset]) -> Mapping:
    """How the stored values of a frame become real-world values.

    What rescaling gives wins where it names its unit (HU), since that is what readers agree on. Else the first Real
    World Value Mapping wins, which names its unit, over rescaling to an unspecified one. Else values are as stored.

    Parameters
    ----------
    groups
        The functional groups of the frame, the shared ones, the object itself: the first that says something.
    """
    rescaled = next((found for group in groups if (found := _modality(group))), None)
    if rescaled is not None and rescaled.unit:
        return rescaled
    real = next((found for group in groups if (found := _real_world(group))), None)
    dose = next((found for group in groups if (found := _dose(group))), None)
    return real or rescaled or dose or Line()


def _modality(group: Dataset) -> Mapping | None:
    for item in items(group, _MODALITY_LUT):
        descriptor = _numbers(item, _DESCRIPTOR)
        if len(descriptor) == 3 and _LUT_DATA in item:
            data = decoded(item, _LUT_DATA).value
            values = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.atleast_1d(np.asarray(data))
            return Table(
                values[: int(descriptor[0]) or 1 << 16].astype(np.int64), int(descriptor[1]), _unit(item, _LUT_TYPE)
            )
    for item in (*items(group, _TRANSFORMATION), group):
        slope, intercept = _numbers(item, _SLOPE), _numbers(item, _INTERCEPT)
        if slope and slope[0]:
            return Line(float(slope[0]), float(next(iter(intercept), 0.0)), _unit(item, _RESCALE_TYPE))
    return None


def _real_world(group: Dataset) -> Mapping | None:
    for item in items(group, _MAPPING):
        codes = [code for code in map(read_code, items(item, _UNITS)) if code]
        unit = codes[0].value if codes else ""
        slope, intercept = _numbers(item, _REAL_SLOPE), _numbers(item, _REAL_INTERCEPT)
        if slope and slope[0]:
            return Line(float(slope[0]), float(next(iter(intercept), 0.0)), unit)
        if values := _numbers(item, _REAL_LUT):
            return Table(np.array(values, float), int(next(iter(_numbers(item, _FIRST_MAPPED)), 0)), unit)
    return None


def _dose(group: Dataset) -> Mapping | None:
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
