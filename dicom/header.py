"""The kept header: an object's whole Dataset without pixels and bulk data, encoded and compressed (semantics 4.7).

A kept header is compressed by zlib. One that is short, or in explicit VR without bulk data, is a flag and the file's
bytes up to its pixels. Else it is flags, the length of the File Meta Information, the File Meta Information, and the
Dataset in its own implicit or explicit VR and byte order (a deflated one inflated); elements that pydicom has not
decoded are copied as they are. Group 7FE0 is dropped and what follows pixels, which ``stop_before_pixels`` doesn't read
either; a bulk value of more than `BULK` bytes is replaced by a mark (see `dicom.bulk`).
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from copy import deepcopy
from io import BytesIO
from typing import cast

import numpy as np
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import dcmread, read_dataset
from pydicom.filewriter import correct_ambiguous_vr_element, write_data_element
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian
from pydicom.values import convert_SQ

from ..errors import StoreError
from .bulk import BULK, BULK_VRS, bulk, mark
from .elements import UNDECODABLE, decoded
from .values import TEXT_VRS, texts, vr_of

SMALL = 1 << 14
"""Bytes up to which a header is kept as it is in its file: too few for bulk data to matter."""

_WINDOW_BITS, _MEMORY_LEVEL = 13, 6
"""Of zlib: half the memory of headers this short takes it a quarter of the time to set up, and they pack as well."""

_IMPLICIT, _BIG_ENDIAN = 1, 2
_AS_IN_FILE = b"\4"
_TRANSFER_SYNTAX_UID = 0x00020010
_ITEM = 0xFFFEE000
_PIXEL_GROUP = 0x7FE0
_PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_TRAILING_PADDING = 0xFFFCFFFC
_WORDS = {"OW": 2, "US": 2, "SS": 2, "AT": 2, "OL": 4, "OF": 4, "UL": 4, "SL": 4, "FL": 4, "OD": 8, "OV": 8, "FD": 8}
_WORDS |= {"SV": 8, "UV": 8, "US or SS": 2, "US or OW": 2, "OB or OW": 2, "US or SS or OW": 2}
"""Bytes of a word, which byte order applies to."""
_LONG_VRS = BULK_VRS | {"SQ", "SV", "UC", "UR", "UT", "UV"}
_BULK_HEAD = re.compile(rb"(?:O[BDFLVW]|UN)\0\0(?=.[\4-\xff]|..[^\0]|...[^\0])(....)", re.DOTALL)
"""VR, reserved bytes and length, at least `BULK`, of an element in explicit VR little endian (PS3.5 7.1.2)."""

# What two encodings of one object may differ in (semantics 1.6): pixels, Photometric Interpretation, Lossy Image
# Compression with its ratio and method; and, of the encoding alone, group lengths and Data Set Trailing Padding.
_OF_THE_ENCODING = frozenset((0x00280004, 0x00282110, 0x00282112, 0x00282114, _TRAILING_PADDING))


def keep(ds: Dataset, source: bytes = b"") -> bytes:
    """The kept header of an object, pixels read or not; see `encode`."""
    return compress(encode(ds, source))


def compress(encoded: bytes) -> bytes:
    """The kept header that `encode` made, as it is stored."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return deflate.compress(encoded) + deflate.flush()


def encode(ds: Dataset, source: bytes = b"") -> bytes:
    """What is kept of an object, before compression.

    Parameters
    ----------
    source
        The file's bytes up to its pixels, where ``ds`` is what they say: kept as they are if that is right.
    """
    meta = getattr(ds, "file_meta", None) or FileMetaDataset()
    implicit, little = ds.original_encoding
    implicit, little = bool(implicit), little is not False
    readable = source and texts(meta, _TRANSFER_SYNTAX_UID) != [DeflatedExplicitVRLittleEndian]
    if readable and (len(source) <= SMALL or not _may_hold_bulk(source, implicit, little)):
        return _AS_IN_FILE + source
    encoded = _encode(meta, implicit=False, little=True)
    head = struct.pack("<BI", _IMPLICIT * implicit | _BIG_ENDIAN * (not little), len(encoded))
    return head + encoded + _encode(ds, implicit, little)


def restore(blob: bytes) -> Dataset:
    """The Dataset of a kept header, with its ``file_meta``; bulk values are marks (see `dicom.bulk`)."""
    payload = _payload(blob)
    if payload.startswith(_AS_IN_FILE):
        return dcmread(BytesIO(payload[len(_AS_IN_FILE) :]), stop_before_pixels=True, force=True)
    flags, length = struct.unpack_from("<BI", payload)
    start = struct.calcsize("<BI") + length
    ds = read_dataset(BytesIO(payload[start:]), bool(flags & _IMPLICIT), not flags & _BIG_ENDIAN)
    ds.file_meta = FileMetaDataset(read_dataset(BytesIO(payload[start - length : start]), False, True))
    return ds


def digest(blob: bytes) -> str:
    """SHA-256 of a kept header before compression, in hexadecimal."""
    return digest_of(_payload(blob))


def digest_of(encoded: bytes) -> str:
    """The digest of what `encode` made."""
    return hashlib.sha256(encoded).hexdigest()


def same_content(a: bytes, b: bytes) -> bool:
    """Whether two kept headers are one object's, whatever their encoding (semantics 1.6)."""
    return a == b or _same(restore(a), restore(b))


def _payload(blob: bytes) -> bytes:
    try:
        return zlib.decompress(blob)
    except zlib.error as error:
        raise StoreError(f"a kept header is damaged ({error}); ingest its file again with --replace") from None


def _encode(ds: Dataset, implicit: bool, little: bool) -> bytes:
    """The elements of one nesting level, encoded."""
    parts: list[bytes] = []
    tags = sorted(map(int, ds.keys()))
    end = next((tag for tag in tags if tag in _PIXELS), _TRAILING_PADDING)
    for tag in tags:
        if tag >> 16 == _PIXEL_GROUP or tag >= end:
            continue
        entry = ds.get_item(tag, keep_deferred=True)
        vr = vr_of(tag, entry.VR) if entry.VR is None or len(entry.VR) > 2 else entry.VR
        if isinstance(entry, RawDataElement):
            value = entry.value or b""
            if vr == "SQ" and _must_be_opened(entry, implicit, little) and isinstance(decoded(ds, tag).value, Sequence):
                value = _encode_items(ds[tag].value, implicit, little)
            elif entry.is_little_endian != little:
                value = _swapped(value, vr)
        elif isinstance(entry.value, Sequence):
            vr, value = "SQ", _encode_items(entry.value, implicit, little)
        else:
            vr, value = _encode_value(ds, entry, implicit, little)
        if len(value) > BULK and vr_of(tag, vr) in BULK_VRS:
            value = mark(value if little else _swapped(value, vr))
        parts += (_prefix(tag, vr, len(value), implicit, little), value)
    return b"".join(parts)


def _encode_items(sequence: Sequence, implicit: bool, little: bool) -> bytes:
    encoded = (_encode(item, implicit, little) for item in sequence)
    return b"".join(_prefix(_ITEM, "", len(item), True, little) + item for item in encoded)


def _encode_value(ds: Dataset, element: DataElement, implicit: bool, little: bool) -> tuple[str, bytes]:
    """VR and bytes of an element that pydicom has decoded already, or that was never encoded."""
    if len(element.VR) > 2 and not implicit:
        element = cast(DataElement, correct_ambiguous_vr_element(deepcopy(element), ds, little))
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_data_element(buffer, element, cast(list[str], ds.original_character_set or []))
    return element.VR, buffer.getvalue()[len(_prefix(element.tag, element.VR, 0, implicit, little)) :]


def _prefix(tag: int, vr: str, length: int, implicit: bool, little: bool) -> bytes:
    """Tag, VR and length (PS3.5 7.1.2); a length that its VR can't hold makes it UN."""
    order = "<" if little else ">"
    if implicit:
        return struct.pack(f"{order}HHI", tag >> 16, tag & 0xFFFF, length)
    vr = "UN" if len(vr) > 2 or (length > 0xFFFF and vr not in _LONG_VRS) else vr
    if vr in _LONG_VRS:
        return struct.pack(f"{order}HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return struct.pack(f"{order}HH2sH", tag >> 16, tag & 0xFFFF, vr.encode("latin-1"), length)


def _must_be_opened(entry: RawDataElement, implicit: bool, little: bool) -> bool:
    """Whether an undecoded sequence may hold bulk data, or is encoded otherwise than what is around it."""
    value = entry.value or b""
    if entry.is_implicit_VR != implicit or entry.is_little_endian != little:
        return True
    return len(value) > BULK and _may_hold_bulk(value, implicit, little)


def _may_hold_bulk(encoded: bytes, implicit: bool, little: bool) -> bool:
    """Whether encoded elements may hold a bulk value; only explicit VR little endian tells by its bytes."""
    if implicit or not little:
        return True
    return any(int.from_bytes(found[1], "little") > BULK for found in _BULK_HEAD.finditer(encoded))


def _swapped(value: bytes, vr: str) -> bytes:
    """The value in the other byte order."""
    words = np.frombuffer(value[: len(value) - len(value) % _WORDS[vr]], f"u{_WORDS[vr]}") if vr in _WORDS else None
    return value if words is None else words.byteswap().tobytes()


def _same(a: Dataset, b: Dataset) -> bool:
    tags = _compared(a)
    return tags == _compared(b) and all(_same_element(a, b, tag) for tag in tags)


def _compared(ds: Dataset) -> list[int]:
    tags = sorted(map(int, ds.keys()))
    return [tag for tag in tags if tag & 0xFFFF and tag not in _OF_THE_ENCODING and tag >> 16 != _PIXEL_GROUP]


def _same_element(a: Dataset, b: Dataset, tag: int) -> bool:
    # As they are before items are looked for: pydicom puts a text in the place of a sequence that it can't read.
    entries = [ds.get_item(tag, keep_deferred=True) for ds in (a, b)]
    vrs = {vr_of(tag, entry.VR) for entry in entries}
    if "SQ" in vrs:
        mine, yours = _items(a, tag), _items(b, tag)
        if mine is not None and yours is not None:
            return len(mine) == len(yours) and all(map(_same, mine, yours))
    one, other = map(_little_endian, (a, b), entries)
    if not vrs.isdisjoint(TEXT_VRS):
        one, other = one.rstrip(b" \0"), other.rstrip(b" \0")
    if (bulk(one) is None) != (bulk(other) is None):  # one was UN, of unknown VR, in implicit VR
        one, other = (value if bulk(value) else mark(value) for value in (one, other))
    return one == other


def _items(ds: Dataset, tag: int) -> list[Dataset] | None:
    """The items of a sequence, also of a private one that is UN in implicit VR; None where its bytes are no items."""
    value = decoded(ds, tag).value
    if not isinstance(value, Sequence):
        try:
            value = convert_SQ(value or b"", True, True)
        except UNDECODABLE:
            return None
    return list(value)


def _little_endian(ds: Dataset, entry: RawDataElement | DataElement) -> bytes:
    if isinstance(entry, DataElement):  # pydicom decodes Pixel Representation along with a sequence
        return _encode_value(ds, entry, implicit=False, little=True)[1]
    value = entry.value or b""
    as_it_is = entry.is_little_endian or bulk(value)  # a mark is of the little endian value
    return value if as_it_is else _swapped(value, vr_of(entry.tag, entry.VR))
