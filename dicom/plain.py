"""Reading of plainly encoded data sets: little endian, defined lengths, ascending tags. All else is pydicom's.

pydicom spends most of its time on what such data don't need. What is read here is what pydicom reads, undecoded; where
anything is out of the ordinary nothing is, and pydicom is asked.
"""

from __future__ import annotations

import struct
from collections.abc import Container, MutableMapping
from functools import cache, lru_cache, partial
from typing import BinaryIO, NamedTuple

from pydicom.charset import convert_encodings, default_encoding
from pydicom.dataelem import DataElement, RawDataElement, empty_value_for_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    PrivateTransferSyntaxes,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from .values import texts

Entries = dict[int, DataElement | RawDataElement]
"""Elements by tag, in the order of the file."""

_SHORT = {vr.value.encode(): vr.value for vr in VR if len(vr.value) == 2 and vr not in EXPLICIT_VR_LENGTH_32}
_LONG = {vr.value.encode(): vr.value for vr in EXPLICIT_VR_LENGTH_32}
"""VRs with a 16-bit and with a 32-bit length (PS3.5 7.1.2)."""

_explicit = struct.Struct("<6sH").unpack_from
_tag = struct.Struct("<HH").unpack_from
_implicit = struct.Struct("<HHL").unpack_from
_length = struct.Struct("<L").unpack_from

_PREFIX = 132
"""Bytes of preamble and ``DICM`` (PS3.10 7.1)."""
_FILE_META = 0x0002
_GROUP_LENGTH = 0x00020000
_TRANSFER_SYNTAX_UID = 0x00020010
_SPECIFIC_CHARACTER_SET = 0x00080005
_PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_OTHERWISE_ENCODED = (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, *PrivateTransferSyntaxes)
_FIRST_READ = 1 << 14
_LAST_READ = 1 << 23

NOT_PLAIN = (struct.error, KeyError, ValueError, EOFError)
"""What `parse` raises."""
_UNDEFINED = 0xFFFFFFFF

_raw = partial(tuple.__new__, RawDataElement)
"""A RawDataElement of all its fields, in half the time that its own constructor takes."""


class Header(NamedTuple):
    """A file's Dataset up to its pixels, and the bytes it was read from: its ``end`` is where they end."""

    ds: Dataset
    source: bytes

    @property
    def end(self) -> int:
        """Offset of the pixels, or the size of a file without."""
        return len(self.source)


def read_header(stream: BinaryIO) -> Header | None:
    """What ``dcmread(stream, stop_before_pixels=True)`` reads; None where it must be asked."""
    source, size = b"", _FIRST_READ
    while size <= _LAST_READ:
        wanted = size - len(source)
        more = stream.read(wanted)
        source += more
        is_all = len(more) < wanted
        try:
            return _header(source, is_all)
        except (struct.error, EOFError):
            if is_all:
                return None
        except (KeyError, ValueError):
            return None
        size *= 8
    return None


def parse(data: bytes, at: int, stop: int, implicit: bool, until: Container[int] = ()) -> tuple[Entries, int]:
    """The elements of ``data`` from ``at`` to ``stop``, or to the first tag that is in ``until``; where that is.

    Raises
    ------
    struct.error, EOFError
        where ``data`` ends within an element.
    KeyError, ValueError
        where they are not plain.
    """
    found: Entries = {}
    before = -1
    while at < stop:
        start = at + 8
        if implicit:
            group, element, length = _implicit(data, at)
            tag, base, vr = group << 16 | element, _base_tag(group << 16 | element), None
            if tag in until:
                break
        else:
            head, length = _explicit(data, at)
            tag, base, vr, is_long = _explicit_head(head)
            if tag in until:
                break
            if is_long:
                (length,) = _length(data, start)
                start += 4
        if tag <= before or length == _UNDEFINED:
            raise ValueError(tag)
        before = tag
        at = start + length
        if at > stop:
            raise EOFError(tag)
        held = data[start:at] if length else empty_value_for_VR(vr, raw=True)
        found[tag] = _raw((base, vr, length, held, start, implicit, True, True, False))
    return found, at


def _header(source: bytes, is_all: bool) -> Header:
    if source[_PREFIX - 4 : _PREFIX] != b"DICM":
        raise ValueError
    (group_length,) = _length(source, _PREFIX + 8)
    start = _PREFIX + 12 + group_length
    meta = FileMetaDataset(_by_base_tag(parse(source, _PREFIX, start, implicit=False)[0]))
    (syntax,) = texts(meta, _TRANSFER_SYNTAX_UID)
    if _GROUP_LENGTH not in meta or syntax in _OTHERWISE_ENCODED or source[start : start + 2] <= b"\2\0":
        raise ValueError
    implicit = syntax == ImplicitVRLittleEndian
    if implicit and source[start + 4 : start + 6].isalpha():  # explicit VR all the same
        raise ValueError
    entries, end = parse(source, start, len(source), implicit, _PIXELS)
    if end == len(source) and not is_all:
        raise EOFError
    ds = Dataset(_by_base_tag(entries))
    named = entries.get(_SPECIFIC_CHARACTER_SET)
    characters = _characters(named.value) if isinstance(named, RawDataElement) else default_encoding
    ds.set_original_encoding(implicit, True, characters)
    ds.file_meta = meta
    return Header(ds, source[:end])


def _by_base_tag(entries: Entries) -> MutableMapping[BaseTag, DataElement | RawDataElement]:
    return {_base_tag(tag): entry for tag, entry in entries.items()}


@lru_cache(maxsize=1 << 14)
def _explicit_head(head: bytes) -> tuple[int, BaseTag, str, bool]:
    """Tag and VR that an element begins with, and whether its length has 32 bits; KeyError where that is no VR."""
    group, element = _tag(head)
    vr = head[4:]
    tag = group << 16 | element
    return tag, _base_tag(tag), _SHORT.get(vr) or _LONG[vr], vr in _LONG


@cache
def _base_tag(tag: int) -> BaseTag:
    return BaseTag(tag)


@lru_cache(maxsize=256)
def _characters(value: bytes | None) -> list[str]:
    """Python's names of the character sets that Specific Character Set names."""
    names = (value or b"").decode("ascii").strip(" \0").split("\\")
    return convert_encodings([name.strip() for name in names])
