"""What tells frames at the same place apart: time, diffusion, echo, kind of image …

In the order in which they are tried: the first that leaves each place once per value is what a series is split by.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydicom.dataset import Dataset

from ..elements import decoded, items
from ..keywords import keyword_of, property_name
from ..private import private
from ..values import texts
from . import nuclear

Value = float | str
_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_B_VALUES = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C),
    ("Philips Imaging DD 001", 0x2001, 0x03),
    ("GEMS_PARM_01", 0x0043, 0x39),
)
"""Creator, group and element of the private attributes whose first value it is."""
_DIMENSION_INDEX, _DIMENSION_INDEX_POINTER, _DIMENSION_INDEX_VALUES = 0x00209222, 0x00209165, 0x00209157
_FRAME_CONTENT = 0x00209111
_PLACES = (0x00200032, 0x00200037, 0x00209056, 0x00209057, 0x00201041)
"""Image Position and Orientation, Stack ID, In-Stack Position Number, Slice Location."""
_OFFSET = 100_000
"""GE adds a multiple of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """An object, and the functional groups of one of its frames, or what vectors say of it (`nuclear`)."""

    ds: Dataset
    frame: Dataset
    shared: Dataset

    def number(self, tag: int, *macros: int) -> float | None:
        """A number, in the macros that PS3.3 C.7.6.16.2 puts it in, else in the object itself."""
        for value in self._of(tag, macros):
            try:
                return float(value)
            except ValueError:
                continue
        return None

    def text(self, tag: int, *macros: int) -> str | None:
        """Text, its values parted by a backslash."""
        found = list(self._of(tag, macros))
        return "\\".join(found) if found else None

    def _of(self, tag: int, macros: Sequence[int]) -> list[str]:
        for group in (self.frame, self.shared):
            for macro in macros:
                for item in items(group, macro):
                    if found := _values(item, tag):
                        return found
        return _values(self.ds, tag)


def _values(ds: Dataset, tag: int) -> list[str]:
    if tag not in ds:
        return []
    return _texts(decoded(ds, tag).value)


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(each) for each in (value if isinstance(value, (list, tuple)) or hasattr(value, "insert") else [value])]


def said(ds: Dataset) -> list[Said]:
    """What is said of each frame."""
    shared = next(iter(items(ds, _SHARED)), Dataset())
    groups = items(ds, _PER_FRAME) or nuclear.frames(ds)
    if not groups:
        count = next(iter(texts(ds, 0x00280008)), "1") if 0x00280008 in ds else "1"
        return [Said(ds, Dataset(), shared)] * max(1, int(float(count or 1)))
    return [Said(ds, group, shared) for group in groups]


def _b_value(said: Said) -> float | None:
    """Diffusion b-value: the standard's attribute, else that of Siemens, Philips or GE before it."""
    found = said.number(0x00189087, 0x00189117)
    for creator, group, element in _B_VALUES:
        if found is None and (told := _private(said.ds, group, creator, element)):
            found = _number(told[0])
            found = found % _OFFSET if found is not None else None
    return found


def _private(ds: Dataset, group: int, creator: str, element: int) -> list[str]:
    """Values as texts; of an unknown VR (PS3.5 6.2.2) a value is one FL or text."""
    value = private(ds, group, creator, element)
    if isinstance(value, bytes):
        is_float = creator.startswith("Philips") and len(value) == 4
        value = struct.unpack("<f", value)[0] if is_float else value.decode("latin-1").strip("\0 ").split("\\")
    return _texts(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _direction(said: Said) -> str | None:
    for group in (said.frame, said.shared):
        for macro in items(group, 0x00189117):
            for item in items(macro, 0x00189076):
                if found := _values(item, 0x00189089):
                    return "\\".join(found)
    return said.text(0x00189089) or "\\".join(_private(said.ds, 0x0019, "SIEMENS MR HEADER", 0x0E)) or None


DIMENSIONS: dict[str, Callable[[Said], Value | None]] = {
    "temporalPositionIndex": lambda said: said.number(0x00209128, 0x00209111),
    "temporalPositionIdentifier": lambda said: said.number(0x00200100),
    "temporalPositionTimeOffset": lambda said: said.number(0x0020930D, 0x00209310),
    "diffusionBValue": _b_value,
    "diffusionGradientOrientation": _direction,
    "effectiveEchoTime": lambda said: said.number(0x00189082, 0x00189114),
    "echoTime": lambda said: said.number(0x00180081),
    "echoNumbers": lambda said: said.number(0x00180086),
    "inversionTime": lambda said: said.number(0x00180082),
    "flipAngle": lambda said: said.number(0x00181314),
    "imageType": lambda said: said.text(0x00089007, 0x00189226, 0x00189227, 0x00189329) or said.text(0x00080008),
    "complexImageComponent": lambda said: said.text(0x00089208, 0x00189226),
    "nominalCardiacTriggerDelayTime": lambda said: said.number(0x00209153, 0x00189118),
    "triggerTime": lambda said: said.number(0x00181060),
    "frameReferenceTime": lambda said: said.number(0x00541300),
    "acquisitionNumber": lambda said: said.number(0x00200012),
    "acquisitionTime": lambda said: said.text(0x00189074, 0x00209111) or said.text(0x00080032),
    "contentTime": lambda said: said.text(0x00080033),
}
"""Keyword → what an object says of it for a frame."""


def indices(said: Said) -> dict[str, Callable[[Said], Value | None]]:
    """What else a multi-frame object says that it is indexed by (PS3.3 C.7.6.17), and the index of a frame in it."""
    found: dict[str, Callable[[Said], Value | None]] = {
        property_name(keyword_of(tag)): partial(_vector, tag) for tag in nuclear.VECTORS if tag in said.frame
    }
    for number, item in enumerate(items(said.ds, _DIMENSION_INDEX)):
        pointer = decoded(item, _DIMENSION_INDEX_POINTER).value if _DIMENSION_INDEX_POINTER in item else None
        if isinstance(pointer, int) and pointer not in _PLACES:
            found[f"{property_name(keyword_of(pointer))}Index"] = partial(_index, number)
    return found


def _vector(tag: int, said: Said) -> float | None:
    return _number(next(iter(_values(said.frame, tag)), ""))


def _index(number: int, said: Said) -> float | None:
    found = [value for item in items(said.frame, _FRAME_CONTENT) for value in _values(item, _DIMENSION_INDEX_VALUES)]
    return _number(found[number]) if number < len(found) else None


RISING = ("triggerTime", "frameReferenceTime", "acquisitionTime", "contentTime")
"""What rises from volume to volume, and may differ from slice to slice of one."""
