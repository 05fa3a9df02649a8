"""The items of a sequence, straight from its bytes where that is safe.

pydicom leaves a sequence of defined length as bytes until it is asked for, and then spends most of its time on
bookkeeping. Structured Reports are sequences in sequences: for them this is three times faster, with equal results.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from . import elements
from .plain import NOT_PLAIN, Entries, parse

_ITEM = 0xFFFEE000
_SPECIFIC_CHARACTER_SET = 0x00080005

_item_head = struct.Struct("<HHL").unpack_from


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

    entries: Entries
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
    found = _parsed(ds.get_item(tag, keep_deferred=True))
    return elements.items(ds, tag) if found is None else [Level(item, ds, made=False).dataset for item in found]


def _parsed(entry: object) -> list[Entries] | None:
    """The elements of each item; None where that takes more than reading defined lengths in one character set."""
    if isinstance(entry, RawDataElement) and entry.VR in ("SQ", None) and entry.is_little_endian and entry.value:
        try:
            return _parse(entry.value, entry.is_implicit_VR)
        except NOT_PLAIN:
            return None
    return None


def _parse(value: bytes, implicit: bool) -> list[Entries] | None:
    found: list[Entries] = []
    at, end = 0, len(value)
    while at < end:
        group, element, length = _item_head(value, at)
        at += 8
        stop = at + length
        if group << 16 | element != _ITEM or stop > end:
            return None
        item, at = parse(value, at, stop, implicit)
        if _SPECIFIC_CHARACTER_SET in item:
            return None
        found.append(item)
    return found
