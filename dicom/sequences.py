"""The items of a sequence, straight from its bytes where that is safe.

pydicom leaves a sequence of defined length as bytes until it is asked for, and then spends most of its time on
bookkeeping. Structured Reports are sequences in sequences: for them this is three times faster, with equal results.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import cast

from pydicom.dataelem import DataElement, RawDataElement, empty_value_for_VR
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from . import elements

_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_SPECIFIC_CHARACTER_SET = 0x00080005
_SHORT = {vr.value.encode(): vr.value for vr in VR if len(vr.value) == 2 and vr not in EXPLICIT_VR_LENGTH_32}
_LONG = {vr.value.encode(): vr.value for vr in EXPLICIT_VR_LENGTH_32}
"""VRs with a 16-bit and with a 32-bit length (PS3.5 7.1.2)."""

_explicit = struct.Struct("<HH2sH").unpack_from
_length = struct.Struct("<L").unpack_from
_implicit = struct.Struct("<HHL").unpack_from


@dataclass(slots=True)
class Level:
    """One nesting level, of which pydicom's Dataset is made only where somebody asks for it.

    Attributes
    ----------
    entries
        Its elements by tag, in the order of the file.
    holder
        The Dataset itself, where it has been made; else the nearest one around it.
    """

    entries: dict[int, DataElement | RawDataElement]
    holder: Dataset
    made: bool = True

    @classmethod
    def of(cls, ds: Dataset) -> Level:
        """The level of a Dataset."""
        return cls({int(tag): entry for tag, entry in ds.items()}, ds)

    @property
    def dataset(self) -> Dataset:
        """The level as a Dataset."""
        if not self.made:
            character_set = self.holder.original_character_set
            ds = Dataset({entry.tag: entry for entry in self.entries.values()}, parent_encoding=character_set)
            implicit = any(isinstance(e, RawDataElement) and e.is_implicit_VR for e in self.entries.values())
            ds.set_original_encoding(implicit, True, character_set)
            self.holder, self.made = ds, True
        return self.holder

    def items(self, tag: int) -> list[Level]:
        """The items of a sequence of this level."""
        entry = self.entries.get(tag)
        found = _parsed(entry)
        if found is None:
            return [Level.of(item) for item in elements.items(self.dataset, tag)] if entry else []
        return [Level(item, self.holder, made=False) for item in found]


def items(ds: Dataset, tag: int) -> list[Dataset]:
    """What `elements.items` answers, without leaving a trace in ``ds``: equal items, not the same ones each time."""
    found = _parsed(ds.get_item(tag))
    return elements.items(ds, tag) if found is None else [Level(item, ds, made=False).dataset for item in found]


def _parsed(entry: object) -> list[dict[int, DataElement | RawDataElement]] | None:
    """The elements of each item; None where that takes more than reading defined lengths in one character set."""
    if isinstance(entry, RawDataElement) and entry.VR in ("SQ", None) and entry.is_little_endian and entry.value:
        try:
            return _parse(entry.value, entry.is_implicit_VR)
        except (struct.error, KeyError):
            return None
    return None


def _parse(value: bytes, implicit: bool) -> list[dict[int, DataElement | RawDataElement]] | None:
    found: list[dict[int, DataElement | RawDataElement]] = []
    at, end = 0, len(value)
    while at < end:
        group, element, length = _implicit(value, at)
        at += 8
        stop = at + length
        if group << 16 | element != _ITEM or stop > end:
            return None
        item: dict[int, DataElement | RawDataElement] = {}
        while at < stop:
            vr: str | None = None
            if implicit:
                group, element, length = _implicit(value, at)
            else:
                group, element, read, length = _explicit(value, at)
                vr = _SHORT.get(read)
                if vr is None:
                    vr = _LONG[read]
                    (length,) = _length(value, at + 8)
                    at += 4
            at += 8
            tag = group << 16 | element
            if at + length > stop or tag == _SPECIFIC_CHARACTER_SET:
                return None
            held = value[at : at + length] if length else cast(bytes | None, empty_value_for_VR(vr, raw=True))
            item[tag] = RawDataElement(BaseTag(tag), vr, length, held, at, implicit, True)
            at += length
        found.append(item)
    return found
