"""What tells frames at the same place apart: time, diffusion, echo, kind of image …

In the order in which they are tried: the first that leaves each place once per value is what a series is split by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from ..elements import decoded, items
from ..values import texts

Value = float | str
_SHARED, _PER_FRAME = 0x52009229, 0x52009230


@dataclass(frozen=True, slots=True)
class Said:
    """An object, and the functional groups of one of its frames."""

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
    value = decoded(ds, tag).value
    if value is None or value == "":
        return []
    return [str(each) for each in (value if isinstance(value, (list, tuple)) or hasattr(value, "insert") else [value])]


def said(ds: Dataset) -> list[Said]:
    """What is said of each frame."""
    shared = next(iter(items(ds, _SHARED)), Dataset())
    groups = items(ds, _PER_FRAME)
    if not groups:
        count = next(iter(texts(ds, 0x00280008)), "1") if 0x00280008 in ds else "1"
        groups = [Dataset()] * max(1, int(float(count or 1)))
    return [Said(ds, group, shared) for group in groups]


def _b_value(said: Said) -> float | None:
    """Diffusion b-value: the standard's attribute, else that of Siemens, GE or Philips before it."""
    found = said.number(0x00189087, 0x00189117)
    if found is None:
        found = said.number(0x0019100C)  # SIEMENS MR HEADER
    if found is None and (slop := said.text(0x00431039)):  # GEMS_PARM_01: the first value, offset by 1e9 where stated
        found = _number(slop.split("\\")[0])
        found = found % 100_000 if found is not None else None
    return said.number(0x20011003) if found is None else found  # Philips Imaging DD 001


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
    return said.text(0x00189089) or said.text(0x0019100E)


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

RISING = ("triggerTime", "frameReferenceTime", "acquisitionTime", "contentTime")
"""What rises from volume to volume, and may differ from slice to slice of one."""
