"""Damage to the bytes of a file: flips, cuts, and lies about lengths, value representations, tags and values.

What is hit lies mostly before the pixels, and mostly where an element or an item begins, at any depth: that is where
damage is read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from random import Random

Damage = Callable[[bytes, Random], bytes]

_PIXELS = (b"\xe0\x7f\x10\x00", b"\xe0\x7f\x08\x00", b"\xe0\x7f\x09\x00")
_VRS = b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
_ELEMENT = re.compile(rb"[\x02-\x70]\x00..(" + b"|".join(_VRS) + rb")", re.DOTALL)
_ITEM = re.compile(rb"\xfe\xff[\x00\x0d\xdd]\xe0")
_PREFIX = 132
_LENGTHS = (0, 1, 2, 3, 7, 8, 0xFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF)
_TAGS = (
    (0x0008, 0x0005),  # Specific Character Set
    (0x0008, 0x0018),  # SOP Instance UID
    (0x0008, 0x0100),  # Code Value
    (0x0008, 0x1155),  # Referenced SOP Instance UID
    (0x0028, 0x0008),  # Number of Frames
    (0x0028, 0x0010),  # Rows
    (0x0028, 0x0011),  # Columns
    (0x0028, 0x0100),  # Bits Allocated
    (0x0040, 0xA043),  # Concept Name Code Sequence
    (0x0040, 0xA730),  # Content Sequence
    (0x0040, 0xDB73),  # Referenced Content Item Identifier
    (0x0062, 0x0002),  # Segment Sequence
    (0x5200, 0x9230),  # Per-frame Functional Groups Sequence
    (0x7FE0, 0x0010),  # Pixel Data
    (0xFFFC, 0xFFFC),  # Data Set Trailing Padding
    (0xFFFE, 0xE000),  # Item
    (0xFFFE, 0xE00D),  # Item Delimitation Item
    (0xFFFE, 0xE0DD),  # Sequence Delimitation Item
)
_VALUES = (
    b"",
    b"\0" * 16,
    b"\\" * 15,
    b"\x1b$B\x1b$B\x1b(J",
    b"\xff\xfe\xfd\x80\x81",
    b"ISO 2022 IR 87\\ISO 2022 IR 149\\?",
    b"GB18030\\ISO_IR 192",
    b"1e999\\-0\\nan\\inf",
    b"9" * 64,
    b"-2147483649",
    b"4294967295",
    b"20209999\\00000000",
    b"1.2.840.10008.1.2.1.99",
    b"1.2.840.10008.1.2.2",
    b"1.2.840.10008.1.2",
    b"=^=^=\xe2\x28\xa1",
    b"%s%n{0}$(x)'\";--\n",
)


def flip(data: bytes, random: Random) -> bytes:
    """A few bits flipped."""
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 40))):
        damaged[_somewhere(data, random)] ^= 1 << random.randrange(8)
    return bytes(damaged)


def cut(data: bytes, random: Random) -> bytes:
    """Cut off, before or after the header's end."""
    return data[: _somewhere(data, random)]


def lose(data: bytes, random: Random) -> bytes:
    """Some bytes lost."""
    at = _somewhere(data, random)
    return data[:at] + data[at + random.choice((1, 2, 3, 8, 64, 1000)) :]


def repeat(data: bytes, random: Random) -> bytes:
    """Some bytes twice."""
    at, length = _somewhere(data, random), random.choice((1, 2, 8, 100, 4000))
    return data[: at + length] + data[at : at + length] + data[at + length :]


def misstate_length(data: bytes, random: Random) -> bytes:
    """A length that isn't true, of an element or an item, at any depth."""
    at = _head(data, random)
    vr = data[at + 4 : at + 6]
    if vr not in _VRS:
        return _put(data, at + 4, struct.pack("<L", _length(data, at + 4, 4, random)))
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC", b"OF"):
        return _put(data, at + 8, struct.pack("<L", _length(data, at + 8, 4, random)))
    return _put(data, at + 6, struct.pack("<H", _length(data, at + 6, 2, random) & 0xFFFF))


def misstate_vr(data: bytes, random: Random) -> bytes:
    """Another value representation than the element's, or none that there is."""
    return _put(data, _head(data, random) + 4, random.choice((*_VRS, b"SQ", b"UN", b"??", b"\0\0", b"ZZ")))


def misstate_tag(data: bytes, random: Random) -> bytes:
    """Another tag than the element's."""
    tag = random.choice(_TAGS) if random.random() < 0.8 else (random.randrange(1 << 16), random.randrange(1 << 16))
    return _put(data, _head(data, random), struct.pack("<HH", *tag))


def misstate_value(data: bytes, random: Random) -> bytes:
    """Another value, of the length that is declared or not."""
    at = _head(data, random) + random.choice((8, 8, 12))
    value = random.choice(_VALUES)
    return _put(data, at, value) if random.random() < 0.7 else data[:at] + value + data[at:]


def exaggerate(data: bytes, random: Random) -> bytes:
    """More rows, columns, frames, bits or segments than there are."""
    tags = [struct.pack("<HH", *tag) for tag in _TAGS if tag[0] == 0x0028]
    places = [found.end() for tag in tags for found in re.finditer(re.escape(tag), data)]
    if not places:
        return misstate_value(data, random)
    at = random.choice(places)
    return _put(data, at + 4, random.choice((b"\xff\xff", b"\0\0", b"99999999", b"2147483647", b"-1", b"\1\0")))


DAMAGES: tuple[Damage, ...] = (
    flip,
    cut,
    lose,
    repeat,
    misstate_length,
    misstate_length,
    misstate_vr,
    misstate_tag,
    misstate_value,
    exaggerate,
)


def damaged(data: bytes, random: Random) -> bytes:
    """One to three damages, one after another."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(DAMAGES)(data, random) or data
    return data


def _header_end(data: bytes) -> int:
    return min((at for tag in _PIXELS if (at := data.rfind(tag)) > 0), default=len(data))


def _somewhere(data: bytes, random: Random) -> int:
    """An offset: in the header, in nine cases of ten."""
    end = _header_end(data) if random.random() < 0.9 else len(data)
    return random.randrange(max(1, end))


def _head(data: bytes, random: Random) -> int:
    """The offset of an element or item, whatever its depth."""
    end = _header_end(data)
    start = random.randrange(_PREFIX, max(_PREFIX + 1, end))
    pattern = _ITEM if random.random() < 0.2 else _ELEMENT
    found = pattern.search(data, start) or pattern.search(data) or _ITEM.search(data)
    return found.start() if found else min(start, max(0, len(data) - 8))


def _length(data: bytes, at: int, size: int, random: Random) -> int:
    true = int.from_bytes(data[at : at + size], "little")
    return random.choice((*_LENGTHS, true + 1, true + 2, max(0, true - 2), true * 2)) & 0xFFFFFFFF


def _put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]
