"""The items of a sequence, straight from its bytes where that is safe.

pydicom leaves a sequence of defined length as bytes until it is asked for, and then spends most of its time on
bookkeeping. Structured Reports are sequences in sequences: for them this is three times faster, with equal results.
"""

from __future__ import annotations

import struct
from collections.abc import MutableSequence
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


def items(ds: Dataset, tag: int) -> list[Dataset]:
    """What `elements.items` answers, without leaving a trace in ``ds``: equal items, not the same ones each time."""
    entry = ds.get_item(tag) if tag in ds else None
    if isinstance(entry, RawDataElement) and entry.VR in ("SQ", None) and entry.is_little_endian and entry.value:
        try:
            found = _parse(entry.value, entry.is_implicit_VR, ds.original_character_set)
        except (struct.error, KeyError):
            found = None
        if found is not None:
            return found
    return elements.items(ds, tag)


def _parse(value: bytes, implicit: bool, character_set: str | MutableSequence[str]) -> list[Dataset] | None:
    """The items; None where that takes more than reading defined lengths in one character set."""
    found: list[Dataset] = []
    at, end = 0, len(value)
    while at < end:
        group, element, length = _implicit(value, at)
        at += 8
        stop = at + length
        if group << 16 | element != _ITEM or stop > end:
            return None
        item: dict[BaseTag, DataElement | RawDataElement] = {}
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
            tag = BaseTag(group << 16 | element)
            if at + length > stop or tag == _SPECIFIC_CHARACTER_SET:
                return None
            held = value[at : at + length] if length else cast(bytes | None, empty_value_for_VR(vr, raw=True))
            item[tag] = RawDataElement(tag, vr, length, held, at, implicit, True)
            at += length
        ds = Dataset(item, parent_encoding=character_set)
        ds.set_original_encoding(implicit, True, character_set)
        found.append(ds)
    return found
