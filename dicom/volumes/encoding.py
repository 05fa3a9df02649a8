"""Where the pixels of a file lie and how they are encoded (PS3.3 C.7.6.3, PS3.5 8)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ...errors import ReadError
from ..elements import UNDECODABLE, decoded
from ..plain import read_header
from ..reading import read
from ..values import MalformedValue, numbers, texts

_KEYWORDS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
_FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_HEAD = 12
"""Bytes of an element before its value, at most (PS3.5 7.1.2)."""
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"))
_ITEM = 8
"""Bytes of the head of an item, of which an encapsulated frame has one at least (PS3.5 A.4)."""
_CUT = 64
_EXTENDED_OFFSETS = (0x7FE00001, 0x7FE00002)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the pixels of an object are encoded.

    Attributes
    ----------
    offset
        Where in the file the value of the pixels begins; None where the data set is deflated as a whole.
    keyword
        PixelData, FloatPixelData or DoubleFloatPixelData.
    planar
        Planar Configuration: 1 where the colours of a frame follow one another.
    tiles
        How many slices its one frame is a mosaic of (`mosaic`); 0 where it is none.
    """

    path: Path
    offset: int | None
    keyword: str
    transfer_syntax: str
    is_encapsulated: bool
    photometric_interpretation: str
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    planar: int
    frames: int
    extended_offsets: tuple[bytes, bytes] | None
    tiles: int = 0

    @property
    def slice_size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        side = tiles_in_row(self.tiles)
        return self.rows // side, self.columns // side

    @property
    def is_plain(self) -> bool:
        """Whether a frame lies in the file as in memory, but for byte order and unused bits."""
        whole_bytes = self.bits_allocated in (8, 16, 32, 64)
        return whole_bytes and self.samples == 1 and not self.is_encapsulated and self.offset is not None

    @property
    def is_float(self) -> bool:
        """Whether stored values are floating-point numbers."""
        return self.keyword in _FLOAT_BITS

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a plain stored value, in the byte order of the file."""
        kind = "f" if self.is_float else "i" if self.is_signed else "u"
        order = ">" if self.transfer_syntax == ExplicitVRBigEndian else "<"
        return np.dtype(f"{order}{kind}{self.bits_allocated // 8}")


def tiles_in_row(tiles: int) -> int:
    """How many tiles lie in a row of a mosaic, which is a square."""
    return math.isqrt(max(0, tiles - 1)) + 1


@dataclass(frozen=True, slots=True)
class Header:
    """A file's Dataset up to its pixels.

    Attributes
    ----------
    offset
        Where the element of the pixels begins; None in a deflated data set.
    head
        The first bytes of that element.
    """

    path: Path
    ds: Dataset
    offset: int | None
    head: bytes = b""

    @property
    def transfer_syntax(self) -> str:
        """Its UID; as it was read where the file doesn't say."""
        named = texts(self.ds.file_meta, 0x00020010) if hasattr(self.ds, "file_meta") else []
        implicit, little = self.ds.original_encoding
        guessed = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        return named[0] if named else guessed


def header(path: Path) -> Header:
    """Read a file up to its pixels.

    Raises
    ------
    ReadError
        where it can't be read.
    """
    try:
        with path.open("rb") as stream:
            plain = read_header(stream)
            if plain is not None:
                stream.seek(plain.end)
                return Header(path, plain.ds, plain.end, stream.read(_HEAD))
            stream.seek(0)
            ds = read(stream, stop_before_pixels=True)
            at = stream.tell()
            head = stream.read(_HEAD)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from error
    except UNDECODABLE as error:
        raise ReadError(f"{path}: it can't be read ({error})") from error
    found = Header(path, ds, at, head)
    return Header(path, ds, None) if found.transfer_syntax == DeflatedExplicitVRLittleEndian else found


def encoding(found: Header) -> Encoding:
    """How the pixels of a file are encoded.

    Raises
    ------
    ReadError
        where it has no pixels, or doesn't say.
    """
    ds, syntax = found.ds, found.transfer_syntax
    keyword, offset, length = _element(found)
    bits = _FLOAT_BITS.get(keyword) or _number(found, 0x00280100, "Bits Allocated")
    stored = _FLOAT_BITS.get(keyword) or _number(found, 0x00280101, "Bits Stored", bits)
    table = [bytes(decoded(ds, tag).value) for tag in _EXTENDED_OFFSETS if tag in ds]
    made = Encoding(
        found.path,
        offset,
        keyword,
        syntax,
        length == _UNDEFINED or _is_encapsulated(found),
        next(iter(texts(ds, 0x00280004)), "MONOCHROME2"),
        _number(found, 0x00280010, "Rows"),
        _number(found, 0x00280011, "Columns"),
        _number(found, 0x00280002, "Samples per Pixel", 1),
        bits,
        stored,
        _number(found, 0x00280102, "High Bit", stored - 1),
        _number(found, 0x00280103, "Pixel Representation", 0) == 1,
        _number(found, 0x00280006, "Planar Configuration", 0),
        max(1, _number(found, 0x00280008, "Number of Frames", 1)),
        (table[0], table[1]) if len(table) == 2 else None,
    )
    _check_frames(made)
    return made


def has_pixels(found: Header) -> bool:
    """Whether a file has pixels; what some tests and tools leave of an image is its header."""
    return found.offset is None or bool(_element_at(found, found.offset))


def _is_encapsulated(found: Header) -> bool:
    try:
        return UID(found.transfer_syntax).is_encapsulated
    except ValueError:
        raise ReadError(f"{found.path}: {found.transfer_syntax!r} is no transfer syntax that is known") from None


def _check_frames(found: Encoding) -> None:
    """Whether a file is large enough for its Number of Frames, by far; a cut is found when it is decoded."""
    if found.offset is None:
        return
    bits = found.rows * found.columns * found.samples * found.bits_allocated
    least = _ITEM if found.is_encapsulated else max(1, bits // 8 // _CUT)
    if found.frames > 1 and found.frames * least > found.path.stat().st_size:
        raise ReadError(f"{found.path}: it says that it has {found.frames} frames, and is too small for them")


def _number(found: Header, tag: int, name: str, default: int | None = None) -> int:
    try:
        value = next(iter(numbers(found.ds, tag)), default)
    except MalformedValue:
        value = None
    if value is None:
        raise ReadError(f"{found.path}: its {name} is missing or no number")
    return int(value)


def _element(found: Header) -> tuple[str, int | None, int]:
    """Keyword of the pixels, where their value begins, and its length."""
    if found.offset is None:
        return "PixelData", None, 0
    element = _element_at(found, found.offset)
    if element is None:
        raise ReadError(f"{found.path}: it has no pixels")
    return element


def _element_at(found: Header, at: int) -> tuple[str, int, int] | None:
    """The same of the element there; None where it is none of pixels (PS3.5 7.1)."""
    head = found.head
    order = ">" if found.ds.original_encoding[1] is False else "<"
    if len(head) < 12:
        return None
    group, element = struct.unpack_from(f"{order}HH", head)
    keyword = _KEYWORDS.get(group << 16 | element)
    if keyword and head[4:6] in _LONG_VRS and not found.ds.original_encoding[0]:
        return keyword, at + 12, struct.unpack_from(f"{order}L", head, 8)[0]
    return (keyword, at + 8, struct.unpack_from(f"{order}L", head, 4)[0]) if keyword else None
